"""Mail that waits says nothing any more of what was hidden, whatever it is."""

from datetime import timedelta

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.jobs import services as jobs
from labapp.labs import cases, contributions
from labapp.labs.case_states import CaseAction
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.lab_models import LabVisibility
from labapp.labs.thread_models import ReportReason
from labapp.mail import services as mail
from labapp.mail.models import Letter
from labapp.notifications import digests
from labapp.notifications.models import Frequency
from tests.labs.talking import begin, say
from tests.labs.test_moderation import decide, everything, tell


def letters_of(user):
    db.session.expire_all()
    query = db.session.query(Letter).filter_by(user_id=user.id).order_by(Letter.id)
    return [letter.text for letter in query]


def test_whatever_is_reported_as_data_of_pupils_is_taken_out_of_mail(cast, knowledge_broker):
    things = everything(cast, knowledge_broker)
    card = things["finding_versions"].finding.card
    spoken_of = {kind: name_of(thing) for kind, thing in things.items()}
    spoken_of |= {"card": name_of(card), "finding": name_of(things["finding_versions"].finding)}
    with transaction():
        for name in spoken_of.values():
            mail.send("a@b.nl", name, "Van alles.", about=[name])
        mail.send("a@b.nl", "other", "Van iets anders.", about=["questions:99999"])

    for kind in ["attachments", "reviews", *things]:  # what hangs on another before that
        if kind in things:
            tell(cast.outsider, things.pop(kind), ReportReason.PUPIL_DATA)
    jobs.run_waiting()

    db.session.expire_all()
    left = {letter.subject for letter in db.session.query(Letter).filter_by(to="a@b.nl")
            if letter.withdrawn_at is None}  # fmt: skip
    assert left == {"other"}


def test_a_reader_hears_of_the_rest_and_the_author_of_the_hiding(cast, as_actor):
    cast.lab.visibility = LabVisibility.PUBLIC
    said = begin(cast.teacher, cast.lab, title="Lezen met Pien")
    other = begin(cast.teacher, cast.lab, title="Rekenen met blokken")
    for one in (said, other):
        say(cast.researcher, one.thread, body="Bij ons ook.")
    jobs.run_waiting()
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        moved_on(frequency)
    assert any("Lezen met Pien" in text for text in letters_of(cast.teacher))
    number = db.session.query(Letter).count()

    tell(cast.outsider, said.thread, ReportReason.PUPIL_DATA)
    jobs.run_waiting()

    texts = letters_of(cast.teacher)
    assert not any("Lezen met Pien" in text for text in texts)
    assert any("Rekenen met blokken" in text for text in texts)
    assert any("voorlopig verborgen" in text for text in texts)
    assert db.session.query(Letter).count() > number


def moved_on(frequency):
    """Send what waits for a digest as if its window were over."""
    clock.set_clock((now() + timedelta(days=8)).isoformat())
    digests.send_digest(frequency)


def test_a_lead_who_hides_a_contribution_takes_it_out_of_mail_too(cast, as_actor):
    said = begin(cast.teacher, cast.lab)
    with transaction():
        mail.send("a@b.nl", "Over een bijdrage", "Pien zei het.", about=[name_of(said)])

    contributions.perform(
        as_actor(cast.practice_lead), said, ContributionAction.HIDE, reason="Een naam."
    )
    jobs.run_waiting()

    db.session.expire_all()
    letter = db.session.query(Letter).filter_by(to="a@b.nl").one()
    assert (letter.text, letter.withdrawn_at is not None) == ("", True)


def test_what_is_kept_stays_in_mail(cast, knowledge_broker):
    cast.lab.visibility = LabVisibility.PUBLIC
    said = begin(cast.teacher, cast.lab)
    case = tell(cast.outsider, said)
    with transaction():
        mail.send("a@b.nl", "Over een bijdrage", "Gezien.", about=[name_of(said)])

    decide(knowledge_broker, case, CaseAction.KEEP)
    jobs.run_waiting()

    letter = db.session.query(Letter).filter_by(to="a@b.nl").one()
    assert letter.text == "Gezien."
    assert cases.get_case(Actor.of(knowledge_broker), case.id).case.decision is not None
