"""What the published reviews of a version say together: from three on, with the spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import review_rights as rights
from labapp.labs.review_models import Review, ReviewBasis, ReviewState
from labapp.labs.review_targets import Target, counted, numbers_of
from labapp.labs.rubric import SCORES

NEEDED = 3


@dataclass(frozen=True)
class Spread:
    """One score of a group of reviews: `basis` None is all of them."""

    score: str
    basis: ReviewBasis | None
    count: int
    median: float
    lowest: int
    highest: int


@dataclass(frozen=True)
class Reviewed:
    """The published reviews of what is out: those that count now, and those of earlier texts."""

    target: Target
    now: Sequence[Review]
    before: Sequence[Review]
    numbers: dict[str, int]

    @property
    def shows_scores(self) -> bool:
        return len(self.now) >= NEEDED

    @property
    def lacking(self) -> int:
        """How many reviews are still needed before scores show."""
        return max(0, NEEDED - len(self.now))

    def of(self, basis: ReviewBasis) -> list[Review]:
        return [review for review in self.now if review.basis is basis]

    def spreads(self) -> list[Spread]:
        """Give median, lowest and highest of each score: of all, of users and of experts."""
        if not self.shows_scores:
            return []
        groups = [(None, list(self.now)), *((basis, self.of(basis)) for basis in ReviewBasis)]
        return [
            _spread(score, basis, group) for score in SCORES for basis, group in groups if group
        ]


def reviews_of(actor: Actor, target: Target) -> Reviewed:
    """Give the published reviews that one may read; each person counts once, the latest.

    One that somebody looks at, since it was reported, counts for nobody.
    """
    query = (
        select(Review)
        .where(
            Review.about == target.about,
            Review.state == ReviewState.PUBLISHED,
            Review.is_hidden.is_(False),
            rights.reviews_visible_to(actor),
        )
        .options(joinedload(Review.reviewer))
        .order_by(Review.published_at.desc(), Review.id.desc())
    )
    found = list(db.session.scalars(query))
    counting = counted(target)
    numbers = numbers_of({review.target for review in found})
    seen: set[int] = set()
    now: list[Review] = []
    for review in sorted(found, key=lambda one: -numbers.get(one.target, 0)):
        if review.target not in counting or review.reviewer_id in seen:
            continue
        seen |= {review.reviewer_id} if review.reviewer_id is not None else set()
        now.append(review)
    return Reviewed(target, now, [one for one in found if one not in now], numbers)


def _spread(score: str, basis: ReviewBasis | None, group: Sequence[Review]) -> Spread:
    values = [int(getattr(review, score)) for review in group]
    return Spread(score, basis, len(values), median(values), min(values), max(values))
