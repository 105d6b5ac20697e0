"""Conversations, as tests begin with them."""

from sqlalchemy import insert

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.labs import contributions, threads
from labapp.labs.contribution_words import Words
from labapp.labs.thread_models import Contribution, ContributionKind, ContributionState
from labapp.notifications.models import Delivery, Event


def begin(user, lab, title="Wat zien we?", body="Leerlingen lezen langer door.", **words):
    """Begin a conversation in a lab as somebody; give its first contribution."""
    db.session.commit()
    posted = threads.start_thread(
        Actor.of(user), f"labs:{lab.id}", Words(body, **words), title=title
    )
    return posted.contribution


def say(user, thread, body="Bij ons ook.", **words):
    """Say something in a conversation; give what was posted."""
    db.session.commit()
    return contributions.post_contribution(Actor.of(user), thread, Words(body, **words))


def told(code):
    """Give the ids of whom an event of a kind reached."""
    query = db.session.query(Delivery.user_id).join(Event).filter(Event.type == code)
    return {user_id for (user_id,) in query}


def fill(thread, user, count, **values):
    """Put many contributions of one person in a conversation at once."""
    row = {
        "thread_id": thread.id, "body": "Gezien.", "body_html": "<p>Gezien.</p>",
        "author_id": user.id, "kind": ContributionKind.EXPERIENCE,
        "state": ContributionState.POSTED, "quote": "",
        "is_useful": False, "for_researchers": False, "warned_of": [], "created_at": now(),
        "version": 1, **values,
    }  # fmt: skip
    db.session.execute(insert(Contribution), [dict(row) for _ in range(count)])
    thread.contribution_count += count
    db.session.commit()
