"""Questions from a table: looked at first, taken in whole or not at all, and taken back as a whole.

A row is known for ever by where it came from and its key there (`origin`, `sleutel`): the same
file again changes what it says otherwise, and adds nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.foreign_files import Fault, UnreadableError
from labapp.i18n import gettext as _
from labapp.labs import documents, policies, question_writing
from labapp.labs.machine import lock
from labapp.labs.question_import_rows import COLUMN_OF, LONGEST_KEY, Row, input_of, read_rows
from labapp.labs.question_models import (
    AgendaItem,
    Question,
    QuestionImport,
    QuestionMerge,
    QuestionState,
    SchoolToo,
)
from labapp.labs.question_writing import OPEN_TO_CHANGE, QuestionInput, first_step
from labapp.labs.thread_models import Thread
from labapp.search import services as search

MOST_FAULTS = 500
LONGEST_ORIGIN = 80


@dataclass
class QuestionReport:
    """What an import did or, as a trial, would do; with faults it does nothing."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0  # differ, and are too far on their way to be changed by a file
    faults: list[Fault] = field(default_factory=list)
    batch_id: int | None = None


@dataclass(frozen=True)
class _Entry:
    number: int
    key: str
    values: QuestionInput
    school: Organisation | None
    warned_of: list[str]


def can_import(actor: Actor) -> bool:
    return policies.is_broker(actor)


def import_questions(
    actor: Actor,
    path: Path,
    *,
    origin: str,
    dry_run: bool = False,
    filename: str = "",
    confirmed: bool = False,
) -> QuestionReport:
    """Take the questions of a file in, all or none; a trial only says what would happen."""
    _require_broker(actor)
    source = " ".join(origin.split())
    if not source or len(source) > LONGEST_ORIGIN:
        words = _("Zeg waar de vragen vandaan komen, in hoogstens %(most)s tekens.",
                  most=LONGEST_ORIGIN)  # fmt: skip
        raise InvalidError(words, {"origin": [words]})
    report = QuestionReport()
    try:
        rows = list(read_rows(path))
    except UnreadableError as error:
        report.faults.append(error.fault)
        return report
    entries = _entries(rows, report, confirmed=confirmed)
    if not rows:
        report.faults.append(Fault(0, "", _("Er staan geen vragen in dit bestand.")))
    if dry_run or report.faults:
        _count(_plan(entries, source), report)
        report.faults = sorted(report.faults, key=lambda fault: fault.row)[:MOST_FAULTS]
        return report
    try:
        _take_in(actor, entries, report, source, (filename or path.name)[:200])
    except IntegrityError as error:
        raise ConflictError(_("Iemand voert deze vragen nu ook in. Kijk zo opnieuw.")) from error
    return report


def _take_in(
    actor: Actor, entries: Sequence[_Entry], report: QuestionReport, source: str, filename: str
) -> None:
    with transaction() as session:
        batch = QuestionImport(
            filename=filename, origin=source, organisation_id=actor.acting_for_id,
            imported_by_id=actor.id,
        )  # fmt: skip
        session.add(batch)
        session.flush()
        plan = _plan(entries, source)
        _count(plan, report)
        _write(batch, plan)
        batch.created_count, batch.changed_count = report.created, report.changed
        report.batch_id = batch.id
        audit.record(
            actor.id, "question_imports.done", batch, on_behalf_of=actor.acting_for_id,
            changes={"created": [None, report.created], "changed": [None, report.changed]},
        )  # fmt: skip


def list_imports(actor: Actor) -> Sequence[QuestionImport]:
    """Give the files that were read in, the newest first."""
    if not can_import(actor):
        return []
    query = select(QuestionImport).order_by(QuestionImport.id.desc()).limit(50)
    return db.session.scalars(query).all()


def get_import(actor: Actor, import_id: int) -> QuestionImport:
    batch = db.session.get(QuestionImport, import_id, populate_existing=True)
    if batch is None or not can_import(actor):
        raise NotFoundError(_("Deze invoer bestaat niet."))
    return batch


def undo_import(actor: Actor, batch: QuestionImport) -> int:
    """Take a file back: new questions go, changed ones get their old words.

    What somebody worked on since stays as it is; give how many that are.
    """
    _require_broker(actor)
    with transaction() as session:
        lock(batch)
        if batch.undone_at is not None:
            raise ConflictError(_("Deze invoer is al teruggedraaid."))
        kept = 0
        created = select(Question).where(Question.import_batch_id == batch.id)
        for question in session.scalars(created.order_by(Question.id)):
            if question.version != 1 or _is_used(question):
                kept += 1
                continue
            search.remove(documents.QUESTION, question.id)
            session.delete(question)
        for number, before in batch.before.items():
            changed = session.get(Question, int(number))
            if changed is None or changed.version != before["version"]:
                kept += 1
                continue
            for name, value in _columns(before["values"]).items():
                setattr(changed, name, value)
            documents.put_question(changed)
        batch.undone_at = now()
        audit.record(
            actor.id, "question_imports.undone", batch, on_behalf_of=actor.acting_for_id,
            changes={"kept": [None, kept]},
        )  # fmt: skip
    return kept


def _require_broker(actor: Actor) -> None:
    if not can_import(actor):
        raise ForbiddenError(_("Alleen kennismakelaars en het programmabureau voeren vragen in."))


def _entries(rows: Sequence[Row], report: QuestionReport, *, confirmed: bool) -> list[_Entry]:
    """Give the rows as questions; each fault is noted by row and column."""
    wanted = {values.get("vestiging", "").lower() for _number, values in rows} - {""}
    query = select(Organisation).where(func.lower(Organisation.brin6).in_(wanted))
    schools = {str(one.brin6).lower(): one for one in db.session.scalars(query)}
    keys: set[str] = set()
    found = []
    for number, values in rows:
        key, brin = values.get("sleutel", ""), values.get("vestiging", "").lower()
        faults = _key_faults(key, keys)
        if brin and brin not in schools:
            faults["vestiging"] = [_("Er is geen vestiging met dit BRIN.")]
        keys.add(key)
        try:
            given = input_of(values)
            warned = question_writing.check_input(
                given, confirmed=confirmed, has_school=bool(brin), known_day=given.needed_on
            )
            found.append(_Entry(number, key, given, schools.get(brin), warned))
        except InvalidError as error:
            faults |= {COLUMN_OF.get(name, name): said for name, said in error.fields.items()}
        report.faults += [Fault(number, name, " ".join(said)) for name, said in faults.items()]
    return found


def _key_faults(key: str, keys: set[str]) -> dict[str, list[str]]:
    if not key or len(key) > LONGEST_KEY:
        words = _("Geef elke rij een sleutel van hoogstens %(most)s tekens.", most=LONGEST_KEY)
        return {"sleutel": [words]}
    if key in keys:
        return {"sleutel": [_("Deze sleutel staat al in een eerdere rij.")]}
    return {}


Plan = list[tuple[_Entry, Question | None, bool]]


def _plan(entries: Sequence[_Entry], origin: str) -> Plan:
    """Give each entry with the question that it is already, and whether that says otherwise."""
    keys = [entry.key for entry in entries]
    query = select(Question).where(Question.import_origin == origin, Question.import_key.in_(keys))
    known = {str(one.import_key): one for one in db.session.scalars(query)}
    plan: Plan = []
    for entry in entries:
        question = known.get(entry.key)
        differs = question is None or bool(question_writing.changed_fields(question, entry.values))
        plan.append((entry, question, differs))
    return plan


def _count(plan: Plan, report: QuestionReport) -> None:
    for _entry, question, differs in plan:
        if question is None:
            report.created += 1
        elif not differs:
            report.unchanged += 1
        elif question.state in OPEN_TO_CHANGE:
            report.changed += 1
        else:
            report.kept += 1


def _write(batch: QuestionImport, plan: Plan) -> None:
    """Make and change the questions; a new one goes to the brokers as if it was just asked."""
    session, before, moment = db.session(), {}, now()
    new = []
    for entry, question, differs in plan:
        columns = question_writing.columns_of(entry.values)
        if question is None:
            new.append(
                Question(
                    **columns,
                    acting_for=entry.school,
                    warned_of=entry.warned_of,
                    state=QuestionState.SUBMITTED,
                    submitted_at=moment,
                    import_batch_id=batch.id,
                    import_origin=batch.origin,
                    import_key=entry.key,
                    **first_step(QuestionState.SUBMITTED),
                )
            )
        elif differs and question.state in OPEN_TO_CHANGE:
            old = question_writing.columns_of(QuestionInput.of(question))
            for name, value in columns.items():
                setattr(question, name, value)
            session.flush()
            plain = {name: question_writing.plain(value) for name, value in old.items()}
            before[str(question.id)] = {"version": question.version, "values": plain}
            documents.put_question(question)
    session.add_all(new)
    session.flush()
    search.put_all([documents.of_question(one) for one in new], later=True)
    batch.before = before


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return question_writing.columns_of(question_writing.input_from_plain(values))


def _is_used(question: Question) -> bool:
    """Whether anything hangs on a question that was read in."""
    name, number = f"questions:{question.id}", question.id
    query = select(
        or_(
            exists().where(Thread.question_id == number),
            exists().where(Thread.subject == name),
            exists().where(SchoolToo.question_id == number),
            exists().where(AgendaItem.question_id == number),
            exists().where(
                or_(QuestionMerge.question_id == number, QuestionMerge.into_id == number)
            ),
        )
    )
    return bool(db.session.scalar(query))
