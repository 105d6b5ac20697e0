"""The decision of a round on the page."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.i18n import gettext as _
from labapp.labs import round_decisions, round_forms, round_rights, rounds
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.round_models import RoundDecision, RoundPhase
from labapp.labs.round_states import DECISION_WORDS
from labapp.labs.round_views import BOTH, form_of, url_of

pages = Blueprint("decisions", __name__)


@pages.route("/rondes/<int:round_id>/besluit", methods=BOTH)
@sign_in_required
def decide(round_id: int) -> ResponseReturnValue:
    """Take the decision, or look at it again once the round is closed."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    round_rights.require_lead(actor, one.lab)
    is_review = one.phase is RoundPhase.CLOSED

    def make() -> FormPage:
        day = Field("date", "review_due_on", _("Wanneer bekijken jullie dit opnieuw?"))
        if is_review:
            fields = [Field("textarea", "note", _("Wat zagen jullie?")), day]
            values: dict[str, Any] = {}
            title, button = _("Bekijk het besluit opnieuw"), _("Bewaar")
        else:
            options = [(key.value, str(words)) for key, words in DECISION_WORDS.items()]
            fields = [
                Field("select", "decision", _("Besluit"), options=options, empty=_("Kies")),
                Field("textarea", "decision_reason", _("Waarom?")),
                day,
            ]
            values = {
                "decision": one.decision.value if one.decision else "",
                "decision_reason": one.decision_reason,
                "review_due_on": one.review_due_on or "",
            }
            title, button = _("Besluit"), _("Bewaar het besluit")
        return form_of(one, title, fields, values, button)

    def submit() -> str:
        version = round_forms.posted_version()
        due = round_forms.day_in("review_due_on")
        if is_review:
            note = request.form.get("note", "")
            round_decisions.review_decision(
                actor, one, review_due_on=due, note=note, version=version
            )
        else:
            round_decisions.take_decision(
                actor, one, decision=round_forms.choice_in(RoundDecision, "decision"),
                reason=request.form.get("decision_reason", ""), review_due_on=due,
                version=version, confirmed=round_forms.is_confirmed(),
            )  # fmt: skip
        return url_of(one)

    return round_forms.handle(make, submit, _("Bewaard."))
