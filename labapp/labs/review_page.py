"""What the pages of reviews show: one review with its steps, and all of a version with the plot."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from labapp import charts
from labapp.accounts.actors import Actor
from labapp.formatting import getal
from labapp.i18n import gettext as _
from labapp.labs import conflicts, policies, reviews, rubric
from labapp.labs import review_rights as rights
from labapp.labs.review_models import Review, ReviewBasis, ReviewState
from labapp.labs.review_scores import Reviewed, Spread, reviews_of
from labapp.labs.review_states import ACTION_WORDS, BASIS_WORDS, STATE_WORDS, ReviewAction
from labapp.labs.review_targets import Target, load_target
from labapp.notifications import addresses

S, A = ReviewState, ReviewAction
TONES = {
    S.INVITED: "sky", S.ACCEPTED: "sun", S.SUBMITTED: "sky", S.PUBLISHED: "ok",
    S.DECLINED: "neutral", S.EXPIRED: "neutral", S.WITHDRAWN: "neutral", S.DISPUTED: "red",
}  # fmt: skip
FORMS = (A.ACCEPT, A.DECLINE, A.SUBMIT)  # those that ask more than a reason


def name_of_reviewer(actor: Actor, review: Review) -> str:
    """Give who wrote it to the people of the programme; to visitors only on what basis."""
    is_own = rights.is_reviewer(actor, review)
    if review.reviewer is not None and (is_own or rights.names_reviewers(actor)):
        return review.reviewer.name
    return str(BASIS_WORDS[review.basis])


def address_of(about: str) -> str:
    """Give the page of what reviews are about."""
    kind, _colon, number = about.partition(":")
    if kind == "findings":
        return addresses.path("findings.show_finding", finding_id=int(number))
    return addresses.path("cards.show_card", card_id=int(number))


def list_address(about: str) -> str:
    """Give the page of all reviews of something."""
    kind, _colon, number = about.partition(":")
    if kind == "findings":
        return addresses.path("lab_reviews.list_of_finding", finding_id=int(number))
    return addresses.path("lab_reviews.list_of_card", card_id=int(number))


@dataclass(frozen=True)
class ReviewPage:
    """One review as somebody reads it; its title is that of the version at the time."""

    actor: Actor
    review: Review

    @cached_property
    def target(self) -> Target:
        return load_target(self.review.target)

    @cached_property
    def actions(self) -> list[ReviewAction]:
        return reviews.actions(self.actor, self.review)

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Give the steps that are a button with a reason or without, and their words."""
        return [(a.value, str(ACTION_WORDS[a])) for a in self.actions if a not in FORMS]

    def can(self, action: str) -> bool:
        return ReviewAction(action) in self.actions

    @property
    def state(self) -> tuple[str, str]:
        return str(STATE_WORDS[self.review.state]), TONES[self.review.state]

    @property
    def basis(self) -> str:
        return str(BASIS_WORDS[self.review.basis])

    @property
    def reviewer(self) -> str:
        return name_of_reviewer(self.actor, self.review)

    @property
    def against(self) -> list[str]:
        """What the platform knows against it, for who was asked."""
        if self.review.state is not S.INVITED or not rights.is_reviewer(self.actor, self.review):
            return []
        return conflicts.found_for(self.actor, self.target)

    @cached_property
    def shows_scores(self) -> bool:
        """Whether one may read these scores: its writer and editors always, others from three."""
        if self.review.impact is None:
            return False
        if rights.is_reviewer(self.actor, self.review) or policies.is_broker(self.actor):
            return True
        whole = reviews_of(self.actor, self.target)
        return whole.shows_scores and self.review in whole.now

    @property
    def scores(self) -> list[tuple[str, str]]:
        """Give each score with the words of its step."""
        return [
            (one.title, f"{value}. {one.anchors[value - 1].text}")
            for one in rubric.questions()
            if (value := getattr(self.review, one.name)) is not None
        ]


@dataclass(frozen=True)
class ReviewsPage:
    """All published reviews of something, apart by who wrote them, with their numbers."""

    actor: Actor
    found: Reviewed

    @property
    def target(self) -> Target:
        return self.found.target

    @property
    def groups(self) -> list[tuple[str, str, Sequence[Review]]]:
        users, experts = ReviewBasis.CONFIRMED_USE, ReviewBasis.EXPERT
        return [
            (users.value, _("Van scholen die het gebruikten"), self.found.of(users)),
            (experts.value, _("Van gevraagde experts"), self.found.of(experts)),
        ]

    def name_of(self, review: Review) -> str:
        return name_of_reviewer(self.actor, review)

    def number_of(self, review: Review) -> int | None:
        return self.found.numbers.get(review.target)

    def is_of_former(self, review: Review) -> bool:
        return review.target != self.target.name

    def score_words(self, review: Review) -> list[tuple[str, str]]:
        return [(one.title, str(getattr(review, one.name))) for one in rubric.questions()]

    @property
    def spread_rows(self) -> list[list[str]]:
        titles = {one.name: one.title for one in rubric.questions()}
        return [_spread_row(titles, spread) for spread in self.found.spreads()]

    @property
    def plot(self) -> Markup:
        titles = {one.name: one.title for one in rubric.questions()}
        counts = Counter(
            (review.basis is ReviewBasis.EXPERT, review.impact or 0, review.scalability or 0)
            for review in self.found.now
        )
        dots = [charts.Dot(x, y, n, is_expert) for (is_expert, x, y), n in sorted(counts.items())]
        return charts.score_plot(
            "beoordelingen",
            _("Effect tegen overdraagbaarheid"),
            _("Een rondje is van wie het gebruikte, een vierkant van een expert; het getal erin is "
              "hoe vaak die twee cijfers samen gegeven zijn."),
            (titles["impact"], titles["scalability"]),
            dots,
        )  # fmt: skip

    @property
    def plot_rows(self) -> list[list[str]]:
        return [
            [self.name_of(review), str(BASIS_WORDS[review.basis]),
             *(str(getattr(review, name)) for name in rubric.SCORES)]
            for review in self.found.now
        ]  # fmt: skip

    @cached_property
    def may_invite(self) -> bool:
        return rights.can_invite(self.actor, self.target)

    @cached_property
    def may_start(self) -> bool:
        """Whether one can begin a review of one's own now."""
        if self.actor.id is None or not rights.is_open_to_users(self.target):
            return False
        if rights.confirmed_use(self.actor, self.target) is None:
            return False
        mine = {review.target for review in reviews.list_mine(self.actor)}
        return self.target.name not in mine

    @cached_property
    def against(self) -> list[str]:
        return conflicts.found_for(self.actor, self.target) if self.may_start else []


def _spread_row(titles: Mapping[str, str], spread: Spread) -> list[Any]:
    group = str(BASIS_WORDS[spread.basis]) if spread.basis else _("Iedereen")
    return [titles[spread.score], group, str(spread.count), getal(spread.median),
            str(spread.lowest), str(spread.highest)]  # fmt: skip
