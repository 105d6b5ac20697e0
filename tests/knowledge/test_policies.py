"""Who may see what is said three times; here the three are held to one answer."""

from itertools import product

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.knowledge import policies
from labapp.knowledge.models import Card, CardStatus, Visibility
from tests.factories import AffiliationFactory, CardFactory

ROLES = [None, "outsider", *Role]


@pytest.fixture
def every_card(school, teacher):
    return [
        CardFactory(
            status=status,
            visibility=visibility,
            organisation=school,
            author=teacher,
            **withdrawn_or_not(status),
        )
        for status, visibility in product(CardStatus, Visibility)
    ]


def withdrawn_or_not(status):
    from labapp.clock import now

    if status is not CardStatus.WITHDRAWN:
        return {}
    return {"withdrawn_at": now(), "withdrawn_reason": "Onjuist."}


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_one_card_a_list_and_the_search_agree(role, place, every_card, school, outsider):
    actor = actor_with(role, school if place == "here" else None, outsider)

    listed = set(db.session.scalars(select(Card.id).where(policies.visible_to(actor))))
    keys = policies.audiences_of(actor)

    for card in every_card:
        seen = policies.can_see(actor, card) and card.is_published
        assert (card.id in listed) == seen, card
        assert (bool(policies.audience(card) & keys) and card.is_published) == seen, card


def actor_with(role, organisation, outsider):
    if role is None:
        return Actor.visitor()
    if role == "outsider":
        return Actor.of(outsider)
    extra = {"organisation": organisation} if organisation else {}
    return Actor.of(AffiliationFactory(role=role, **extra).user)


@pytest.mark.parametrize("visibility", Visibility)
def test_a_draft_is_seen_by_who_writes_it_and_by_no_stranger(
    visibility, teacher, stranger, as_actor, school
):
    card = CardFactory(
        status=CardStatus.DRAFT, visibility=visibility, organisation=school, author=teacher
    )

    assert policies.can_see(as_actor(teacher), card)
    assert not policies.can_see(as_actor(stranger), card)
    assert not policies.can_see(Actor.visitor(), card)


def test_a_colleague_who_left_no_longer_sees_the_cards_of_the_school(school, as_actor):
    from datetime import timedelta

    from labapp.clock import today

    former = AffiliationFactory(
        organisation=school, until_on=today() - timedelta(days=1), from_on=today() - timedelta(9)
    ).user
    card = CardFactory(visibility=Visibility.ORGANISATION, organisation=school, author=former)

    assert not policies.can_see(as_actor(former), card)
    assert not policies.can_edit(as_actor(former), card)
