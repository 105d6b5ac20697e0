"""The privacy sheet of a round: approved by whom the lab named, never by who handed it in."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from labapp.database import transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import privacy_sheets, round_duties, round_tasks
from labapp.labs.privacy_sheet_states import SheetAction
from labapp.labs.round_models import SheetState
from labapp.labs.round_seal import SHEET
from labapp.labs.round_tasks import TaskInput
from labapp.labs.task_states import TaskAction
from tests.labs import working
from tests.labs.working import actor_of

WHOLE = dict.fromkeys(SHEET, "Toetsen, zonder namen.")


@pytest.fixture
def work(cast):
    return working.start(cast)


@pytest.fixture
def sheet(cast, work):
    return privacy_sheets.save_sheet(actor_of(cast.researcher), work.round, WHOLE, version=0)


def perform(user, sheet, action, **values):
    privacy_sheets.perform(actor_of(user), sheet, action, version=sheet.version, **values)


def test_the_named_person_approves_what_another_handed_in(cast, work, sheet):
    perform(cast.researcher, sheet, SheetAction.SUBMIT)
    assert [duty.icon for duty in round_duties.list_duties(actor_of(work.judge))] == [
        "shield-check"
    ]
    for user in (cast.researcher, cast.research_lead, cast.leader):
        with pytest.raises(ForbiddenError):
            perform(user, sheet, SheetAction.APPROVE)

    perform(work.judge, sheet, SheetAction.APPROVE)

    assert (sheet.state, sheet.approved_by_id) == (SheetState.APPROVED, work.judge.id)


def test_nobody_approves_what_one_handed_in_oneself(cast, sheet):
    perform(cast.researcher, sheet, SheetAction.SUBMIT)
    with transaction():
        cast.lab.privacy_person_id = cast.researcher.id

    with pytest.raises(ForbiddenError):
        perform(cast.researcher, sheet, SheetAction.APPROVE)
    perform(cast.researcher, sheet, SheetAction.REVISE)
    with pytest.raises(ForbiddenError):
        perform(cast.researcher, sheet, SheetAction.SUBMIT)


def test_a_sheet_comes_back_with_what_has_to_change(cast, work, sheet):
    perform(cast.researcher, sheet, SheetAction.SUBMIT)
    with pytest.raises(InvalidError):
        perform(work.judge, sheet, SheetAction.RETURN)

    perform(work.judge, sheet, SheetAction.RETURN, reason="Hoelang precies?")

    assert (sheet.state, sheet.note) == (SheetState.RETURNED, "Hoelang precies?")
    privacy_sheets.save_sheet(
        actor_of(cast.researcher), work.round, {"retention": "Een jaar."}, version=sheet.version
    )
    perform(cast.researcher, sheet, SheetAction.SUBMIT)


def test_an_unfinished_sheet_is_not_handed_in(cast, work):
    sheet = privacy_sheets.save_sheet(
        actor_of(cast.teacher), work.round, {"purpose": "Weten of het werkt."}, version=0
    )

    with pytest.raises(ConflictError, match="Wie ziet ze"):
        perform(cast.teacher, sheet, SheetAction.SUBMIT)


def test_what_was_handed_in_is_not_changed(cast, work, sheet):
    perform(cast.researcher, sheet, SheetAction.SUBMIT)

    with pytest.raises(ConflictError):
        privacy_sheets.save_sheet(
            actor_of(cast.researcher), work.round, {"purpose": "Anders"}, version=sheet.version
        )
    with pytest.raises(DatabaseError, match="not changed"), transaction() as session:
        session.execute(text("UPDATE privacy_sheets SET purpose = 'anders'"))


def test_two_who_begin_a_sheet_at_once_lose_nothing(cast, work, sheet):
    with pytest.raises(ConflictError) as refused:
        privacy_sheets.save_sheet(
            actor_of(cast.teacher), work.round, {"purpose": "Iets anders."}, version=0
        )

    assert refused.value.theirs == {"purpose": "Toetsen, zonder namen."}


def test_only_the_people_of_the_lab_read_the_sheet(cast, work, sheet):
    assert privacy_sheets.get_sheet(actor_of(cast.leader), work.round) is sheet
    for user in (None, cast.bystander, cast.outsider):
        with pytest.raises(NotFoundError):
            privacy_sheets.get_sheet(actor_of(user), work.round)


def test_a_task_that_collects_data_waits_for_the_approved_sheet(cast, work):
    one = working.prepare(cast, work)
    with transaction():
        one.privacy_sheet.state, one.privacy_sheet.approved_at = SheetState.DRAFT, None
    teacher = actor_of(cast.teacher)
    task = round_tasks.add_task(teacher, one, TaskInput(title="Toets", collects_data=True))

    with pytest.raises(ConflictError, match="privacyblad"):
        round_tasks.perform(teacher, task, TaskAction.OPEN, version=task.version)
    with pytest.raises(DatabaseError, match="approved sheet"), transaction() as session:
        session.execute(text("UPDATE round_tasks SET state = 'open'"))


def test_the_sheet_holds_while_data_are_collected(cast, work):
    one = working.prepare(cast, work)
    teacher = actor_of(cast.teacher)
    task = round_tasks.add_task(teacher, one, TaskInput(title="Toets", collects_data=True))
    round_tasks.perform(teacher, task, TaskAction.OPEN, version=task.version)

    with pytest.raises(ConflictError, match="Toets"):
        perform(cast.teacher, one.privacy_sheet, SheetAction.REVISE)
    with pytest.raises(DatabaseError, match="holds while"), transaction() as session:
        session.execute(text("UPDATE privacy_sheets SET state = 'draft', approved_at = NULL"))
    round_tasks.perform(teacher, task, TaskAction.FINISH, version=task.version)
    perform(cast.teacher, one.privacy_sheet, SheetAction.REVISE)

    assert one.privacy_sheet.state is SheetState.DRAFT
