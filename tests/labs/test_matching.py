"""Meeting the knowledge before asking: nothing that one may not read, not even as a count."""

import pytest

from benchmarks import matching as benchmark
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.knowledge import theme_guess, vocabulary
from labapp.knowledge.models import CardStatus, Visibility
from labapp.labs import documents, matching, question_matches
from labapp.labs.lab_models import LabVisibility
from labapp.labs.question_models import QuestionMatch, QuestionState, QuestionVisibility, Verdict
from labapp.search import runtime
from labapp.search import services as search
from tests.labs.asking import ask, card, put, standing, step, write
from tests.labs.factories import QuestionFactory, RoundFactory

WORDS = "Hoe houden we leerlingen aan het lezen van lange boeken?"


@pytest.fixture
def world(cast):
    """Something of every kind about long books: open ones, and those of a private lab."""
    with transaction():
        one = RoundFactory(lab=cast.lab, title="Lange boeken lezen")
        documents.put_lab(cast.lab)
        documents.put_round(one)
    card("Lange boeken lezen", themes=["reading"], sectors=["po"])
    put(QuestionFactory(title="Lezen leerlingen nog lange boeken?"))
    put(
        QuestionFactory(
            title="Lange boeken lezen bij ons op school?", acting_for=cast.school,
            visibility=QuestionVisibility.ORGANISATION,
        )
    )  # fmt: skip
    put(standing(QuestionState.WITHDRAWN, title="Lange boeken lezen, ingetrokken?"))
    return cast


def kinds(actor):
    return sorted(one.object.partition(":")[0] for one in matching.match(actor, WORDS).items)


def test_hits_are_of_what_one_may_read(world, as_actor, knowledge_broker):
    member = as_actor(world.teacher)
    outsider = as_actor(world.outsider)

    assert kinds(member) == ["cards", "labs", "questions", "questions", "rounds"]
    assert kinds(outsider) == ["cards", "questions"]
    assert kinds(as_actor()) == ["cards"]
    assert kinds(as_actor(knowledge_broker)) == ["cards", "questions", "questions"]

    with transaction():
        world.lab.visibility = LabVisibility.PROGRAMME
        documents.put_whole_lab(world.lab)
    assert kinds(outsider) == ["cards", "labs", "questions", "rounds"]


def test_what_the_index_still_has_and_one_may_no_longer_read_is_left_out(teacher):
    made = card("Lange boeken lezen")
    made.status = CardStatus.DRAFT
    made.published_at = None
    db.session.commit()  # the index was told nothing

    assert matching.match(Actor.of(teacher), WORDS).items == []


def test_each_hit_says_why_and_keeps_the_parts_of_its_score(world, as_actor):
    found = matching.match(as_actor(world.outsider), WORDS, theme="reading", sector="po")

    best = next(one for one in found.items if one.kind == "card")
    assert {"theme", "sector", "fresh"} <= set(best.signs)
    assert {"meaning", "words", "theme", "sector", "fresh"} <= set(best.parts)
    assert "boeken" in best.words
    assert found.meaning_available


def test_an_answered_question_ranks_a_little_higher(teacher):
    put(QuestionFactory(title="Lezen leerlingen lange boeken uit?"))
    answered = put(standing(QuestionState.ANSWERED, title="Lezen leerlingen lange boeken uit?"))

    found = matching.match(Actor.of(teacher), WORDS).items

    assert found[0].object == f"questions:{answered.id}"
    assert "answered" in found[0].signs


def test_at_most_seven_and_never_the_question_itself(teacher):
    for number in range(9):
        card(f"{WORDS[:-1]} in groep {number}?", answer=WORDS)
    question = ask(teacher, WORDS)

    found = matching.match_question(Actor.of(teacher), question)

    assert len(found.items) == matching.SHOWN
    assert f"questions:{question.id}" not in [one.object for one in found.items]


def test_without_the_model_words_are_compared_and_it_is_said(teacher, monkeypatch, browse):
    card(WORDS, answer=WORDS)
    monkeypatch.setattr(runtime.current(), "model", "/is/er/niet")
    question = write(teacher, WORDS)
    step(teacher, question, "look")

    assert not matching.match(Actor.of(teacher), WORDS).meaning_available
    assert len(question_matches.list_matches(Actor.of(teacher), question)) == 1
    assert "alleen woorden" in browse(teacher).get(f"/vragen/{question.id}").text


def test_a_verdict_is_asked_for_what_was_opened(teacher):
    card("Lange boeken lezen")
    question = write(teacher, WORDS)
    step(teacher, question, "look")
    actor = Actor.of(teacher)
    row = db.session.query(QuestionMatch).one()
    question_matches.open_match(actor, question, row.id)

    with pytest.raises(ConflictError, match="beantwoordt"):
        step(teacher, question, "submit")
    with pytest.raises(InvalidError):
        question_matches.judge_match(actor, question, row.id, Verdict.PARTLY, " ")
    question_matches.judge_match(actor, question, row.id, Verdict.PARTLY, "Wij zijn een so-school")
    step(teacher, question, "submit")

    assert question.state is QuestionState.SUBMITTED
    assert (row.verdict, row.difference) == (Verdict.PARTLY, "Wij zijn een so-school")
    with pytest.raises(ConflictError):
        question_matches.judge_match(actor, question, row.id, Verdict.ANSWERS)


def test_looking_again_keeps_verdicts_and_drops_what_nobody_opened(teacher):
    first = card("Lange boeken lezen")
    question = write(teacher, WORDS)
    step(teacher, question, "look")
    row = db.session.query(QuestionMatch).one()
    question_matches.judge_match(
        Actor.of(teacher), question, row.id, Verdict.NOT_MY_SITUATION, "Wij lezen korte teksten"
    )
    step(teacher, question, "rewrite")
    card("Lange boeken lezen in de brugklas")
    step(teacher, question, "look")

    shown = question_matches.list_matches(Actor.of(teacher), question)
    assert len(shown) == 2
    mine = next(one for one in shown if one.row.object == f"cards:{first.id}")
    assert mine.row.verdict is Verdict.NOT_MY_SITUATION


def test_only_the_asker_judges_and_nobody_opens_what_they_may_not_read(
    teacher, colleague, stranger
):
    made = card("Lange boeken lezen")
    question = ask(teacher, WORDS)
    row = db.session.query(QuestionMatch).one()

    with pytest.raises(ForbiddenError):
        question_matches.judge_match(Actor.of(colleague), question, row.id, Verdict.ANSWERS)
    question_matches.open_match(Actor.of(stranger), question, row.id)
    db.session.refresh(row)
    assert row.opened_at is None
    made.status, made.published_at = CardStatus.DRAFT, None
    db.session.commit()
    with pytest.raises(NotFoundError):
        question_matches.open_match(Actor.of(teacher), question, row.id)


def test_cards_leave_room_for_what_schools_ask(teacher):
    for number in range(9):
        card(f"{WORDS[:-1]} in groep {number}?", answer=WORDS)
    for _ in range(5):
        put(QuestionFactory(title=WORDS))

    kinds = [one.kind for one in matching.match(Actor.of(teacher), WORDS).items]

    assert (kinds.count("card"), kinds.count("question")) == (3, 4)


@pytest.mark.once
def test_what_is_worth_little_beside_the_best_of_its_list_is_not_shown():
    def found(*scores):
        return [benchmark.Found("", score) for score in scores]

    shown = matching.arrange(found(1.5, 0.95, 0.85), found(1.0, 0.6, 0.59))

    assert [one.score for one in shown] == [1.5, 1.0, 0.95, 0.6]
    assert matching.arrange([], []) == []


@pytest.mark.once
def test_no_pair_of_the_gold_set_shares_a_word():
    gold = benchmark.read()

    assert {pair["id"]: benchmark.shared(pair) for pair in gold["pairs"]} == {
        pair["id"]: set() for pair in gold["pairs"]
    }
    assert len(gold["pairs"]) >= 60
    assert len(gold["others"]) >= 150


def test_suggestions_of_cards_hold_no_titles_of_questions(teacher):
    card("Lange boeken lezen")
    put(QuestionFactory(title="Lange gangen en kleine klassen?"))
    keys = {"public", "programme"}

    assert search.suggest("lange", keys, kinds=("card",))[0] == "Lange boeken lezen"
    assert "Lange gangen en kleine klassen?" in search.suggest("lange", keys)
    assert "Lange gangen en kleine klassen?" not in search.suggest("lange", keys, kinds=("card",))


@pytest.mark.parametrize("text", ["", "  ", "kort", "\0" * 20, "x" * 50_000, "🎓 " * 500])
def test_odd_words_are_no_fault(teacher, text):
    assert len(matching.match(Actor.of(teacher), text).items) == 0


@pytest.fixture
def learnt():
    """Cards of many themes, from which themes were learnt; undone afterwards."""
    about = {"reading": "lange boeken uitlezen", "mathematics": "breuken en tafels oefenen"}
    for theme, words in about.items():
        card(f"Over {words}", themes=[theme], also_asked=[f"Hoe kunnen wij {words}?", words])
    for number, theme in enumerate([*vocabulary.themes()] * 2):
        if theme not in about:
            card(f"Iets anders {number}", themes=[theme], also_asked=[f"Wat is {theme} {number}?"])
    assert theme_guess.learn_themes()
    yield
    for path in runtime.current().index.folder.glob("labels-*"):
        path.unlink()


def test_who_chose_no_theme_gets_what_the_words_suggest(teacher, learnt):
    asked = "Wij willen graag lange boeken uitlezen"
    put(QuestionFactory(title=asked, theme="mathematics"))
    ours = put(QuestionFactory(title=asked, theme="reading"))
    actor = Actor.of(teacher)

    found = matching.match(actor, asked)
    chosen = matching.match(actor, asked, theme="mathematics")

    assert found.themes[0] == "reading"
    assert len(found.themes) == matching.GUESSES
    best = next(one for one in found.items if one.kind == "question")
    assert best.object == f"questions:{ours.id}"
    assert best.parts["likely_theme"] == pytest.approx(matching.BONUS["theme"])
    assert "theme" not in best.signs
    assert chosen.themes == ()
    assert all("likely_theme" not in one.parts for one in chosen.items)


def test_themes_are_learnt_of_public_cards_only(teacher, school, learnt):
    card(
        "Iets van ons alleen", themes=["wellbeing"], also_asked=["Hoe kunnen wij zingzang?"],
        visibility=Visibility.ORGANISATION, organisation=school,
    )  # fmt: skip

    assert not theme_guess.learn_themes()
    card("Iets van iedereen", themes=["wellbeing"], also_asked=["Hoe kunnen wij zingzang?"])
    assert theme_guess.learn_themes()


def test_the_asker_chooses_a_theme_while_looking_and_others_do_not(
    teacher, colleague, learnt, browse
):
    question = write(teacher, "Wij willen graag lange boeken uitlezen")
    step(teacher, question, "look")
    address = f"/vragen/{question.id}/thema"
    page = browse(teacher).get(f"/vragen/{question.id}").text
    assert f'action="{address}"' in page

    sent = {"theme": "reading", "version": question.version}
    refused = browse(colleague).post(address, data=sent)
    wrong = browse(teacher).post(address, data=sent | {"theme": "toveren"})
    late = browse(teacher).post(address, data=sent | {"version": question.version - 1})
    assert (refused.status_code, wrong.status_code, late.status_code) == (404, 422, 409)
    assert (question.theme, question.state) == ("", QuestionState.MATCHING)

    answer = browse(teacher).post(address, data=sent)

    assert answer.status_code == 303
    assert (question.theme, question.state) == ("reading", QuestionState.MATCHING)
    signs = [one.signs for one in question_matches.list_matches(Actor.of(teacher), question)]
    assert any("theme" in some for some in signs)
    assert f'action="{address}"' not in browse(teacher).get(f"/vragen/{question.id}").text


def test_suggestions_offer_likely_themes_to_who_chose_none(teacher, learnt, browse):
    fragment = {"HX-Request": "true"}
    asked = "/vragen/suggesties?title=Wij+willen+graag+lange+boeken+uitlezen"

    assert 'data-value="reading"' in browse(teacher).get(asked, headers=fragment).text
    chosen = browse(teacher).get(f"{asked}&theme=reading", headers=fragment).text
    assert "data-choose" not in chosen
