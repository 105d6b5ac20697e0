"""Writing a finding together: beginning it, and saving over the text that one had read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from labapp import audit, links
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import documents, plans, pupil_guard, reading
from labapp.labs import finding_contributors as people
from labapp.labs import finding_rights as rights
from labapp.labs.finding_content import (
    LISTS,
    TEXTS,
    changed_fields,
    empty_content,
    hash_of,
    needs_new_review,
    required,
)
from labapp.labs.finding_models import Finding, FindingVersion, Signature, VersionState
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_states import (
    EDITABLE,
    IN_WRITING,
    MACHINE,
    STATE_WORDS,
    FindingAction,
)
from labapp.labs.machine import lock, note_step
from labapp.labs.question_models import Question, QuestionVisibility
from labapp.labs.round_models import Round, RoundPhase

YIELDS = (RoundPhase.DETERMINE, RoundPhase.DECIDE, RoundPhase.CLOSED, RoundPhase.STOPPED)


def can_start(actor: Actor, one: Round) -> bool:
    return one.phase in YIELDS and rights.works_along(actor, one.lab)


def start_finding(actor: Actor, one: Round, title: str) -> Finding:
    """Begin the finding of a round, also when nothing worked, with who takes part named."""
    with transaction() as session:
        if not rights.works_along(actor, one.lab):
            raise ForbiddenError(_("Alleen wie meewerkt in het lab schrijft een bevinding."))
        if one.phase not in YIELDS:
            raise ConflictError(
                _("Een bevinding schrijf je vanaf ‘Beproeven’. Deze ronde is nog niet zover.")
            )
        content = empty_content() | {"title": _titled(title)} | _known(one)
        finding = Finding(lab=one.lab, round=one, title=content["title"], created_by_id=actor.id)
        session.add(finding)
        session.flush()
        made = FindingVersion(
            finding=finding, number=1, content=content, content_hash=hash_of(content),
            author_id=actor.id, saved_by_id=actor.id,
        )  # fmt: skip
        session.add(made)
        session.flush()
        people.write(made, people.members_of(one.lab))
        session.flush()
        links.connect(name_of(one), links.LinkKind.RESULTED_IN, name_of(finding), actor_id=actor.id)
        documents.put_finding(finding)
        note_step(actor, made, "start", "", made.state.value)
    return finding


def _known(one: Round) -> dict[str, Any]:
    """Give what a round says already: its theme, question and approach, and how schools asked."""
    plan = plans.latest_plan(one)
    asked = select(Question.title).where(
        Question.id.in_([link.question_id for link in one.questions]),
        Question.visibility == QuestionVisibility.PROGRAMME,
    )
    return {
        "themes": [one.lab.theme],
        "sectors": list(one.lab.sectors),
        "question": (plan.answers.get("question", "") if plan else "")[: TEXTS["question"]],
        "approach": one.design[: TEXTS["approach"]],
        "also_asked": list(db.session.scalars(asked.order_by(Question.id).limit(10))),
    }


def save_draft(
    actor: Actor,
    made: FindingVersion,
    content: Mapping[str, Any],
    contributors: Sequence[Mapping[str, Any]] | None = None,
    *,
    version: int,
    confirmed: bool = False,
) -> FindingVersion:
    """Save a text over the one that was read; what was signed of another text is void at once.

    Raises ConflictError with both texts when another saved in between. A text that the lab
    reads or signs stays complete: what would be missing is refused.
    """
    with transaction() as session:
        lock(made)
        _check_writable(actor, made)
        old = empty_content() | made.content
        whole = old | dict(content)
        differing = changed_fields(old, whole)
        named = people.plain(made) if contributors is None else people.checked(made, contributors)
        if named != people.plain(made):
            differing["contributors"] = [people.plain(made), named]
        if made.version != version and differing:
            raise ConflictError(
                _("Iemand anders bewaarde deze bevinding terwijl jij schreef."),
                theirs={name: pair[0] for name, pair in differing.items()},
                yours={name: pair[1] for name, pair in differing.items()},
            )
        if differing:
            _check_relations(made, whole["relations"])
            warned = pupil_guard.check(text_of(whole, differing), confirmed=confirmed)
            _write(actor, made, whole, differing, named)
            made.warned_of = sorted({*made.warned_of, *warned})
            session.flush()
            _note_saved(actor, made, differing)
    return made


def text_of(content: Mapping[str, Any], names: Iterable[str]) -> str:
    """Give what was written in fields as one text, for the guard of pupils' data."""
    parts = [content[name] for name in names if name in TEXTS]
    parts += [line for name in names if name in LISTS for line in content[name]]
    return "\n\n".join(parts)


def void_signatures(made: FindingVersion) -> int:
    """Make void what was signed, in the caller's transaction; give how many were."""
    valid = select(Signature).where(
        Signature.finding_version_id == made.id, Signature.voided_at.is_(None)
    )
    rows = db.session.scalars(valid).all()
    for signature in rows:
        signature.voided_at = now()
    db.session.flush()
    return len(rows)


def _write(
    actor: Actor,
    made: FindingVersion,
    whole: dict[str, Any],
    differing: Mapping[str, Any],
    named: people.Rows,
) -> None:
    if made.state is VersionState.CHANGES_REQUESTED:
        MACHINE.perform(actor, made, FindingAction.RESUME)
    elif made.state not in IN_WRITING:
        missing = required(whole, len(named))
        if missing:
            raise InvalidError(_("Het lab leest deze tekst al: laat hem volledig."), missing)
    void_signatures(made)
    if "contributors" in differing:
        people.write(made, named)
    made.content, made.content_hash = whole, hash_of(whole)
    made.licence, made.saved_by_id, made.saved_at = whole["licence"], actor.id, now()
    if made.number > 1:
        former = next(one for one in made.finding.versions if one.number == made.number - 1)
        changed = changed_fields(content_of(former), whole)
        made.changed_keys, made.needs_new_review = sorted(changed), needs_new_review(changed)
    if made.state is VersionState.SIGNING:
        made.signing_since = now()
    if made.finding.published_at is None:
        made.finding.title = whole["title"] or _("Bevinding zonder titel")
    documents.put_finding(made.finding)


def _note_saved(actor: Actor, made: FindingVersion, fields: Iterable[str]) -> None:
    audit.record(
        actor.id,
        "finding.saved",
        made.finding,
        changes={"fields": [None, sorted(fields)]},
        on_behalf_of=actor.acting_for_id,
    )


def _check_writable(actor: Actor, made: FindingVersion) -> None:
    if not rights.can_write(actor, made):
        raise ForbiddenError(_("Alleen wie meewerkt in het lab schrijft een bevinding."))
    if made.state not in EDITABLE:
        words = str(STATE_WORDS[made.state])
        raise ConflictError(_("Deze tekst is nu niet te wijzigen: ‘%(state)s’.", state=words))


def _check_relations(made: FindingVersion, relations: Sequence[Mapping[str, Any]]) -> None:
    wanted = {row["finding"] for row in relations}
    if not wanted:
        return
    known = set(
        db.session.scalars(
            select(Finding.id).where(Finding.id.in_(wanted), reading.published_findings())
        )
    )
    if made.finding_id in wanted or known != wanted:
        words = _("Noem een andere, gepubliceerde bevinding.")
        raise InvalidError(words, {"relations": [words]})


def _titled(title: str) -> str:
    words = " ".join(title.split())
    if not 1 <= len(words) <= TEXTS["title"]:
        said = _("Geef een titel van hoogstens 200 tekens.")
        raise InvalidError(said, {"title": [said]})
    return words
