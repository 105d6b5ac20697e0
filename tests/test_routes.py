"""Every route as every role: who must sign in, and that nobody reads what is not theirs.

Everything private is seeded with a word of its own. A new route is walked without being named
here; only one that visitors may use is named, with the reason.
"""

import re
from datetime import timedelta
from io import BytesIO
from itertools import product
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from labapp.accounts import tokens
from labapp.accounts.access_models import ApiToken, Invitation, SignIn
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Role
from labapp.clock import now
from labapp.database import Model, db, transaction
from labapp.jobs.models import Job, JobStatus
from labapp.knowledge import cards, collections, feedback, saved_searches
from labapp.knowledge.finding import CardQuery
from labapp.knowledge.models import Card, CardDraft, CardStatus, Visibility
from labapp.knowledge.schemas import ContentSchema
from labapp.knowledge.use_models import Collection, CollectionItem, ImportBatch, SavedSearch
from labapp.labs.lab_models import Lab, LabMembership, LabRole
from labapp.subsidy.budget_models import BudgetEvent
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.hour_models import Declaration, HourEntry
from labapp.subsidy.payment_models import PaymentBatch, Recovery
from labapp.subsidy.scheme_models import Grant, SchemeVersion
from tests.factories import CardFactory
from tests.labs import walk as labs_walk
from tests.notifications import walk as told
from tests.subsidy import walk

READ = "it shows only what the person may see"
ACCOUNT = "one does this to get in"
ABOUT = "it tells about the platform"
MACHINES = "machines ask it, and it says nothing of anybody"
PUBLIC = {
    "assets.show_asset": ABOUT,
    "assets.show_favicon": ABOUT,
    "home.show_start": ABOUT,
    "home.show_help": ABOUT,
    "home.show_accessibility": ABOUT,
    "home.show_privacy": ABOUT,
    "home.show_colophon": ABOUT,
    "home.show_licence": ABOUT,
    "home.show_robots": MACHINES,
    "openapi.show": ABOUT,
    "api-docs.openapi_json": ABOUT,
    "health.show_health": MACHINES,
    "health.show_readiness": MACHINES,
    "mail.show_outbox": "it is there in demonstrations and tests only",
    "notifications.show_feed": "the secret in its address says whose it is",
    "own_calendar.show": "the secret in its address says whose it is",
    "notifications.show_unsubscribe": "the signed address in a letter says whose mail it ends",
    "notifications.unsubscribe": "the signed address in a letter says whose mail it ends",
    "knowledge.search": READ,
    "knowledge.suggest": READ,
    "cards.show_card": READ,
    "cards.show_practice_card": READ,
    "cards.list_versions": READ,
    "cards.show_version": READ,
    "cards.compare_versions": READ,
    "cards.download_citation": READ,
    "Cards.Search": READ,
    "Cards.OneCard": READ,
    "Cards.SimilarCards": READ,
    "Cards.Citation": READ,
    "Versions.Versions": READ,
    "Versions.Version": READ,
    "Versions.Differences": READ,
    "Searches.Suggestions": READ,
    "Searches.Themes": ABOUT,
    "Searches.Vocabulary": ABOUT,
    "Exports.CardsExport": READ,
    "findings.list_all": READ,
    "findings.show_feed": READ,
    "findings.list_in_lab": READ,
    "findings.show_finding": READ,
    "findings.show_research": READ,
    "findings.show_sheet": READ,
    "findings.list_versions": READ,
    "findings.show_version": READ,
    "findings.compare": READ,
    "findings.download_citation": READ,
    "findings.go_to_card": READ,
    "Findings.AllFindings": READ,
    "Findings.OneFinding": READ,
    "Findings.FindingVersions": READ,
    "Findings.FindingText": READ,
    "Findings.FindingDifferences": READ,
    "Findings.FindingCitation": READ,
    "lab_reviews.list_of_finding": READ,
    "lab_reviews.list_of_card": READ,
    "lab_reviews.show": READ,
    "use_reports.list_of_card": READ,
    "use_reports.show": READ,
    "red_thread.show": READ,
    "Reviews.Reviews": READ,
    "Reviews.OneReview": READ,
    "Reviews.Rubric": ABOUT,
    "UseReports.UseReports": READ,
    "UseReports.OneUseReport": READ,
    "attachments.download": READ,
    "Attachments.AllAttachments": READ,
    "Attachments.OneAttachment": READ,
    "Attachments.AttachmentFile": READ,
    "labs.list_all": READ,
    "labs.show": READ,
    "labs.show_board": READ,
    "labs.show_feed": READ,
    "memberships.list_all": READ,
    "rules.list_all": ABOUT,
    "rounds.list_all": READ,
    "rounds.show": READ,
    "plans.show_plan": READ,
    "sites.show_sites": READ,
    "Rounds.Rounds": READ,
    "Rounds.OneRound": READ,
    "Rounds.RoundPlan": READ,
    "Rounds.RoundSites": READ,
    "threads.list_of_lab": READ,
    "threads.show": READ,
    "threads.go_to": READ,
    "contributions.show_history": READ,
    "Threads.AllThreads": READ,
    "Threads.OneThread": READ,
    "Threads.ThreadContributions": READ,
    "Contributions.OneContribution": READ,
    "Contributions.ContributionTexts": READ,
    "Labs.AllLabs": READ,
    "Labs.OneLab": READ,
    "Labs.LabBoard": READ,
    "Labs.LabRules": ABOUT,
    "Memberships.Members": READ,
    "Organisations.Organisations": "schools are public knowledge (DUO)",
    "Organisations.OneOrganisation": "schools are public knowledge (DUO)",
    "organisations.suggest": "who signs up chooses a school",
    "joining.sign_up": ACCOUNT,
    "joining.send_sign_up": ACCOUNT,
    "joining.show_signed_up": ACCOUNT,
    "joining.show_invitation": ACCOUNT,
    "joining.accept_invitation": ACCOUNT,
    "security.login": ACCOUNT,
    "security.logout": "it ends a session, if there is one",
    "security.forgot_password": ACCOUNT,
    "security.reset_password": ACCOUNT,
    "security.send_confirmation": ACCOUNT,
    "security.confirm_email": ACCOUNT,
    "security.change_email_confirm": ACCOUNT,
    "security.wan_signin": ACCOUNT,
    "security.wan_signin_response": ACCOUNT,
    "security.two_factor_token_validation": ACCOUNT,
    "security.two_factor_setup": ACCOUNT,
    "security.two_factor_setup_validate": ACCOUNT,
    "security.two_factor_rescue": ACCOUNT,
    "security.mf_recovery": ACCOUNT,
    "security.tf_select": ACCOUNT,
}
ROLES = ("visitor", "teacher", "colleague", "stranger", "knowledge_broker", "administrator")
CONTENT = {
    "question": "Wat helpt?", "answer": "Dit.", "body": "## Wat is het?\n\nTekst.",
    "sectors": ["po"], "themes": ["reading"], "sources": [{"key": "b", "title": "Boek"}],
}  # fmt: skip
TEAM = {"teacher", "colleague", "administrator"}
MAY_READ = {
    "Ganzenbord": TEAM,  # title, answer and text of a card of the school
    "Knikkerpot": TEAM,  # why that card's brother was withdrawn
    "Vliegertouw": {"teacher", "administrator"},  # a draft
    "Hinkelpad": {"teacher"},  # a private collection, and the note in it
    "Tolbaan": {"teacher", "colleague"},  # a collection of the team
    "Springtouw": {"teacher"},  # a search that somebody follows
    "Bikkelspel": {"teacher"},  # a token
    "Zakdoekje": {"teacher", "knowledge_broker", "administrator"},  # a judgement in words
    "Krijgertje": {"knowledge_broker", "administrator"},  # an import
    "verstoppertje": {"teacher", "administrator"},  # an invitation to the school
    "Steltloper": {"teacher"},  # the browser of a session
    **walk.MAY_READ,
    **labs_walk.MAY_READ,
}
MAY = re.compile("withdrawal|outdated|intrekken|verouderd|undo|terugdraaien")  # and a broker does
KEPT = (Card, CardDraft, Collection, CollectionItem, SavedSearch, ApiToken, Affiliation,
        Invitation, SignIn, ImportBatch, Job, Claim, HourEntry, Declaration, PaymentBatch,
        Recovery, BudgetEvent, SchemeVersion, Grant, Lab, LabMembership, LabRole)  # fmt: skip


@pytest.fixture
def cast(teacher, colleague, stranger, knowledge_broker, administrator):
    return {
        "visitor": None,
        "teacher": teacher,
        "colleague": colleague,
        "stranger": stranger,
        "knowledge_broker": knowledge_broker,
        "administrator": administrator,
    }


def publish(author, **content):
    card = CardFactory.build(status=CardStatus.DRAFT, version_number=0, author_id=author.id)
    card.organisation_id = Actor.of(author).acting_for_id
    whole = ContentSchema().load({**CONTENT, **content})
    cards.publish(Actor.system(), card, whole, author_id=author.id)
    return card


@pytest.fixture
def world(cast, school):
    """Seed something private of every sort; give the ids by the name they have in addresses."""
    teacher = cast["teacher"]
    actor = Actor.of(teacher)
    own = {"visibility": Visibility.ORGANISATION.value}
    public = publish(teacher, title="Openbaar")
    secret = publish(
        teacher, title="Ganzenbord", answer="Ganzenbord werkt.", body="Ganzenbord.", **own
    )
    gone = publish(teacher, title="Ganzenbord weg", **own)
    cards.withdraw_card(Actor.system(), gone, "Knikkerpot")
    draft = cards.start_card(
        actor, ContentSchema().load({**CONTENT, "title": "Vliegertouw", "body": "Vliegertouw"})
    )
    private = collections.create_collection(actor, "Hinkelpad", description="Hinkelpad")
    collections.keep_card(actor, public, private)
    collections.note_on_card(actor, private, public, "Hinkelpad")
    team = collections.create_collection(actor, "Tolbaan", for_team=True)
    collections.keep_card(actor, secret, team)
    search = saved_searches.save_search(actor, "Springtouw", CardQuery(text="Springtouw"))
    token, _text = tokens.create_token(
        actor, name="Bikkelspel", scopes=tuple(tokens.SCOPES), days=1
    )
    feedback.give_feedback(actor, public, is_useful=False, query="lezen", comment="Zakdoekje")
    with transaction() as session:
        batch = ImportBatch(code="invoer-1", format="csv", origin="Krijgertje")
        invitation = Invitation(
            organisation=school, role=Role.TEACHER, email="verstoppertje@example.org",
            token_hash="0" * 64, invited_by_id=teacher.id, expires_at=now() + timedelta(days=1),
        )  # fmt: skip
        sign_in = SignIn(user_id=teacher.id, key_hash="1" * 64, browser="Steltloper", seen_at=now())
        job = Job(name="mail.send", payload={}, status=JobStatus.DEAD, finished_at=now())
        session.add_all([batch, invitation, sign_in, job])
    people = [person for person in cast.values() if person not in (None, teacher)]
    yield {
        **walk.seed(teacher, school),
        **told.seed(teacher, people, private),
        **labs_walk.seed(teacher, school),
        "user_id": [teacher.id],
        "card_id": [secret.id, draft.id, gone.id, public.id],
        "collection_id": [private.id, team.id],
        "search_id": [search.id],
        "token_id": [token.id],
        "sign_in_id": [sign_in.id],
        "invitation_id": [invitation.id],
        "affiliation_id": [teacher.affiliations[0].id],
        "organisation_id": [school.id],
        "job_id": [job.id],
        "code": [batch.code],
        "number": [1],
        "form": ["json"],
        "token": ["abc"],
        "group": ["python"],
        "name": ["flask"],
        "build": ["x"],
        "filename": ["x"],
    }
    told.forget()


def addresses(app, world, method):
    """Give (endpoint, address) of every route that takes a method, filled with what is seeded."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if method not in rule.methods:
            continue
        missing = rule.arguments - world.keys()
        assert not missing, f"seed something for {missing} of {rule}"
        names = sorted(rule.arguments)
        for values in product(*(world[name] for name in names)):
            filled = dict(zip(names, values, strict=True))
            yield rule.endpoint, adapter.build(rule.endpoint, filled, method=method)


@pytest.fixture
def ask(app, browse):
    """Ask as somebody: pages with the cookie, the API with a token.

    Pages are read in one browser; what asks for something else may end its session, and what
    sends one on may have.
    """
    known, browsers = {}, {}

    def asking(user, method, address, **options):
        if address.startswith("/api/v1") and user is not None:
            if user not in known:
                scopes = tuple(tokens.SCOPES)
                known[user] = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)
            headers = {"Authorization": f"Bearer {known[user][1]}", "If-Match": "*"}
            return app.test_client().open(
                address, method=method, headers=headers, buffered=True, **options
            )
        browser = browsers.pop(user, None) or browse(user)
        answer = browser.open(address, method=method, buffered=True, **options)
        if method == "GET" and answer.status_code not in (302, 303):
            browsers[user] = browser
        return answer

    return asking


def text_of(answer):
    """Give what an answer says; an archive is opened."""
    if answer.mimetype != "application/zip":
        return answer.text
    package = ZipFile(BytesIO(answer.data))
    return "".join(package.read(name).decode(errors="replace") for name in package.namelist())


def asks_to_sign_in(answer):
    to = answer.headers.get("Location", "")
    return answer.status_code == 401 or (answer.status_code in (302, 303) and "/inloggen" in to)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_what_is_theirs_and_nothing_else(app, ask, cast, world, role):
    user = cast[role]
    hidden = [word for word, readers in MAY_READ.items() if role not in readers]
    pages = []
    for endpoint, address in [*addresses(app, world, "GET")]:
        for query in ("", "?q=wat+helpt", "?q=gan", "?q=vlieg&format=json&of=review"):
            if query and not endpoint.lower().endswith(
                ("search", "suggest", "suggestions", "organisations", "list_all", "show_mine")
            ):
                continue
            answer = ask(user, "GET", address + query)
            assert answer.status_code != 500, (role, address, answer.status_code)
            said = text_of(answer)
            leaked = [word for word in hidden if word in said]
            assert not leaked, (role, address + query, leaked)
            if not query:
                pages.append(said)
                assert user or endpoint in PUBLIC or asks_to_sign_in(answer), address

    if role in ("teacher", "knowledge_broker"):  # else the words hidden from others say nothing
        everything = "".join(pages)
        for word in sorted(set(MAY_READ) - {"Zakdoekje", "verstoppertje"}):  # in reports
            assert (word in everything) is (role in MAY_READ[word]), word
    assert user is None or ask(user, "GET", "/mijn/profiel").status_code == 200  # still signed in


@pytest.mark.parametrize("role", ["visitor", "stranger", "knowledge_broker"])
def test_nobody_changes_what_is_not_theirs(app, ask, cast, world, role):
    mine = {"name": "Nieuw", "is_useful": True, "note": "Ha", "frequency": "never", "reason": "Ha"}
    user, before = cast[role], rows()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for endpoint, address in [*addresses(app, world, method)]:
            if role == "knowledge_broker" and MAY.search(address):
                continue
            options = {"json": mine} if address.startswith("/api/") else {"data": {"name": "Nieuw"}}
            answer = ask(user, method, address, **options)
            assert answer.status_code != 500, (role, method, address)
            if user is None and endpoint not in PUBLIC:
                assert asks_to_sign_in(answer), (method, address, answer.status_code)

        after = rows()
        changed = {n: before[n] - after[n] for n in before if before[n] - after[n]}
        assert not changed, method


def test_every_reason_is_for_a_route(app):
    assert set(PUBLIC) <= set(app.view_functions)


def rows():
    """Give the rows of what is somebody's, without the moments at which they were used."""
    db.session.rollback()
    found = {}
    for model in KEPT:
        table = Model.metadata.tables[model.__tablename__]
        columns = [c for c in table.columns if c.name not in ("seen_at", "used_at", "version")]
        found[table.name] = {repr(tuple(row)) for row in db.session.execute(select(*columns))}
    db.session.rollback()
    return found
