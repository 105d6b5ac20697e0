from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, Sector
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.subsidy import (
    participations,
    scheme_checks,
    scheme_copies,
    scheme_locks,
    scheme_parts,
    schemes,
)
from labapp.subsidy.claim_models import Claim, ClaimSnapshot
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.participations import ParticipationInput
from labapp.subsidy.scheme_inputs import (
    CapInput,
    CategoryInput,
    FixedAmountInput,
    RateInput,
    SchemeInput,
    VersionInput,
)
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    CapScope,
    CapUnit,
    Rate,
    Scheme,
    SchemeKind,
    SchemeVersion,
    VersionStatus,
)
from tests.subsidy.factories import VersionFactory

BEGIN, END = date(2026, 8, 1), date(2027, 7, 31)
NAMES = SchemeInput(code="PROEF", name_nl="Proefregeling", is_fictional=True)
RULES = VersionInput(
    kind=SchemeKind.HOURLY,
    school_year=2026,
    valid_from=BEGIN,
    valid_to=END,
    statement="Ik verklaar dat dit klopt.",
)
RATE = RateInput(rate_cents=4850, valid_from=BEGIN, valid_to=END)
SESSION = CategoryInput(code="sessie", label_nl="Teamsessie", label_en="Team session")


@pytest.fixture
def officer(assessor, as_actor):
    return as_actor(assessor)


@pytest.fixture
def draft(officer):
    return schemes.create_version(officer, schemes.create_scheme(officer, NAMES), RULES)


@pytest.fixture
def complete(officer, draft):
    """A draft that lacks nothing."""
    scheme_parts.set_categories(officer, draft, [SESSION], expected=draft.version)
    scheme_parts.set_rates(officer, draft, [RATE], expected=draft.version)
    return schemes.get_version(officer, draft.id)


@pytest.fixture
def active(officer, complete):
    return schemes.activate(officer, complete, expected=complete.version)


def use(version, board, school):
    """Let a submitted claim use a version, as raw rows."""
    claim = Claim(
        scheme_version_id=version.id, board_id=board.id, organisation_id=school.id, number="X-1",
        sequence=1,
    )  # fmt: skip
    db.session.add(claim)
    db.session.flush()
    columns = {c.name for c in ClaimSnapshot.__table__.columns if not c.nullable} - {"id"}
    known = {"claim_id": claim.id, "revision": 1, "content": {}, "sha256": "0" * 64}
    rest = {name: 0 for name in columns - set(known) if name not in ("created_at", "submitted_at")}
    db.session.add(ClaimSnapshot(**known, **rest))
    db.session.commit()


def codes(version, *, blocking=True):
    return {f.code for f in scheme_checks.check(version) if f.is_blocking or not blocking}


def test_the_office_enters_a_scheme_and_puts_it_in_force(officer, active, as_actor, teacher):
    assert active.status is VersionStatus.ACTIVE
    assert active.number == 1
    assert schemes.list_versions(as_actor(teacher), active_only=True) == [active]
    assert schemes.list_versions(officer, on=date(2026, 8, 1)) == [active]
    assert schemes.list_versions(officer, on=date(2026, 7, 31)) == []
    actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions[-5:] == [
        "scheme.created", "scheme_version.created", "scheme_version.categories_changed",
        "scheme_version.rates_changed", "scheme_version.activated",
    ]  # fmt: skip


def test_a_draft_is_of_the_office_and_the_auditor(officer, draft, as_actor, teacher, auditor):
    assert schemes.get_version(as_actor(auditor), draft.id) == draft
    assert schemes.list_schemes(officer) == [draft.scheme]
    assert schemes.list_schemes(as_actor(teacher)) == []
    for stranger in (as_actor(teacher), as_actor()):
        with pytest.raises(NotFoundError):
            schemes.get_version(stranger, draft.id)
        with pytest.raises(NotFoundError):
            schemes.get_scheme(stranger, draft.scheme_id)


def test_nobody_else_changes_a_scheme(active, as_actor, administrator, teacher, auditor):
    for user in (administrator, teacher, auditor):
        actor = as_actor(user)
        with pytest.raises(ForbiddenError):
            schemes.create_scheme(actor, NAMES)
        with pytest.raises(ForbiddenError):
            schemes.change_version(actor, active, RULES, expected=active.version)
        with pytest.raises(ForbiddenError):
            scheme_parts.set_rates(actor, active, [], expected=active.version)
        with pytest.raises(ForbiddenError):
            schemes.close(actor, active, expected=active.version)


def test_a_token_needs_its_scope(assessor):
    with pytest.raises(ForbiddenError):
        schemes.create_scheme(Actor.of(assessor, scopes=frozenset({"schemes:read"})), NAMES)


def test_two_schemes_have_two_codes(officer, draft):
    with pytest.raises(InvalidError) as refused:
        schemes.create_scheme(officer, replace(NAMES, code="proef"))

    assert "code" in refused.value.fields


@pytest.mark.parametrize("minutes", [0, 1, 5, 10, 20, 45])
def test_a_step_that_is_not_exact_in_hours_is_refused_in_words(officer, draft, minutes):
    with pytest.raises(InvalidError) as refused:
        schemes.change_version(
            officer, draft, replace(RULES, granularity_minutes=minutes), expected=draft.version
        )

    assert "15" in refused.value.fields["granularity_minutes"][0]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("valid_to", {"valid_to": date(2026, 7, 31)}),
        (
            "closes_at",
            {
                "opens_at": datetime(2026, 10, 1, 8, tzinfo=UTC),
                "closes_at": datetime(2026, 10, 1, 8, tzinfo=UTC),
            },
        ),
        ("percentage_bp", {"percentage_bp": 10_001}),
        ("percentage_bp", {"percentage_bp": -1}),
        ("ceiling_cents", {"ceiling_cents": -1}),
        ("ceiling_cents", {"ceiling_cents": 10**14}),
        ("max_day_minutes", {"max_day_minutes": 1441}),
        ("entry_window_days", {"entry_window_days": -1}),
        ("retention_years", {"retention_years": 0}),
        ("source_url", {"source_url": "javascript:alert(1)"}),
        ("source_url", {"source_url": "http://[bad"}),
        ("currency", {"currency": "GBP"}),
        ("track", {"track": "met spatie"}),
        ("excluded_tracks", {"track": "lab", "excluded_tracks": ["lab"]}),
        ("school_year", {"school_year": 26}),
    ],
)
def test_rules_that_cannot_be_are_refused(officer, draft, field, values):
    with pytest.raises(InvalidError) as refused:
        schemes.change_version(officer, draft, replace(RULES, **values), expected=draft.version)

    assert list(refused.value.fields) == [field]


def test_the_second_of_two_editors_is_told(officer, draft):
    read = draft.version
    schemes.change_version(officer, draft, replace(RULES, conditions="Nieuw."), expected=read)

    with pytest.raises(ConflictError):
        schemes.change_version(officer, draft, RULES, expected=read)
    with pytest.raises(ConflictError):
        scheme_parts.set_categories(officer, draft, [SESSION], expected=read)

    assert schemes.get_version(officer, draft.id).conditions == "Nieuw."


def test_a_change_of_a_rate_alone_also_gives_the_version_a_new_number(officer, complete):
    before = complete.version

    scheme_parts.set_rates(officer, complete, [replace(RATE, rate_cents=1)], expected=before)

    assert schemes.get_version(officer, complete.id).version == before + 1


def test_saving_what_is_there_already_changes_nothing(officer, complete):
    before = complete.version

    scheme_parts.set_rates(officer, complete, [RATE], expected=before)
    schemes.change_version(officer, complete, RULES, expected=before)

    assert schemes.get_version(officer, complete.id).version == before


def test_a_ceiling_may_be_hundreds_of_millions(officer, draft):
    values = replace(RULES, ceiling_cents=33_200_000_000)

    schemes.change_version(officer, draft, values, expected=draft.version)

    assert schemes.get_version(officer, draft.id).ceiling_cents == 33_200_000_000


# What is missing


def test_an_empty_draft_says_what_it_lacks(officer, draft):
    with pytest.raises(InvalidError) as refused:
        schemes.activate(officer, draft, expected=draft.version)

    assert set(refused.value.fields) == codes(draft) == {"categories_missing"}
    assert schemes.get_version(officer, draft.id).status is VersionStatus.DRAFT


def test_a_real_scheme_needs_its_source_and_a_statement(officer, complete):
    schemes.change_scheme(
        officer, complete.scheme, replace(NAMES, is_fictional=False),
        expected=complete.scheme.version,
    )  # fmt: skip
    schemes.change_version(
        officer, complete, replace(RULES, statement=" "), expected=complete.version
    )

    assert codes(complete) == {"source_missing", "statement_missing"}


@pytest.mark.parametrize(
    ("rates", "code"),
    [
        ([], "rate_missing"),
        ([replace(RATE, valid_to=date(2027, 7, 30))], "rate_missing"),
        ([replace(RATE, valid_from=date(2026, 8, 2))], "rate_missing"),
        (
            [
                replace(RATE, valid_to=date(2026, 12, 31)),
                replace(RATE, valid_from=date(2027, 1, 2)),
            ],
            "rate_missing",
        ),
    ],
)
def test_each_day_needs_a_rate(officer, complete, rates, code):
    scheme_parts.set_rates(officer, complete, rates, expected=complete.version)

    assert codes(schemes.get_version(officer, complete.id)) == {code}


def test_a_role_without_a_rate_is_said_but_does_not_block(officer, complete):
    only = [replace(RATE, role=Role.TEACHER)]
    scheme_parts.set_rates(officer, complete, only, expected=complete.version)

    found = scheme_checks.check(schemes.get_version(officer, complete.id))

    partial = next(f for f in found if f.code == "rate_partial")
    assert "schoolleider" in partial.words
    assert not any(f.is_blocking for f in found)


def test_two_rates_that_came_past_the_services_are_found(officer, complete):
    db.session.add(
        Rate(scheme_version_id=complete.id, rate_cents=1, valid_from=BEGIN, valid_to=BEGIN)
    )
    db.session.commit()

    assert codes(schemes.get_version(officer, complete.id)) == {"rate_double"}


def test_a_category_that_is_not_claimable_needs_no_rate(officer, complete):
    sharing = CategoryInput(code="delen", label_nl="Kennisdeling", claimable=False)
    scheme_parts.set_categories(officer, complete, [SESSION, sharing], expected=complete.version)
    of_session = [replace(RATE, category="sessie")]
    scheme_parts.set_rates(officer, complete, of_session, expected=complete.version)

    assert codes(schemes.get_version(officer, complete.id)) == set()


def test_a_fixed_version_needs_an_amount_and_no_rate(officer, draft):
    fixed = replace(RULES, kind=SchemeKind.FIXED)
    schemes.change_version(officer, draft, fixed, expected=draft.version)
    scheme_parts.set_categories(officer, draft, [SESSION], expected=draft.version)
    assert codes(draft) == {"amounts_missing"}

    scheme_parts.set_fixed_amounts(
        officer, draft, [FixedAmountInput(sector=Sector.PO, amount_cents=100)],
        expected=draft.version,
    )  # fmt: skip

    assert codes(draft) == set()


def test_two_versions_of_a_scheme_are_not_in_force_on_one_day(officer, active):
    again = scheme_copies.copy_version(officer, active, school_year=2026)
    assert codes(again) == {"overlaps"}
    with pytest.raises(InvalidError):
        schemes.activate(officer, again, expected=again.version)

    schemes.close(officer, active, expected=active.version)

    assert schemes.activate(officer, again, expected=again.version).number == 2


# Parts


def test_rates_that_exclude_one_another_are_refused(officer, complete):
    rows = [RATE, replace(RATE, valid_from=END, rate_cents=1)]

    with pytest.raises(InvalidError) as refused:
        scheme_parts.set_rates(officer, complete, rows, expected=complete.version)

    assert list(refused.value.fields) == ["rates.1.valid_from"]


def test_rates_of_another_role_sector_or_day_live_together(officer, complete):
    rows = [
        replace(RATE, valid_to=date(2026, 12, 31)),
        replace(RATE, valid_from=date(2027, 1, 1)),
        replace(RATE, role=Role.TEACHER),
        replace(RATE, sector=Sector.VO),
        replace(RATE, category="sessie"),
    ]

    scheme_parts.set_rates(officer, complete, rows, expected=complete.version)

    kept = scheme_parts.rate_inputs(schemes.get_version(officer, complete.id))
    assert sorted(map(repr, kept)) == sorted(map(repr, rows))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("rates.0.rate_cents", {"rate_cents": -1}),
        ("rates.0.valid_to", {"valid_to": date(2026, 7, 1)}),
        ("rates.0.category", {"category": "elders"}),
    ],
)
def test_a_rate_that_cannot_be_is_refused(officer, complete, field, values):
    with pytest.raises(InvalidError) as refused:
        scheme_parts.set_rates(
            officer, complete, [replace(RATE, **values)], expected=complete.version
        )

    assert field in refused.value.fields


def test_an_active_version_stays_complete(officer, active):
    with pytest.raises(InvalidError) as refused:
        scheme_parts.set_rates(officer, active, [], expected=active.version)
    assert list(refused.value.fields) == ["rate_missing"]
    with pytest.raises(InvalidError):
        schemes.change_version(
            officer, active, replace(RULES, valid_to=date(2027, 8, 31)), expected=active.version
        )

    boundary = [
        replace(RATE, valid_to=date(2026, 12, 31)),
        replace(RATE, valid_from=date(2027, 1, 1), rate_cents=5000),
    ]
    scheme_parts.set_rates(officer, active, boundary, expected=active.version)

    assert len(schemes.get_version(officer, active.id).rates) == 2


def test_caps_are_one_for_each_scope_and_unit(officer, complete):
    person = CapInput(scope=CapScope.PERSON_YEAR, unit=CapUnit.MINUTES, value=4800)
    with pytest.raises(InvalidError):
        scheme_parts.set_caps(officer, complete, [person, person], expected=complete.version)
    with pytest.raises(InvalidError):
        scheme_parts.set_caps(
            officer, complete, [replace(person, value=-1)], expected=complete.version
        )

    scheme_parts.set_caps(officer, complete, [person], expected=complete.version)
    scheme_parts.set_caps(officer, complete, [replace(person, value=60)], expected=complete.version)

    assert [c.value for c in schemes.get_version(officer, complete.id).caps] == [60]


def test_categories_keep_their_code_and_order(officer, complete):
    rows = [
        CategoryInput(code="bezoek", label_nl="Lesbezoek"),
        replace(SESSION, label_nl="Bordsessie"),
    ]
    known = complete.categories[0].id

    scheme_parts.set_categories(officer, complete, rows, expected=complete.version)

    found = schemes.get_version(officer, complete.id).categories
    assert [c.label_nl for c in found] == ["Lesbezoek", "Bordsessie"]
    assert found[1].id == known


def test_categories_without_a_name_or_twice_are_refused(officer, complete):
    for rows in ([SESSION, SESSION], [replace(SESSION, label_nl=" ")], [replace(SESSION, code="")]):
        with pytest.raises(InvalidError):
            scheme_parts.set_categories(officer, complete, rows, expected=complete.version)


def test_an_activity_with_hours_is_closed_and_not_removed(officer, active, teacher, school):
    sheet = Declaration(
        user_id=teacher.id, organisation_id=school.id, scheme_version_id=active.id,
        month=date(2026, 11, 1),
    )  # fmt: skip
    db.session.add(sheet)
    db.session.flush()
    other = CategoryInput(code="ander", label_nl="Ander")
    db.session.add(
        HourEntry(
            user_id=teacher.id, organisation_id=school.id, scheme_version_id=active.id,
            category_id=active.categories[0].id, declaration_id=sheet.id,
            work_date=date(2026, 11, 2), minutes=60,
        )
    )  # fmt: skip
    db.session.commit()

    with pytest.raises(ConflictError):
        scheme_parts.set_categories(officer, active, [other], expected=active.version)
    closed = [replace(SESSION, is_open=False), other]
    scheme_parts.set_categories(officer, active, closed, expected=active.version)

    assert [c.is_open for c in schemes.get_version(officer, active.id).categories] == [False, True]


# What rests on a version


def test_days_do_not_shrink_away_from_hours_and_grants(officer, active, school):
    days = ParticipationInput(from_on=date(2026, 9, 1), to_on=date(2027, 6, 30))
    participations.create_participation(officer, active, school, days)

    for field, values in (
        ("valid_from", {"valid_from": date(2026, 9, 2)}),
        ("valid_to", {"valid_to": date(2027, 6, 29)}),
    ):
        with pytest.raises(InvalidError) as refused:
            schemes.change_version(
                officer, active, replace(RULES, **values), expected=active.version
            )
        assert field in refused.value.fields

    shorter = replace(RULES, valid_from=date(2026, 9, 1), valid_to=date(2027, 6, 30))
    schemes.change_version(officer, active, shorter, expected=active.version)


@pytest.mark.parametrize(
    "values",
    [{"kind": SchemeKind.FIXED}, {"currency": "USD"}, {"school_year": 2027}],
    ids=["kind", "currency", "year"],
)
def test_what_a_scheme_is_stays_once_it_is_in_force(officer, active, values):
    with pytest.raises(InvalidError) as refused:
        schemes.change_version(officer, active, replace(RULES, **values), expected=active.version)

    assert list(refused.value.fields) == list(values)


def test_branches_in_two_tracks_that_are_later_shut_out_are_shown(officer, active, school):
    other = VersionFactory(track="lab")
    days = ParticipationInput(from_on=BEGIN, to_on=END)
    for version in (active, other):
        participations.create_participation(officer, version, school, days)

    exclusive = replace(RULES, excluded_tracks=["lab"])
    schemes.change_version(officer, active, exclusive, expected=active.version)

    assert "tracks_clash" in codes(schemes.get_version(officer, active.id), blocking=False)


# After a claim


def test_what_a_claim_used_is_frozen(officer, active, board, school):
    use(active, board, school)
    assert scheme_locks.is_used(active)

    for change in (
        lambda: schemes.change_version(
            officer, active, replace(RULES, percentage_bp=5000), expected=active.version
        ),
        lambda: scheme_parts.set_rates(
            officer, active, [replace(RATE, rate_cents=1)], expected=active.version
        ),
        lambda: scheme_parts.set_categories(officer, active, [], expected=active.version),
        lambda: scheme_parts.set_caps(
            officer, active, [CapInput(scope=CapScope.GRANT, unit=CapUnit.CENTS, value=1)],
            expected=active.version,
        ),
    ):  # fmt: skip
        with pytest.raises(ConflictError):
            change()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE scheme_versions SET percentage_bp = 5000",
        "UPDATE scheme_versions SET ceiling_cents = 1",
        "UPDATE scheme_versions SET statement = 'x'",
        "DELETE FROM scheme_versions",
        "UPDATE rates SET rate_cents = 1",
        "DELETE FROM rates",
        (
            "INSERT INTO rates (scheme_version_id, rate_cents, valid_from, valid_to)"
            " SELECT id, 1, valid_from, valid_to FROM scheme_versions"
        ),
        "UPDATE activity_categories SET claimable = NOT claimable",
        (
            "INSERT INTO caps (scheme_version_id, scope, unit, value)"
            " SELECT id, 'grant', 'cents', 1 FROM scheme_versions"
        ),
    ],
)
def test_the_database_holds_a_used_version_too(active, board, school, statement):
    use(active, board, school)

    with pytest.raises(DBAPIError, match="make a new one"):
        db.session.execute(text(statement))
    db.session.rollback()

    assert db.session.get_one(SchemeVersion, active.id).percentage_bp == 10_000
    assert db.session.scalars(select(Rate.rate_cents)).all() == [4850]


def test_the_window_of_a_used_version_can_be_moved_and_its_year_closed(
    officer, active, board, school
):
    use(active, board, school)
    later = datetime(2027, 9, 1, 12, tzinfo=UTC)

    schemes.change_version(
        officer, active, replace(RULES, closes_at=later), expected=active.version
    )
    schemes.close(officer, active, expected=active.version)
    schemes.archive(officer, active, expected=active.version)

    assert schemes.get_version(officer, active.id).status is VersionStatus.ARCHIVED


# States


def test_states_follow_one_another(officer, complete):
    with pytest.raises(ConflictError):
        schemes.close(officer, complete, expected=complete.version)
    with pytest.raises(ConflictError):
        schemes.archive(officer, complete, expected=complete.version)
    active = schemes.activate(officer, complete, expected=complete.version)
    with pytest.raises(ConflictError):
        schemes.activate(officer, active, expected=active.version)
    with pytest.raises(ConflictError):
        schemes.discard(officer, active, expected=active.version)
    closed = schemes.close(officer, active, expected=active.version)
    with pytest.raises(ConflictError):
        scheme_parts.set_rates(officer, closed, [], expected=closed.version)


def test_a_draft_is_thrown_away_with_all_its_parts(officer, complete):
    schemes.discard(officer, complete, expected=complete.version)

    assert db.session.scalars(select(SchemeVersion)).all() == []
    assert db.session.scalars(select(Rate)).all() == []
    assert db.session.scalars(select(ActivityCategory)).all() == []
    assert len(db.session.scalars(select(Scheme)).all()) == 1


def test_a_copy_for_the_next_year_moves_every_day(officer, active):
    closed_window = replace(
        RULES,
        opens_at=datetime(2026, 9, 1, tzinfo=UTC),
        closes_at=datetime(2026, 10, 1, tzinfo=UTC),
    )
    schemes.change_version(officer, active, closed_window, expected=active.version)

    copy = scheme_copies.copy_version(officer, active, school_year=2027)

    assert (copy.number, copy.status, copy.school_year) == (2, VersionStatus.DRAFT, 2027)
    assert (copy.valid_from, copy.valid_to) == (date(2027, 8, 1), date(2028, 7, 31))
    assert (copy.opens_at, copy.closes_at) == (None, None)
    assert [(r.valid_from, r.valid_to) for r in copy.rates] == [(copy.valid_from, copy.valid_to)]
    assert [c.code for c in copy.categories] == ["sessie"]
    assert copy.categories[0].id != active.categories[0].id
    assert scheme_copies.moved(date(2028, 2, 29), 1) == date(2029, 2, 28)


def test_the_code_stays_once_a_version_was_in_force(officer, active):
    scheme = active.scheme
    schemes.change_scheme(
        officer, scheme, replace(NAMES, name_nl="Andere naam"), expected=scheme.version
    )
    with pytest.raises(InvalidError):
        schemes.change_scheme(
            officer, scheme, replace(NAMES, code="ANDERS"), expected=scheme.version
        )
    with pytest.raises(ConflictError):
        schemes.change_scheme(officer, scheme, NAMES, expected=scheme.version - 1)
