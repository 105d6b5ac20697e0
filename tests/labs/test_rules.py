"""Rules of the programme: asked at each moment that counts, with their source, and let go."""

from datetime import date, datetime

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import LOCAL_ZONE, set_clock
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.knowledge.vocabulary import seeds_folder
from labapp.labs import (
    joining,
    lab_duties,
    lab_tasks,
    membership_page,
    membership_terms,
    memberships,
    rules,
)
from labapp.labs.joining import Wish
from labapp.labs.lab_models import (
    LabMembership,
    LabVisibility,
    MembershipKind,
    MembershipState,
)
from labapp.labs.membership_states import MembershipAction
from labapp.labs.rules import RuleInput
from labapp.subsidy.scheme_models import Participation
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.factories import MembershipFactory
from tests.subsidy.factories import VersionFactory

A, K, S = MembershipAction, MembershipKind, MembershipState
WISH = Wish(kind=K.CO_CREATING, motivation="Wij doen graag mee.")
RULE = RuleInput(
    code="cultuur", school_year=2026, kind=K.CO_CREATING, excluded_tracks=["cultuur"],
    message_nl="Dat gaat niet samen met het spoor cultuur.", message_en="Not with that track.",
    source_url="https://example.org/regels", source_checked_on=date(2026, 9, 1),
    valid_from=date(2026, 8, 1), valid_until=date(2027, 7, 31),
)  # fmt: skip


def changed(**values):
    return RuleInput(**{**vars(RULE), **values})


@pytest.fixture
def newcomer(cast):
    """The leader of a school in the track that the rule excludes; the lab is open to see."""
    cast.lab.visibility = LabVisibility.PROGRAMME
    school = OrganisationFactory(name="De Wilg")
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=school).user
    take_part(school, 2026)
    rules.add_rule(Actor.system(), RULE)
    return leader


def take_part(school, year):
    version = VersionFactory(
        track="cultuur", school_year=year, valid_from=date(year, 8, 1),
        valid_to=date(year + 1, 7, 31),
    )  # fmt: skip
    row = Participation(
        scheme_version=version, organisation=school, from_on=date(year, 8, 1),
        to_on=date(year + 1, 7, 31),
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()


def request(cast, as_actor, user, wish=WISH):
    place = user.affiliations[0].organisation
    return joining.request_membership(as_actor(user), cast.lab, place, wish, agrees=True)


def test_a_request_is_refused_with_the_rule_and_its_source(cast, as_actor, newcomer):
    with pytest.raises(ConflictError) as refused:
        request(cast, as_actor, newcomer)

    assert RULE.message_nl in str(refused.value)
    assert "https://example.org/regels" in str(refused.value)
    assert "1 sep 2026" in str(refused.value)
    assert refused.value.problems[0]["checked_on"] == "2026-09-01"
    assert request(cast, as_actor, newcomer, Wish(kind=K.PARTICIPATING, motivation="Ja"))


def test_the_office_lets_a_rule_go_with_a_reason(cast, as_actor, newcomer, programme_officer):
    row = request(
        cast, as_actor, newcomer, Wish(kind=K.CO_CREATING, motivation="Ja", asks_exception=True)
    )
    lead, officer = as_actor(cast.practice_lead), as_actor(programme_officer)
    with pytest.raises(ConflictError):
        memberships.perform(lead, row, A.ADMIT, version=row.version)
    assert len(lab_duties.list_lab_duties(officer)) == 1
    for user in (cast.practice_lead, newcomer):
        with pytest.raises(ForbiddenError):
            membership_terms.override_rules(as_actor(user), row, reason="Ja", version=None)
    with pytest.raises(InvalidError):
        membership_terms.override_rules(officer, row, reason="", version=None)

    membership_terms.override_rules(officer, row, reason="Vorig jaar begonnen", version=row.version)

    assert lab_duties.list_lab_duties(officer) == []
    memberships.perform(lead, row, A.ADMIT, version=row.version)
    assert row.state is S.ACTIVE
    assert row.override_reason == "Vorig jaar begonnen"


def test_a_rule_that_came_since_the_invitation_is_asked_at_the_answer(cast, as_actor):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = leader.affiliations[0].organisation
    row = joining.invite_organisation(as_actor(cast.practice_lead), cast.lab, place, WISH)
    take_part(place, 2026)
    rules.add_rule(Actor.system(), RULE)

    with pytest.raises(ConflictError) as refused:
        memberships.perform(as_actor(leader), row, A.ACCEPT, version=row.version, agrees=True)

    assert RULE.message_nl in str(refused.value)


def test_a_change_of_kind_is_held_to_the_rules(cast, as_actor):
    take_part(cast.other_school, 2026)
    rules.add_rule(Actor.system(), RULE)
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=cast.other_school).user
    row = cast.participating
    membership_terms.ask_kind(as_actor(leader), row, K.CO_CREATING, version=row.version)

    with pytest.raises(ConflictError):
        memberships.perform(as_actor(cast.practice_lead), row, A.CHANGE_KIND, version=row.version)

    assert row.state is S.ACTIVE


def test_a_kind_in_another_lab_may_be_excluded_too(cast):
    rules.add_rule(Actor.system(), changed(excluded_tracks=[], excluded_kinds=["participating"]))
    elsewhere = MembershipFactory(organisation=cast.other_school, kind=K.PARTICIPATING)

    def broken(kind, year=2026, leaving=None):
        return rules.broken_rules(cast.other_school, kind, year, leaving=leaving)

    assert broken(K.CO_CREATING)
    assert not broken(K.PARTICIPATING)
    assert not broken(K.CO_CREATING, year=2027)
    elsewhere.state = S.ENDED
    db.session.commit()
    assert broken(K.CO_CREATING)  # by this lab
    assert not broken(K.CO_CREATING, leaving=cast.participating)


def test_who_invites_does_not_hear_what_a_school_does_in_other_labs(cast, as_actor):
    leader = AffiliationFactory(role=Role.SCHOOL_LEADER).user
    place = leader.affiliations[0].organisation
    cast.lab.visibility = LabVisibility.PROGRAMME
    MembershipFactory(organisation=place, kind=K.PARTICIPATING)
    rules.add_rule(Actor.system(), changed(excluded_tracks=[], excluded_kinds=["participating"]))
    exception = Wish(kind=K.CO_CREATING, motivation="Kom erbij.", asks_exception=True)

    with pytest.raises(ConflictError) as told:
        joining.invite_organisation(as_actor(cast.practice_lead), cast.lab, place, WISH)
    with pytest.raises(ConflictError) as own:
        joining.request_membership(as_actor(leader), cast.lab, place, WISH, agrees=True)
    row = joining.invite_organisation(as_actor(cast.practice_lead), cast.lab, place, exception)

    assert RULE.message_nl not in f"{told.value} {told.value.problems}"
    assert f"{place.name} of het programmabureau kan zeggen welke" in str(told.value)
    assert RULE.message_nl in str(own.value)
    seen = [membership_page.view_of(as_actor(one), row) for one in (cast.practice_lead, leader)]
    assert [len(view.broken) for view in seen] == [0, 1]


def test_the_rules_are_asked_again_when_the_school_year_begins(cast, as_actor):
    take_part(cast.school, 2027)
    rules.add_rule(
        Actor.system(),
        changed(school_year=2027, valid_from=date(2027, 8, 1), valid_until=None),
    )
    set_clock(datetime(2027, 6, 1, tzinfo=LOCAL_ZONE))
    membership_terms.renew(as_actor(cast.leader), cast.practice, renews=True, version=None)

    set_clock(datetime(2027, 8, 1, 9, tzinfo=LOCAL_ZONE))
    lab_tasks.turn_school_year()

    rows = db.session.query(LabMembership).filter_by(organisation_id=cast.school.id).all()
    assert [row.state for row in rows] == [S.ENDED]
    assert RULE.message_nl in rows[0].reason


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code", {"code": ""}),
        ("excluded_tracks", {"excluded_tracks": []}),
        ("excluded_kinds", {"excluded_kinds": ["no"]}),
        ("message_nl", {"message_nl": "x" * 50_000}),
        ("source_url", {"source_url": "javascript:alert(1)"}),
        ("valid_until", {"valid_until": date(2020, 1, 1)}),
        ("school_year", {"school_year": 1}),
    ],
)
def test_a_rule_is_checked(programme_officer, as_actor, field, values):
    with pytest.raises(InvalidError) as refused:
        rules.add_rule(as_actor(programme_officer), changed(**values))

    assert field in refused.value.fields


def test_only_the_office_enters_rules(as_actor, programme_officer, administrator, school_leader):
    for user in (school_leader, administrator):
        with pytest.raises(ForbiddenError):
            rules.add_rule(as_actor(user), RULE)

    rule = rules.add_rule(as_actor(programme_officer), RULE)
    with pytest.raises(InvalidError):
        rules.add_rule(as_actor(programme_officer), RULE)
    rules.change_rule(as_actor(programme_officer), rule, changed(message_nl="Anders."))
    assert rules.list_rules(2026)[0].message_nl == "Anders."


def test_the_seeds_bring_the_rules_that_were_published_once():
    content = (seeds_folder() / "programme_rules.yaml").read_bytes()

    assert rules.import_rules(Actor.system(), content) == 1
    assert rules.import_rules(Actor.system(), content) == 0

    rule = rules.list_rules(2024)[0]
    assert rule.excluded_tracks == ["verbetercultuur"]
    assert "dus-i.nl" in rules.explain(rule)
