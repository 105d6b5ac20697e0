"""Something private of every sort of the labs, for who walks every route as every role."""

from datetime import date, timedelta

from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.clock import now
from labapp.database import db
from labapp.files.models import StoredFile
from labapp.knowledge.models import CardVersion
from labapp.labs import rules
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.lab_models import LabRoleKind, LabVisibility, MembershipKind
from labapp.labs.question_models import (
    Agenda,
    AgendaItem,
    QuestionImport,
    QuestionMatch,
    QuestionMerge,
    QuestionState,
    QuestionVisibility,
)
from labapp.labs.review_models import Review, ReviewBasis, ReviewState, UseReport
from labapp.labs.round_models import Activity, PlanVersion, PrivacySheet, RoundSite, RoundTask
from labapp.labs.rules import RuleInput
from labapp.labs.thread_models import Attachment, Contribution, ModerationCase, Thread
from tests.factories import AffiliationFactory, CardFactory, OrganisationFactory
from tests.labs.factories import (
    LabFactory,
    MembershipFactory,
    QuestionFactory,
    RoleFactory,
    RoundFactory,
)

LAB, ASKED, DRAFT = "Schommelpaard", "Pijlenboog", "Slagbalveld"
IMPORTED = "Bokkensprong"
REVIEWED, USED = "Zakdoekleggen", "Stoelendans"
MAY_READ = {
    LAB: {"teacher"},  # everything in a private lab: title, goal, talk, round, plan, draft, file
    ASKED: {"teacher", "colleague", "knowledge_broker"},  # a question for the school alone
    DRAFT: {"teacher"},  # a question that was not asked yet
    REVIEWED: {"teacher", "knowledge_broker"},  # a review that lies with the editors
    USED: {"teacher"},  # a draft of a report of use
    IMPORTED: {"knowledge_broker"},  # a file of questions that was read in
}


def seed(teacher, school):
    """Give the ids by the name they have in addresses."""
    lab = LabFactory(
        title=f"{LAB} lab", goal=f"{LAB} begrijpen.", visibility=LabVisibility.PRIVATE,
        agreement=f"{LAB}: we delen alles.",
    )  # fmt: skip
    institution = OrganisationFactory(kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None)
    scholar = AffiliationFactory(role=Role.RESEARCHER, organisation=institution).user
    practice = MembershipFactory(lab=lab, organisation=school, motivation=f"{LAB} graag")
    research = MembershipFactory(lab=lab, organisation=institution, kind=MembershipKind.RESEARCH)
    lead = RoleFactory(membership=practice, user=teacher, kind=LabRoleKind.LEAD)
    RoleFactory(membership=research, user=scholar, kind=LabRoleKind.LEAD)
    asked = QuestionFactory(
        title=f"Hoe werkt {ASKED}?", seen=ASKED, asker=teacher, acting_for=school,
        visibility=QuestionVisibility.ORGANISATION,
    )  # fmt: skip
    draft = QuestionFactory(
        title=f"Hoe werkt {DRAFT}?", seen=DRAFT, asker=teacher, acting_for=school,
        state=QuestionState.DRAFT, submitted_at=None,
    )  # fmt: skip
    one = RoundFactory(lab=lab, title=f"{LAB} ronde", aim=LAB, created_by_id=teacher.id)
    return {
        "lab_id": [lab.id],
        "membership_id": [practice.id],
        "role_id": [lead.id],
        "rule_id": [_rule().id],
        "question_id": [asked.id, draft.id],
        **_around(asked, lab, teacher),
        "round_id": [one.id],
        **_talk(lab, teacher, school),
        **_work(one, teacher, school),
        **_finding(one, teacher),
        **_judged(teacher, school),
    }


def _rule():
    """A rule of the programme; everybody may read it."""
    return rules.add_rule(
        Actor.system(),
        RuleInput(
            code="regel", school_year=2026, kind=MembershipKind.CO_CREATING,
            excluded_tracks=["spoor"], message_nl="Gaat niet samen.", message_en="Not together.",
            valid_from=date(2026, 8, 1),
        ),
    )  # fmt: skip


def _around(asked, lab, teacher):
    """What stands around questions: a match, a merge, an agenda, an import."""
    other = QuestionFactory(title="Hoe werkt het elders?")
    match = QuestionMatch(
        question_id=asked.id, object=f"labs:{lab.id}", place=1, difference=f"{ASKED} is anders"
    )
    merge = QuestionMerge(
        question_id=asked.id, into_id=other.id, reason=f"{ASKED} is hetzelfde",
        object_until=now() + timedelta(days=14),
    )  # fmt: skip
    agenda = Agenda(theme="reading", school_year=2026, title="Lezen", started_by_id=teacher.id)
    batch = QuestionImport(filename=f"{IMPORTED}.csv", origin=IMPORTED)
    db.session.add_all([match, merge, agenda, batch])
    db.session.flush()
    item = AgendaItem(agenda_id=agenda.id, question_id=other.id)
    db.session.add(item)
    db.session.commit()
    return {
        "match_id": [match.id],
        "merge_id": [merge.id],
        "agenda_id": [agenda.id],
        "item_id": [item.id],
        "import_id": [batch.id],
    }


def _talk(lab, teacher, school):
    """A conversation with a contribution and a file."""
    thread = Thread(
        subject=f"labs:{lab.id}", lab=lab, title=f"{LAB} gesprek", starter_id=teacher.id,
        acting_for_id=school.id, contribution_count=1,
    )  # fmt: skip
    said = Contribution(
        thread=thread, body=f"{LAB} gezien", body_html=f"<p>{LAB} gezien</p>", author_id=teacher.id,
        acting_for_id=school.id, role=Role.TEACHER,
    )  # fmt: skip
    stored = StoredFile(
        key=None, name=f"{LAB}.txt", media_type="text/plain", size=1, sha256="0" * 64,
        removed_at=now(),
    )  # fmt: skip
    db.session.add_all([thread, said, stored])
    db.session.flush()
    file = Attachment(
        object=f"contributions:{said.id}", contribution_id=said.id, lab_id=lab.id,
        file_id=stored.id, title=f"{LAB}.txt", added_by_id=teacher.id,
    )  # fmt: skip
    case = ModerationCase(object=f"contributions:{said.id}", lab_id=lab.id, author_id=teacher.id)
    db.session.add_all([file, case])
    db.session.commit()
    return {
        "thread_id": [thread.id],
        "contribution_id": [said.id],
        "attachment_id": [file.id],
        "case_id": [case.id],
    }


def _work(one, teacher, school):
    """The plan, privacy sheet, site, task and meeting of a round."""
    plan = PlanVersion(round_id=one.id, number=1, answers={"question": LAB})
    sheet = PrivacySheet(round_id=one.id, purpose=LAB)
    site = RoundSite(
        round_id=one.id, organisation_id=school.id, kind=MembershipKind.CO_CREATING,
        consent_note=LAB,
    )  # fmt: skip
    task = RoundTask(round_id=one.id, title=f"{LAB} taak", owner_id=teacher.id)
    meeting = Activity(
        lab_id=one.lab_id, round_id=one.id, title=f"{LAB} overleg", minutes=60,
        held_on=date(2026, 11, 2) + timedelta(days=7), created_by_id=teacher.id,
    )  # fmt: skip
    db.session.add_all([plan, sheet, site, task, meeting])
    db.session.commit()
    return {
        "plan_id": [plan.id],
        "sheet_id": [sheet.id],
        "site_id": [site.id],
        "task_id": [task.id],
        "activity_id": [meeting.id],
    }


def _finding(one, teacher):
    """A draft of a finding."""
    finding = Finding(
        lab_id=one.lab_id, round_id=one.id, title=f"{LAB} werkt", created_by_id=teacher.id
    )
    db.session.add(finding)
    db.session.flush()
    version = FindingVersion(
        finding_id=finding.id, number=1, content={"title": f"{LAB} werkt", "plain": LAB},
        content_hash="0" * 64, author_id=teacher.id,
    )  # fmt: skip
    db.session.add(version)
    db.session.commit()
    return {"finding_id": [finding.id]}


def _judged(teacher, school):
    """A review that was handed in and a draft of a report of use, of a public card."""
    card = CardFactory(title="Bewegend leren")
    version = CardVersion(card_id=card.id, number=1, content={"title": "Bewegend leren"})
    db.session.add(version)
    db.session.flush()
    review = Review(
        target=f"card_versions:{version.id}", about=f"cards:{card.id}", reviewer_id=teacher.id,
        basis=ReviewBasis.EXPERT, state=ReviewState.SUBMITTED, impact=3, scalability=3,
        certainty=3, strengths=REVIEWED, concerns=REVIEWED,
    )  # fmt: skip
    report = UseReport(
        object=f"cards:{card.id}", organisation_id=school.id, author_id=teacher.id, did=USED,
        outcome=USED, group=USED,
    )  # fmt: skip
    db.session.add_all([review, report])
    db.session.commit()
    return {
        "review_id": [review.id],
        "report_id": [report.id],
        "kind": ["questions", "rounds", "findings", "activities", "cards"],
    }
