"""Taking back letters that wait about what is hidden.

Hiding queues a job in its own transaction, and each letter is looked at once more before it is
handed over: whichever of two processes is first, none goes out with what its reader may not see.
What a letter said of other things is written anew by who wrote it.
"""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import delete, func, select, update

from labapp.clock import now
from labapp.database import db, transaction
from labapp.jobs.services import enqueue, handler
from labapp.mail.models import Letter, LetterObject

WITHDRAW = "mail.withdraw"
BATCH = 200  # letters in one transaction

Writer = Callable[[Collection[int], Collection[str]], None]
Sight = Callable[[int, Collection[str]], Collection[str]]
_writers: list[Writer] = []
_sights: list[Sight] = []


def register_writer(write_again: Writer) -> None:
    """Let who wrote letters write them anew, without these objects, when they are taken back.

    It is called with the ids of the letters and the names, in the transaction that takes them back.
    """
    _writers.append(write_again)


def register_sight(hidden_from: Sight) -> None:
    """Let somebody say which of the named objects a person may not see."""
    _sights.append(hidden_from)


def withdraw(names: Collection[str]) -> None:
    """Take back what waits about these objects, in the caller's transaction.

    Letters that are written from now on are not meant: they tell that something was hidden.
    """
    last = db.session.scalar(select(func.max(Letter.id)))
    if last is not None:
        enqueue(WITHDRAW, {"names": sorted(names), "last": last})


@handler(WITHDRAW)
def withdraw_waiting(payload: dict[str, Any]) -> None:
    """Take back the letters of a batch in one transaction with those that replace them."""
    names: list[str] = payload["names"]
    query = (
        select(LetterObject.letter_id)
        .join(Letter, Letter.id == LetterObject.letter_id)
        .where(
            LetterObject.name.in_(names),
            Letter.id <= payload["last"],
            Letter.sent_at.is_(None),
            Letter.withdrawn_at.is_(None),
        )
        .distinct()
        .limit(BATCH)
    )
    while found := db.session.scalars(query).all():
        _take_back(found, names)


def is_outdated(letter: Letter) -> bool:
    """Whether a letter speaks of what its reader may not see now; if so it is taken back."""
    if letter.user_id is None:
        return False
    about = select(LetterObject.name).where(LetterObject.letter_id == letter.id)
    names = db.session.scalars(about).all()
    hidden = {name for sight in _sights for name in sight(letter.user_id, names)} if names else ()
    if hidden:
        _take_back([letter.id], hidden)
    return bool(hidden)


def forget_objects(ids: Collection[int]) -> None:
    """Forget what letters are about that wait no longer, in the caller's transaction."""
    db.session.execute(
        delete(LetterObject)
        .where(LetterObject.letter_id.in_(ids))
        .execution_options(synchronize_session=False)
    )


def _take_back(ids: Collection[int], names: Collection[str]) -> None:
    with transaction() as session:
        taken = session.scalars(
            update(Letter)
            .where(Letter.id.in_(ids), Letter.sent_at.is_(None), Letter.withdrawn_at.is_(None))
            .values(withdrawn_at=now(), text="")
            .returning(Letter.id)
            .execution_options(synchronize_session="fetch")
        ).all()
        if taken:
            for write_again in _writers:
                write_again(taken, names)
            forget_objects(taken)
