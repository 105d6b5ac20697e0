import threading

from sqlalchemy import select

from labapp import links
from labapp.database import db
from labapp.links import Link, LinkKind
from tests.factories import OrganisationFactory


def known():
    return [
        (link.from_object, link.kind, link.to_object) for link in db.session.scalars(select(Link))
    ]


def test_the_red_thread_goes_from_question_to_card_to_school():
    links.connect("findings:3", LinkKind.ANSWERS, "questions:1", actor_id=None)
    links.connect("cards:12", LinkKind.BASED_ON, "findings:3", actor_id=7)

    found = links.links_of("findings:3")

    assert [(link.from_object, link.kind.value, link.to_object) for link in found] == [
        ("findings:3", "answers", "questions:1"),
        ("cards:12", "based_on", "findings:3"),
    ]
    assert found[1].created_by_id == 7


def test_linking_twice_is_one_link():
    for _ in range(2):
        links.connect("cards:1", LinkKind.USES, "cards:2", actor_id=None)

    assert known() == [("cards:1", LinkKind.USES, "cards:2")]


def test_the_same_two_may_be_linked_in_several_ways():
    for kind in (LinkKind.USES, LinkKind.BASED_ON):
        links.connect("cards:1", kind, "cards:2", actor_id=None)

    assert len(known()) == 2


def test_several_who_link_the_same_at_once_make_one_link(app):
    faults = []

    def connect():
        with app.app_context():
            try:
                for number in range(10):
                    links.connect("cards:1", LinkKind.USES, f"cards:{number}", actor_id=None)
            except Exception as error:  # noqa: BLE001
                faults.append(repr(error))

    threads = [threading.Thread(target=connect) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(known()) == 10


def test_a_link_is_taken_away_and_others_stay():
    for kind in (LinkKind.USES, LinkKind.BASED_ON):
        links.connect("cards:1", kind, "cards:2", actor_id=None)

    for _ in range(2):
        links.disconnect("cards:1", LinkKind.USES, "cards:2")

    assert known() == [("cards:1", LinkKind.BASED_ON, "cards:2")]


def test_an_object_without_links_has_none():
    assert links.links_of("cards:1") == []


def test_an_object_is_known_by_its_table_and_number():
    organisation = OrganisationFactory()

    assert links.name_of(organisation) == f"organisations:{organisation.id}"
