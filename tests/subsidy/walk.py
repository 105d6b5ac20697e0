"""Something private of every sort of hours and subsidy, for who walks every route as every role."""

from datetime import date

from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.clock import now
from labapp.database import db
from labapp.subsidy import assessments, recoveries
from labapp.subsidy.claim_models import ExportRecord
from labapp.subsidy.scheme_models import Grant, Participation, VersionStatus
from tests.factories import OrganisationFactory
from tests.subsidy import claiming
from tests.subsidy.conftest import works
from tests.subsidy.factories import CategoryFactory, RateFactory, SchemeFactory, VersionFactory

HOURS, CLAIM, RETURNED, RECOVERY, SCHEME = (
    "Kraaiennest", "Zandloper", "Stoelendans", "Kiekeboe", "Blindeman",
)  # fmt: skip
MAY_READ = {
    HOURS: {"teacher"},  # what somebody wrote beside hours
    CLAIM: set(),  # the note of a claim: of the board and the office
    RETURNED: set(),  # why a claim was given back
    RECOVERY: set(),  # a recovery
    SCHEME: set(),  # a scheme that is not in force yet
}


def seed(teacher, school):
    """Give the ids by the name they have in addresses."""
    board = OrganisationFactory(kind=OrganisationKind.BOARD, brin6=None, board_number="41234")
    claiming.give_account(board)
    school.board_id = board.id
    db.session.commit()
    office = OrganisationFactory(kind=OrganisationKind.PROGRAMME_OFFICE, brin6=None)
    controller, leader = works(Role.BOARD_CONTROLLER, board), works(Role.SCHOOL_LEADER, school)
    assessor, decider, payer = (works(Role.PROGRAMME_OFFICER, office) for _ in range(3))
    category = CategoryFactory(code="teamsessie")
    version = category.scheme_version
    RateFactory(scheme_version=version)
    hidden = VersionFactory(status=VersionStatus.DRAFT, scheme=SchemeFactory(name_nl=SCHEME))
    entry = claiming.approved(teacher, school, category, leader, (60,), description=HOURS)[0]
    paid = claiming.granted(
        controller, assessor, decider, claiming.draft(controller, version, school, note=CLAIM)
    )
    batch = claiming.pay(payer, version)
    claiming.reversed_part(entry, leader, 60)
    owed = claiming.granted(controller, assessor, decider, claiming.correction(controller, paid))
    recovery = recoveries.open_recovery(Actor.of(payer), owed, note=RECOVERY)
    claiming.approved(
        teacher, school, category, leader, (30,), date(2026, 10, 5), description=HOURS
    )
    returned = claiming.submitted(controller, version, school, note=CLAIM)
    assessments.return_claim(Actor.of(assessor), returned, RETURNED, version=returned.version)
    rows = _rows(version, school)
    return {
        "entry_id": [entry.id],
        "declaration_id": [entry.declaration_id],
        "version_id": [hidden.id],
        "scheme_id": [hidden.scheme_id],
        "part": ["tarieven"],
        "claim_id": [returned.id],
        "batch_id": [batch.id],
        "recovery_id": [recovery.id],
        "branch_id": [school.id],
        **rows,
    }


def _rows(version, school):
    """What no service of ours makes in one step."""
    span = {
        "scheme_version_id": version.id, "organisation_id": school.id,
        "from_on": date(2026, 8, 1), "to_on": date(2027, 7, 31),
    }  # fmt: skip
    part = Participation(**span)
    grant = Grant(
        **span, decision_number="1", decided_on=date(2026, 7, 1), amount_cents=100, instalments=[]
    )
    record = ExportRecord(
        kind="lines_csv", subject="claims:1@1", file_name="regels.csv", sha256="0" * 64, size=1,
        template_version="1", exported_at=now(),
    )  # fmt: skip
    db.session.add_all([part, grant, record])
    db.session.commit()
    return {
        "participation_id": [part.id],
        "grant_id": [grant.id],
        "record_id": [record.id],
    }
