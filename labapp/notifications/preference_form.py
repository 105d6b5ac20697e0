"""The form of how often one hears of what: filled from what is kept, or from what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.notifications.models import Frequency
from labapp.notifications.preferences import ObjectWish, Preferences, TypeChoice
from labapp.notifications.words import FREQUENCIES

UNFOLLOW = "unfollow"
MOST_DIGITS = 9


@dataclass
class Choice:
    """A select of the form: what it is called, its options, what is chosen, what is beside it."""

    name: str
    words: str
    options: list[tuple[str, str]]
    value: str
    url: str = ""
    hint: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """An id that a link to a faulty field may carry."""
        return "".join(sign if sign.isalnum() else "-" for sign in self.name)


class PreferenceForm:
    """One select for each kind of event, and one for each object that one follows."""

    def __init__(self, kept: Preferences, sent: Mapping[str, str] | None = None) -> None:
        self.kept = kept
        self.version = kept.version if sent is None else _number(sent.get("version", ""))
        self.types = [
            Choice(f"type.{one.code}", str(one.words), _options(one), _value(one.frequency))
            for one in kept.types
        ]
        self.objects = [
            Choice(f"object.{one.name}", one.title, _object_options(is_following=one.is_following),
                   _value(one.frequency), one.url)
            for one in kept.objects
        ]  # fmt: skip
        for choice in self.all:
            choice.value = (sent or {}).get(choice.name, choice.value)

    @property
    def all(self) -> list[Choice]:
        return [*self.types, *self.objects]

    @property
    def labels(self) -> dict[str, str]:
        return {choice.name: choice.words for choice in self.all}

    @property
    def ids(self) -> dict[str, str]:
        return {choice.name: choice.id for choice in self.all}

    def read(self) -> tuple[dict[str, Frequency | None], dict[str, ObjectWish]]:
        """Give what was chosen, or refuse what is no choice, at its field."""
        for choice in self.all:
            if choice.value not in dict(choice.options):
                choice.errors = [_("Kies een van de mogelijkheden.")]
        fields = {c.name: c.errors for c in self.all if c.errors}
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        types = {
            one.code: _frequency(choice.value)
            for one, choice in zip(self.kept.types, self.types, strict=True)
        }
        wishes = {
            one.name: ObjectWish(
                is_following=one.is_following and choice.value != UNFOLLOW,
                frequency=_frequency(choice.value),
            )
            for one, choice in zip(self.kept.objects, self.objects, strict=True)
        }
        return types, wishes

    def compare(self, kept: Preferences) -> None:
        """Say beside each choice what was saved meanwhile, where that is something else."""
        saved = {choice.name: choice for choice in PreferenceForm(kept).all}
        for choice in self.all:
            theirs = saved.get(choice.name)
            if theirs is not None and theirs.value != choice.value:
                words = dict(theirs.options)[theirs.value]
                choice.hint = _("Bewaard is nu: %(choice)s.", choice=words)
        self.version = kept.version


def _options(one: TypeChoice) -> list[tuple[str, str]]:
    usual = str(FREQUENCIES[one.usual]).lower()
    return [
        ("", _("Zoals gewoonlijk: %(frequency)s", frequency=usual)),
        *(
            (key.value, str(text))
            for key, text in FREQUENCIES.items()
            if one.is_state_change or key is not Frequency.AT_ONCE or one.frequency is key
        ),
    ]


def _object_options(*, is_following: bool) -> list[tuple[str, str]]:
    more = [(UNFOLLOW, _("Volg dit niet meer"))] if is_following else []
    return [
        ("", _("Zoals bij het soort bericht")),
        *((key.value, str(text)) for key, text in FREQUENCIES.items()),
        *more,
    ]


def _value(frequency: Frequency | None) -> str:
    return frequency.value if frequency else ""


def _frequency(value: str) -> Frequency | None:
    return Frequency(value) if value and value != UNFOLLOW else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
