"""The rules of the programme on the page: for everybody to read, for the office to enter."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import lab_words, policies, round_forms, rules, school_years
from labapp.labs.lab_models import MembershipKind
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.rule_models import ProgrammeRule
from labapp.labs.rules import RuleInput

pages = Blueprint("rules", __name__)
BOTH = ["GET", "POST"]
AHEAD, BEHIND = 2, 3  # the school years that can be chosen


@pages.get("/regels")
def list_all() -> str:
    """Show what does not go together in the programme, by school year, with the sources."""
    years: dict[int, list[ProgrammeRule]] = {}
    for rule in rules.list_rules():
        years.setdefault(rule.school_year, []).append(rule)
    return render_template(
        "labs/rules.html",
        years=[(school_years.words(year), found) for year, found in years.items()],
        this_year=school_years.words(school_years.this_year()),
        has_this_year=school_years.this_year() in years,
        may_change=policies.is_office(current_actor()),
    )


@pages.route("/regels/nieuw", methods=BOTH)
@sign_in_required
def add() -> ResponseReturnValue:
    """Enter a rule; `van` is one to begin with, of another school year."""
    _require_office()
    number = request.args.get("van", 0, type=int)
    start: dict[str, object] = {"school_year": school_years.this_year()}
    if number:
        start = _values(rules.get_rule(number))

    def submit() -> str:
        rules.add_rule(current_actor(), _read())
        return url_for("rules.list_all")

    return round_forms.handle(lambda: _form(_("Nieuwe regel"), start), submit, _("Bewaard."))


@pages.route("/regels/<int:rule_id>", methods=BOTH)
@sign_in_required
def change(rule_id: int) -> ResponseReturnValue:
    _require_office()
    rule = rules.get_rule(rule_id)

    def submit() -> str:
        rules.change_rule(current_actor(), rule, _read())
        return url_for("rules.list_all")

    def make() -> FormPage:
        return _form(_("Programmaregel"), _values(rule))

    return round_forms.handle(make, submit, _("Bewaard."))


def _require_office() -> None:
    if not policies.is_office(current_actor()):
        raise ForbiddenError(_("Regels voert het programmabureau in."))


def _form(title: str, values: dict[str, object]) -> FormPage:
    back = url_for("rules.list_all")
    kinds = [(kind.value, str(lab_words.KINDS[kind])) for kind in MembershipKind]
    now = school_years.this_year()
    years = [(one, school_years.words(one)) for one in range(now - BEHIND, now + AHEAD + 1)]
    return FormPage(
        title,
        _("Wat voor een vestiging niet samengaat"),
        [(_("Regels van het programma"), back)],
        [
            Field("text", "code", _("Korte naam"), attrs={"maxlength": rules.LONGEST_CODE}),
            Field("select", "school_year", _("Schooljaar"), options=years),
            Field("select", "kind", _("Wie dit wordt in een lab"), options=kinds),
            Field("text", "excluded_tracks", _("mag niet in deze sporen van een regeling zitten"),
                  hint=_("Scheid meer sporen met een komma."), optional=True),
            Field("checkboxes", "excluded_kinds", _("en niet op deze manier in een lab meedoen"),
                  options=kinds),
            Field("textarea", "message_nl", _("Uitleg in het Nederlands"), rows=3),
            Field("textarea", "message_en", _("Uitleg in het Engels"), rows=3),
            Field("url", "source_url", _("Bron"), optional=True),
            Field("date", "source_checked_on", _("Bron nagekeken op"), optional=True),
            Field("date", "valid_from", _("Geldt vanaf")),
            Field("date", "valid_until", _("Geldt tot en met"), optional=True),
        ],
        values,
        _("Bewaar"),
        back,
    )  # fmt: skip


def _values(rule: ProgrammeRule) -> dict[str, object]:
    return {
        **{name: getattr(rule, name) for name in (
            "code", "school_year", "excluded_kinds", "message_nl", "message_en", "source_url",
            "source_checked_on", "valid_from", "valid_until",
        )},
        "kind": rule.kind.value,
        "excluded_tracks": ", ".join(rule.excluded_tracks),
    }  # fmt: skip


def _read() -> RuleInput:
    form = request.form
    return RuleInput(
        code=form.get("code", "").strip(),
        school_year=round_forms.number_in("school_year") or 0,
        kind=round_forms.choice_in(MembershipKind, "kind"),
        message_nl=form.get("message_nl", "").strip(),
        message_en=form.get("message_en", "").strip(),
        excluded_tracks=[
            one.strip() for one in form.get("excluded_tracks", "").split(",") if one.strip()
        ],
        excluded_kinds=form.getlist("excluded_kinds"),
        source_url=form.get("source_url", "").strip(),
        source_checked_on=round_forms.day_in("source_checked_on"),
        valid_from=round_forms.required_day_in("valid_from"),
        valid_until=round_forms.day_in("valid_until"),
    )
