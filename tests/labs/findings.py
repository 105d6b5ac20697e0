"""A finding in any state, as tests begin with it."""

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import finding_steps, finding_writing
from labapp.labs.finding_content import empty_content
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.lab_models import LabVisibility
from labapp.labs.round_models import RoundPhase, RoundQuestion
from tests.labs.factories import RoundFactory

PLAIN = (
    "Kinderen die elke dag een kwartier vrij lezen, lezen meer. Ze kiezen zelf een boek. "
    "Dat werkt alleen als de leraar ook leest."
)
WHOLE = {
    "title": "Een kwartier vrij lezen helpt",
    "plain": PLAIN,
    "do": ["Lees elke dag een kwartier.", "Lees zelf mee."],
    "keep": ["Laat kinderen zelf kiezen."],
    "adapt": ["Het moment van de dag."],
    "works_when": "Het is stil en kinderen vragen om meer tijd.",
    "time_needed": "Een kwartier per dag.",
    "money_needed": "Boeken: ongeveer 200 euro per klas.",
    "certainty": 3,
    "certainty_reasons": ["Maar drie scholen deden mee."],
    "effect_direction": "positive",
    "effect_kind": "quantitative",
    "effect_value": 0.3,
    "effect_unit": "Cohens d",
    "effect_low": 0.1,
    "effect_high": 0.5,
    "outcome": "reading",
    "question": "Helpt vrij lezen tegen afhaken?",
    "approach": "Elke klas las acht weken een kwartier per dag.",
    "method": "We vergeleken zes klassen met zes andere.",
    "context": "Drie basisscholen in een stad.",
    "limitations": "We weten niet of het blijft werken.",
    "conditions": "Genoeg boeken in de klas.",
    "schools_from": 3, "schools_to": 3, "classes_from": 10, "classes_to": 12,
    "pupils_from": 250, "pupils_to": 300, "hours_from": 10, "hours_to": 20,
    "cost": 2,
    "costs": "Boeken en twee bijeenkomsten.",
    "funding": "Het programma.",
    "sectors": ["po"],
    "themes": ["reading"],
}  # fmt: skip


def make_finding(cast, question=None, **content):
    """Begin a finding of the practice lead, whole, in a round that tests; give its version."""
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DETERMINE)
    if question is not None:
        db.session.add(RoundQuestion(round_id=one.id, question_id=question.id))
        db.session.commit()
    author = Actor.of(cast.practice_lead)
    finding = finding_writing.start_finding(author, one, "Vrij lezen")
    made = finding.versions[0]
    whole = empty_content() | WHOLE | content
    return finding_writing.save_draft(author, made, whole, version=made.version)


def step(user, made, action, **more):
    """Take a step as somebody, with the version as it is."""
    actor = Actor.of(user) if user is not None else Actor.visitor()
    db.session.refresh(made)
    more.setdefault("version", made.version)
    finding_steps.perform(actor, made, action, **more)
    return made


def sign(user, made):
    db.session.refresh(made)
    return step(user, made, A.SIGN, content_hash=made.content_hash)


def to_signing(cast, made):
    step(cast.practice_lead, made, A.SUBMIT)
    return step(cast.research_lead, made, A.START_SIGNING)


def signed(cast, made):
    to_signing(cast, made)
    sign(cast.practice_lead, made)
    return sign(cast.research_lead, made)


def published(cast, editor, question=None, **content):
    """Give a version that is out."""
    made = signed(cast, make_finding(cast, question, **content))
    return step(editor, made, A.PUBLISH, no_interest=True)


def open_lab(cast):
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()
