"""Optional: a Dutch question in English, by a model on this machine.

LABAPP_TRANSLATION_MODEL names a folder: an OPUS-MT model converted by CTranslate2 (`model.bin` with
`source.spm` and `target.spm`), or a MarianMT model as transformers saves it (`config.json` with
`vocab.json` and both `.spm` files). The libraries come with `pip install labapp[translation]` and
are imported only when the setting is there.
"""

import threading
from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from labapp.errors import SettingError
from labapp.i18n import gettext as _

SETTING = "LABAPP_TRANSLATION_MODEL"
LONGEST = 128
BEAMS = 2
REMEMBERED = 1024


class Translator(Protocol):
    """Dutch to English, one question at a time."""

    def translate(self, text: str) -> str: ...


class _Remembering(ABC):
    """Translates one at a time and keeps the last answers: people page through results."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._remembered = lru_cache(REMEMBERED)(self._translate)

    def translate(self, text: str) -> str:
        """The English of a Dutch question; an empty text stays empty."""
        text = " ".join(text.split())
        if not text:
            return ""
        with self._lock:
            return self._remembered(text)

    @abstractmethod
    def _translate(self, text: str) -> str: ...


class CTranslate2Translator(_Remembering):
    """OPUS-MT on CTranslate2: tens of milliseconds for a question."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2  # noqa: PLC0415  # optional
        import sentencepiece  # noqa: PLC0415

        super().__init__()
        self._source = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
        self._target = sentencepiece.SentencePieceProcessor(str(folder / "target.spm"))
        self._model = ctranslate2.Translator(str(folder), device="cpu", inter_threads=1)

    def _translate(self, text: str) -> str:
        pieces = [*self._source.encode(text, out_type=str)[: LONGEST - 1], "</s>"]
        found = self._model.translate_batch(
            [pieces], beam_size=BEAMS, max_decoding_length=LONGEST, disable_unk=True
        )
        return str(self._target.decode(found[0].hypotheses[0])).strip()


class MarianTranslator(_Remembering):
    """The same family of models on transformers: slower, and torch comes along."""

    def __init__(self, folder: Path) -> None:
        import sentencepiece  # noqa: F401, PLC0415  # the tokenizer needs it, and hides that it does
        from transformers import MarianMTModel, MarianTokenizer  # noqa: PLC0415

        super().__init__()
        self._tokenizer: Any = MarianTokenizer.from_pretrained(str(folder))
        self._model: Any = MarianMTModel.from_pretrained(str(folder)).eval()

    def _translate(self, text: str) -> str:
        given = self._tokenizer([text], return_tensors="pt", truncation=True, max_length=LONGEST)
        made = self._model.generate(**given, num_beams=BEAMS, max_new_tokens=LONGEST)
        return str(self._tokenizer.decode(made[0], skip_special_tokens=True)).strip()


def load_translator(path: str | None) -> Translator | None:
    """The translator of that folder, or None where the setting is empty.

    Raises SettingError with one sentence when the folder or a library is missing or not fit.
    """
    if not path:
        return None
    return _load(Path(path).expanduser().resolve())


def check_translation(path: str | None) -> list[str]:
    """What is wrong with the setting, in words; nothing when it is empty or works."""
    try:
        translator = load_translator(path)
        if translator:
            translator.translate("Wat werkt?")
    except SettingError as error:
        return [str(error)]
    return []


@lru_cache(maxsize=2)
def _load(folder: Path) -> Translator:
    if not folder.is_dir():
        raise SettingError(
            _("%(setting)s noemt de map %(folder)s, maar die is er niet.", **_about(folder))
        )
    kind = CTranslate2Translator if (folder / "model.bin").is_file() else MarianTranslator
    try:
        return kind(folder)
    except ImportError as error:
        raise SettingError(
            _(
                "%(setting)s is gezet, maar %(package)s ontbreekt: "
                "`pip install labapp[translation]` zet het erbij.",
                **_about(folder, package=error.name or str(error)),
            )
        ) from error
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise SettingError(
            _(
                "%(setting)s noemt %(folder)s, maar daarin staat geen bruikbaar vertaalmodel "
                "(CTranslate2 of MarianMT): %(reason)s",
                **_about(folder, reason=reason),
            )
        ) from error


def _about(folder: Path, **more: str) -> dict[str, str]:
    return {"setting": SETTING, "folder": str(folder), **more}
