"""What a person looks through: a width and a language, and the words on it."""

from dataclasses import dataclass
from functools import cache

from babel.support import Translations

from labapp import messages

LANGUAGES = ("nl", "en")


@cache
def catalogue(language):
    if messages.is_stale():
        messages.compile_catalogues()
    folder = messages.__file__.replace("messages.py", "translations")
    return Translations.load(folder, [language])


@dataclass(frozen=True)
class Screen:
    """`screen("Bewaar")` is what stands there for it in the language of this screen."""

    width: int = 1280
    language: str = "nl"

    def __call__(self, text, **variables):
        words = text if self.language == "nl" else catalogue(self.language).ugettext(text)
        return words % variables if variables else words

    def __str__(self):
        return f"{self.width}-{self.language}"


WIDE = Screen()
SCREENS = (Screen(390, "nl"), Screen(1280, "en"))
