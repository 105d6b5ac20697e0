"""A lab with both sides, as tests begin with it."""

from dataclasses import dataclass

from factory import LazyAttribute, LazyFunction, Sequence, SubFactory

from labapp.accounts.models import Organisation, OrganisationKind, Role, User
from labapp.clock import now, today
from labapp.database import db
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    LabVisibility,
    MembershipKind,
    MembershipState,
    Side,
)
from labapp.labs.question_models import Question, QuestionState, Turn
from labapp.labs.round_models import Round
from tests.factories import AffiliationFactory, Factory, OrganisationFactory, UserFactory

YEAR = 2026


class LabFactory(Factory):
    """An active, private lab without members."""

    class Meta:
        model = Lab

    theme = "reading"
    title = Sequence(lambda n: f"Leeslab {n}")
    goal = "Uitzoeken wat leerlingen aan het lezen houdt."
    state = LabState.ACTIVE
    visibility = LabVisibility.PRIVATE
    agreement = "We delen wat we vinden, ook als het niet werkte."


class MembershipFactory(Factory):
    class Meta:
        model = LabMembership

    lab = SubFactory(LabFactory)
    organisation = SubFactory(OrganisationFactory)
    kind = MembershipKind.CO_CREATING
    school_year = YEAR
    state = MembershipState.ACTIVE
    from_on = LazyFunction(today)
    agreed_at = LazyFunction(now)
    agreement_number = 1


class RoleFactory(Factory):
    """A role that was accepted: `RoleFactory(membership=..., user=..., kind=LabRoleKind.LEAD)`."""

    class Meta:
        model = LabRole

    membership = SubFactory(MembershipFactory)
    lab_id = LazyAttribute(lambda role: role.membership.lab_id)
    side = LazyAttribute(lambda role: role.membership.side)
    kind = LabRoleKind.TEACHER
    accepted_at = LazyFunction(now)


class QuestionFactory(Factory):
    """A question that was submitted: `asker=...` and `acting_for=...` say by whom."""

    class Meta:
        model = Question

    title = Sequence(lambda n: f"Hoe houden we leerlingen aan het lezen ({n})?")
    seen = "Leerlingen haken af zodra een tekst langer is dan een bladzijde."
    theme = "reading"
    state = QuestionState.SUBMITTED
    turn = Turn.BROKER
    next_step = "Een kennismakelaar leest de vraag."
    submitted_at = LazyFunction(now)


class RoundFactory(Factory):
    class Meta:
        model = Round

    lab = SubFactory(LabFactory)
    title = Sequence(lambda n: f"Ronde {n}")
    aim = "Nagaan of vrij lezen helpt."


@dataclass
class Cast:
    """A lab and its people: a lead and a member on each side, two schools, an institution."""

    lab: Lab
    school: Organisation
    other_school: Organisation
    institution: Organisation
    practice: LabMembership
    participating: LabMembership
    research: LabMembership
    practice_lead: User
    research_lead: User
    teacher: User  # of the school, with a role
    researcher: User  # of the institution, with a role
    leader: User  # school leader of the school, without a role in the lab
    bystander: User  # a teacher of the school without a role
    outsider: User  # a teacher of a school that does not take part


FACTORIES = (
    LabFactory, MembershipFactory, RoleFactory, OrganisationFactory, UserFactory,
    AffiliationFactory,
)  # fmt: skip


def make_lab(**values) -> Cast:
    """Make an active lab with both sides; `visibility` and the like for the lab itself.

    All of it is one commit: half of what a commit for each would cost every test.
    """
    for factory in FACTORIES:
        factory._meta.sqlalchemy_session_persistence = "flush"
    try:
        return _make_lab(**values)
    finally:
        for factory in FACTORIES:
            factory._meta.sqlalchemy_session_persistence = "commit"


def _make_lab(**values) -> Cast:
    lab = LabFactory(**values)
    school, other = OrganisationFactory(name="De Regenboog"), OrganisationFactory(name="De Linde")
    institution = OrganisationFactory(
        name="Instituut", kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None
    )
    practice = MembershipFactory(lab=lab, organisation=school)
    participating = MembershipFactory(
        lab=lab, organisation=other, kind=MembershipKind.PARTICIPATING
    )
    research = MembershipFactory(lab=lab, organisation=institution, kind=MembershipKind.RESEARCH)

    def person(place, role, membership=None, kind=None):
        user = AffiliationFactory(role=role, organisation=place).user
        if membership is not None:
            RoleFactory(membership=membership, user=user, kind=kind)
        return user

    lead, member = LabRoleKind.LEAD, LabRoleKind.TEACHER
    cast = Cast(
        lab=lab,
        school=school,
        other_school=other,
        institution=institution,
        practice=practice,
        participating=participating,
        research=research,
        practice_lead=person(school, Role.TEACHER, practice, lead),
        research_lead=person(institution, Role.RESEARCHER, research, lead),
        teacher=person(school, Role.TEACHER, practice, member),
        researcher=person(institution, Role.RESEARCHER, research, LabRoleKind.RESEARCHER),
        leader=person(school, Role.SCHOOL_LEADER),
        bystander=person(school, Role.TEACHER),
        outsider=person(OrganisationFactory(), Role.TEACHER),
    )
    assert Side.PRACTICE is practice.side
    db.session.commit()
    return cast
