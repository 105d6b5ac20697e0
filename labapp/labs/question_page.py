"""The page of a question: what it says, where it stands, what comes next, what one may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import links
from labapp.accounts.actors import Actor
from labapp.accounts.words import SECTORS
from labapp.clock import today
from labapp.database import db, name_of
from labapp.formatting import dag
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import card_lists, vocabulary
from labapp.knowledge.models import Card
from labapp.labs import (
    answering_objects,
    matching,
    merging,
    policies,
    question_forms,
    question_matches,
    question_rights,
    question_states,
    question_words,
    question_writing,
    questions,
    reading,
    round_questions,
    schools_too,
    thread_page,
)
from labapp.labs.lab_models import Step
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility, Turn
from labapp.labs.question_states import ACTION_WORDS, OWN_WAY, QUESTION, QuestionAction
from labapp.links import LinkKind
from labapp.notifications import following

A = QuestionAction
OF_LABS = (A.ADOPT.value, A.HAND_BACK.value)


@dataclass(frozen=True)
class Happened:
    """A step in the history: who, what, when, why."""

    who: str
    words: str
    at: datetime
    reason: str


def values_for(actor: Actor, question: Question) -> dict[str, Any]:
    """Give what the template of a question shows."""
    is_asker = question_rights.is_asker(actor, question)
    is_asked = question.state not in reading.UNASKED
    can_see_lab = question.lab is not None and policies.can_see(actor, question.lab)
    led = question_rights.led_labs(actor)
    return {
        "question": question,
        "tone": question_words.TONES[question.state],
        "is_asker": is_asker,
        "is_asked": is_asked,
        "is_broker": policies.is_broker(actor),
        "next_words": question_states.next_words(question, is_asker=is_asker),
        "turn": question_words.turn_of(
            question,
            is_asker=is_asker,
            is_its_broker=actor.id is not None and question.broker_id == actor.id,
        ),
        "step_names": [str(words) for words in question_words.STEP_BAR],
        "step_now": question_words.PLACES.get(question.state, len(question_words.STEP_BAR) - 1),
        "facts": _facts(question),
        "actions": _actions(actor, question),
        "A": QuestionAction,
        "action_words": ACTION_WORDS,
        "asked_back": _asked_back(question),
        "may_change": question_writing.can_change(actor, question),
        "can_expect": questions.can_expect(actor, question),
        "led_labs": [(lab.id, lab.title) for lab in led],
        "is_your_turn": is_asker and question.turn is Turn.ASKER,
        "lab": question.lab if can_see_lab else None,
        "begins_round": question.state is QuestionState.ADOPTED
        and question.lab in led
        and not round_questions.is_studied(question),
        "can_merge": policies.is_broker(actor) and question.state in question_states.MERGEABLE,
        "options": question_forms.options(),
        "sources": question_forms.SOURCES,
        "is_following": is_asked and following.is_following(actor, name_of(question)),
        "is_late": is_late(question),
        "review_late": question.review_due_on is not None and question.review_due_on < today(),
        **_matches(actor, question),
        **_answer(actor, question),
        **_schools(actor, question),
        **_merge(actor, question, is_asker=is_asker),
        "talk": thread_page.of_subject(actor, name_of(question)) if is_asked else None,
        "history": history(question, with_lab=can_see_lab) if is_asked else [],
    }


def _matches(actor: Actor, question: Question) -> dict[str, Any]:
    """Give what was there already when the question was asked, or is while one looks."""
    return {
        "matches": question_matches.list_matches(actor, question),
        "verdicts": [(one.value, str(words)) for one, words in question_words.VERDICTS.items()],
        "is_looking": question.state is QuestionState.MATCHING,
        "themes": _themes(actor, question),
        "judges": question_matches.can_judge(actor, question),
        "match_kinds": question_words.KIND_WORDS,
        "match_icons": question_words.KIND_ICONS,
    }


def standing_of(actor: Actor, question: Question) -> str:
    """Say in a line where a question stands now, and what comes next by when."""
    said = [_("De stand is nu: %(state)s.", state=str(question_states.STATE_WORDS[question.state]))]
    is_asker = question_rights.is_asker(actor, question)
    said.append(question_states.next_words(question, is_asker=is_asker))
    if question.next_step_due_on:
        said.append(_("Uiterlijk %(day)s.", day=dag(question.next_step_due_on)))
    return " ".join(said)


def _themes(actor: Actor, question: Question) -> list[tuple[str, str]]:
    """Give themes to choose from to an asker who chose none and is looking."""
    if question.theme or not question_matches.can_judge(actor, question):
        return []
    return question_words.themes_of(matching.likely_themes(question))


def _actions(actor: Actor, question: Question) -> list[QuestionAction]:
    """Give the steps of this moment: a doubt is confirmed only once somebody voiced it."""
    untimely = A.NO_EVIDENCE if question.doubted_by_id is None else A.DOUBT
    usual = QUESTION.actions(actor, question)
    return [one for one in usual if one not in OWN_WAY and one is not untimely]


def _asked_back(question: Question) -> str:
    """Give what a broker wants to know, while the asker has not answered."""
    if question.state is not QuestionState.CLARIFYING:
        return ""
    query = select(Step.reason).where(
        Step.object == name_of(question), Step.action == A.ASK_BACK.value
    )
    return db.session.scalar(query.order_by(Step.id.desc()).limit(1)) or ""


def _facts(question: Question) -> list[tuple[str, str]]:
    language = current_language()
    asker = question.asker.name if question.asker else _("Niet meer bekend")
    rows = [
        (_("Gesteld door"), asker),
        (_("Voor"), question.acting_for.name if question.acting_for else ""),
        (_("Op"), dag(question.submitted_at) if question.submitted_at else ""),
        (_("Thema"), vocabulary.label("theme", question.theme, language) if question.theme else ""),
        (_("Sector"), str(SECTORS[question.sector]) if question.sector else ""),
        (_("Groep of klas"), question.groups),
        (_("Vak"), vocabulary.label("subject", question.subject, language)
         if question.subject else ""),
        (_("Antwoord nodig op"), dag(question.needed_on) if question.needed_on else ""),
        (_("Wie dit leest"), _("Alleen de eigen school en kennismakelaars")
         if question.visibility is QuestionVisibility.ORGANISATION
         else _("Iedereen in het programma")),
    ]  # fmt: skip
    return [(term, text) for term, text in rows if text]


def _answer(actor: Actor, question: Question) -> dict[str, Any]:
    """Give what answers it, as far as this reader may read that."""
    name = name_of(question)
    ids = [
        int(link.from_object.partition(":")[2])
        for link in links.links_of(name)
        if link.kind is LinkKind.ANSWERS
        and link.to_object == name
        and link.from_object.startswith("cards:")
    ]
    taken = None
    if question.taken_object:
        known = answering_objects.find_all(actor, [question.taken_object])
        taken = known.get(question.taken_object)
    cards: Sequence[Card] = card_lists.list_cards(actor, ids)
    return {
        "cards": cards,
        "taken": taken,
        "taken_url": question_words.address_of(question.taken_object or "") if taken else "",
        "is_answered": question.state in question_states.ANSWERED,
    }


def _schools(actor: Actor, question: Question) -> dict[str, Any]:
    schools = schools_too.list_schools(question)
    return {
        "schools": schools,
        "counts": [
            (vocabulary.label("sector", one.sector, current_language()) if one.sector
             else _("sector onbekend"), one.count)
            for one in schools_too.count_by_sector(schools)
        ],
        "own_school": schools_too.find_own(actor, question),
        "can_join": schools_too.can_join(actor, question),
        "leads_school": actor.acting_for_id is not None
        and schools_too.can_confirm(actor, actor.acting_for_id),
    }  # fmt: skip


def _merge(actor: Actor, question: Question, *, is_asker: bool) -> dict[str, Any]:
    concerns = is_asker or policies.is_broker(actor)
    merge = merging.find_merge(question) if concerns else None
    into = question.merged_into
    return {
        "merge": merge,
        "merge_open": merge is not None and merge.state in merging.OPEN,
        "merge_undo": merge is not None and merging.can_undo(merge),
        "merged_into": into if into and reading.can_read_question(actor, into) else None,
        "merged_here": merging.list_merged(actor, question),
    }


def history(question: Question, *, with_lab: bool) -> list[Happened]:
    """Give what happened, the oldest first; who leads a lab that one may not see stays unsaid."""
    query = (
        select(Step)
        .where(Step.object == name_of(question))
        .options(joinedload(Step.user), joinedload(Step.acting_for))
        .order_by(Step.id)
    )
    found = []
    known: Mapping[str, Any] = {one.value: words for one, words in question_words.HAPPENED.items()}
    for step in db.session.scalars(query):
        is_hidden = step.action in OF_LABS and not with_lab
        reason = (
            "" if is_hidden or step.action in (A.ASK_BACK.value, A.REPLY.value) else step.reason
        )
        found.append(
            Happened(
                who=_("een lab") if is_hidden else _who(step),
                words=str(known.get(step.action, step.action)),
                at=step.at,
                reason=reason,
            )
        )
    return found


def _who(step: Step) -> str:
    if step.user is None:
        return _("het platform")
    if step.acting_for is None:
        return step.user.name
    return _("%(name)s, voor %(school)s", name=step.user.name, school=step.acting_for.name)


def is_late(question: Question) -> bool:
    """Whether the day of the next step is over."""
    return question.next_step_due_on is not None and question.next_step_due_on < today()


def row_of(actor: Actor, question: Question, schools: int) -> dict[str, Any]:
    """Give a question as a line of a list."""
    language = current_language()
    meta = [
        vocabulary.label("theme", question.theme, language) if question.theme else "",
        str(SECTORS[question.sector]) if question.sector else "",
        question.acting_for.name if question.acting_for else "",
        dag(question.submitted_at) if question.submitted_at else "",
    ]
    return {
        "url": url_for("questions.show", question_id=question.id),
        "question": question,
        "tone": question_words.TONES[question.state],
        "meta": " · ".join(one for one in meta if one),
        "next": question_states.next_words(question, is_asker=question.asker_id == actor.id),
        "is_late": is_late(question),
        "schools": schools,
    }
