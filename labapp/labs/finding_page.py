"""What the pages of a finding show: the teacher page first, then what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from labapp import links
from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import name_of
from labapp.formatting import getal
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.markdown import render
from labapp.labs import (
    finding_cards,
    finding_citations,
    finding_contributors,
    finding_rights,
    finding_states,
    finding_steps,
    finding_words,
    plan_answers,
    plans,
    policies,
    signing,
)
from labapp.labs.corrections import ERRATUM_WORDS
from labapp.labs.finding_content import QUANTITATIVE, changed_fields, required
from labapp.labs.finding_models import (
    PUBLIC,
    Finding,
    FindingContributor,
    FindingVersion,
    VersionState,
)
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_states import STATE_WORDS, FindingAction
from labapp.links import LinkKind
from labapp.notifications import objects

TONES = {
    VersionState.DRAFT: "sun", VersionState.LAB_REVIEW: "sky", VersionState.SIGNING: "sky",
    VersionState.EDITORIAL: "sky", VersionState.CHANGES_REQUESTED: "red",
    VersionState.SCHEDULED: "plum", VersionState.PUBLISHED: "ok", VersionState.CORRECTED: "ok",
    VersionState.SUPERSEDED: "neutral", VersionState.RETRACTED: "red",
}  # fmt: skip
FORMS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL-JSON"}


@dataclass(frozen=True)
class FindingPage:
    """One version of a finding, as somebody reads it."""

    actor: Actor
    finding: Finding
    made: FindingVersion

    @cached_property
    def content(self) -> dict[str, Any]:
        return content_of(self.made)

    @property
    def title(self) -> str:
        return self.content["title"] or _("Bevinding zonder titel")

    @property
    def is_foreign(self) -> bool:
        return bool(self.content["language"] != current_language())

    @property
    def is_out(self) -> bool:
        return self.made.state in PUBLIC

    @property
    def state(self) -> tuple[str, str]:
        """The state in words, and the tone of its badge."""
        return str(STATE_WORDS[self.made.state]), TONES[self.made.state]

    @property
    def is_due(self) -> bool:
        due = self.finding.review_due_on
        return due is not None and due < today()

    def html(self, name: str) -> Markup:
        """A text with its marks, cleaned of what a page may not have."""
        return Markup(render(self.content[name]))  # noqa: S704  # cleaned

    @property
    def direction(self) -> str:
        found = finding_words.DIRECTION_WORDS.get(self.content["effect_direction"])
        return str(found) if found is not None else _("Nog niet ingevuld")

    @property
    def figure(self) -> str:
        """The effect as a figure with its unit; nothing where it is a claim in words."""
        if self.content["effect_kind"] != QUANTITATIVE or self.content["effect_value"] is None:
            return ""
        return f"{getal(self.content['effect_value'])} {finding_words.unit_words(self.content)}"

    @property
    def effect(self) -> str:
        return finding_words.effect_sentence(self.content)

    @property
    def certainty(self) -> str:
        return finding_words.certainty_word(self.content["certainty"])

    @property
    def sample(self) -> list[tuple[str, str]]:
        words = ((_("Scholen"), "schools"), (_("Klassen"), "classes"), (_("Leerlingen"), "pupils"))
        return [(label, finding_words.range_words(self.content, name)) for label, name in words]

    @property
    def hours(self) -> str:
        if self.content["hours_to"] is None:
            return _("onbekend")
        return _("%(range)s uur", range=finding_words.range_words(self.content, "hours"))

    @property
    def reach(self) -> str:
        language, content = current_language(), self.content
        parts = [vocabulary.label("sector", one, language) for one in content["sectors"]]
        parts += [vocabulary.label("subject", one, language) for one in content["subjects"]]
        if content["age_from"] is not None and content["age_to"] is not None:
            ages = _("%(low)s tot %(high)s jaar", low=content["age_from"], high=content["age_to"])
            parts.append(ages)
        return " · ".join(parts)

    @property
    def theme(self) -> str:
        return vocabulary.label("theme", self.finding.lab.theme, current_language())

    @property
    def licence(self) -> tuple[str, str]:
        code = self.made.licence
        words = finding_words.LICENCE_WORDS.get(code, code)
        return str(words), finding_words.LICENCE_ADDRESSES.get(code, "")

    @property
    def people(self) -> list[tuple[str, str, str]]:
        """Who contributed: name, role, and where."""
        return [
            (
                finding_contributors.name_of(one),
                str(finding_contributors.ROLE_WORDS[one.role]),
                one.organisation_name if one.family_name else "",
            )
            for one in self.made.contributors
        ]

    @property
    def errata(self) -> list[tuple[str, Any]]:
        return [(str(ERRATUM_WORDS[one.reason]), one) for one in self.made.errata]

    @property
    def reads_lab(self) -> bool:
        """Whether one may know of the lab: its name stands only there."""
        return policies.can_read(self.actor, self.finding.lab)

    @property
    def plan(self) -> list[tuple[str, bool, str]]:
        """Each part of the plan: its name, whether it was changed, and what was planned.

        The words of the plan are for who reads the lab; that something changed is for all.
        """
        frozen = plans.frozen_plans(self.finding.round)
        if not frozen:
            return []
        changed = plans.changed_since_start(self.finding.round)
        answers = frozen[0].answers if self.reads_lab else {}
        return [
            (str(plan_answers.LABELS[key]), key in changed, answers.get(key, ""))
            for key in plan_answers.KEYS
        ]

    @property
    def plan_frozen_at(self) -> Any:
        frozen = plans.frozen_plans(self.finding.round)
        return frozen[0].frozen_at if frozen else None

    @property
    def plan_reasons(self) -> list[Any]:
        """The changes of a plan with their reasons, for who reads the lab."""
        return plans.frozen_plans(self.finding.round)[1:] if self.reads_lab else []

    @cached_property
    def signatures(self) -> list[Any]:
        return signing.valid_signatures(self.made)

    @property
    def silent_from(self) -> Any:
        return signing.silent_from(self.made)

    @cached_property
    def actions(self) -> list[FindingAction]:
        return finding_steps.actions(self.actor, self.made)

    def can(self, name: str) -> bool:
        return FindingAction(name) in self.actions

    @property
    def conflicts(self) -> list[str]:
        """What keeps this editor from deciding."""
        is_asked = policies.is_broker(self.actor) and self.made.state is VersionState.EDITORIAL
        return finding_rights.conflicts(self.actor, self.made) if is_asked else []

    @property
    def may_write(self) -> bool:
        return self.made.state in finding_states.EDITABLE and finding_rights.can_write(
            self.actor, self.made
        )

    @property
    def may_submit(self) -> bool:
        """Whether one may put it before the lab, once it is whole."""
        return self.made.state in finding_states.IN_WRITING and finding_rights.looks_after(
            self.actor, self.made
        )

    @property
    def missing(self) -> dict[str, list[str]]:
        return required(self.made.content, len(self.made.contributors))

    @property
    def relations(self) -> list[tuple[str, str, str]]:
        """How it stands to other findings, in both directions: words, title, address."""
        own = name_of(self.finding)
        words = {
            (LinkKind.REPLICATES, True): _("Herhaalt en bevestigt"),
            (LinkKind.CONTRADICTS, True): _("Spreekt tegen"),
            (LinkKind.REPLICATES, False): _("Herhaald en bevestigd door"),
            (LinkKind.CONTRADICTS, False): _("Tegengesproken door"),
        }
        rows = [
            (words[link.kind, link.from_object == own],
             link.to_object if link.from_object == own else link.from_object)
            for link in links.links_of(own)
            if (link.kind, True) in words
        ]  # fmt: skip
        seen = objects.visible(self.actor, {name for _word, name in rows})
        titles = objects.Titles()
        titles.look_up(seen)
        return [
            (word, titles.of(name) or "", objects.url_of(name))
            for word, name in rows
            if name in seen
        ]

    @property
    def items(self) -> list[tuple[str, Any, bool]]:
        """What one may cite: (id, item, of this version)."""
        return [
            ("citaat-laatste", finding_citations.item_of(self.finding, self.made, is_fixed=False),
             False),
            ("citaat-versie", finding_citations.item_of(self.finding, self.made, is_fixed=True),
             True),
        ]  # fmt: skip

    @property
    def address(self) -> str:
        return finding_cards.address_of(self.finding)

    def changed_since(self, older: FindingVersion) -> list[str]:
        """Give the fields that differ from an older version, as one names them."""
        changed = changed_fields(content_of(older), self.content)
        return [finding_words.label_of(name) for name in changed]


def names_of(contributors: Sequence[FindingContributor]) -> list[str]:
    return [finding_contributors.name_of(one) for one in contributors]
