"""Forms of a lab: proposing one, its texts and switches, who guides it, what is agreed."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs import (
    lab_page,
    lab_proposing,
    lab_rights,
    lab_settings,
    lab_words,
    labs,
    memberships,
    policies,
    round_forms,
)
from labapp.labs.lab_fields import LabSwitches, LabTexts, switches_of, texts_of
from labapp.labs.lab_models import (
    JoinPolicy,
    Lab,
    LabVisibility,
    MemberListVisibility,
    MembershipState,
    PostingPolicy,
    ReviewPolicy,
)
from labapp.labs.lab_states import has_agreed
from labapp.labs.lab_views import pages
from labapp.labs.round_forms import Field, FormPage

__all__ = ["pages"]
BOTH = ["GET", "POST"]
SWITCHES = (
    ("visibility", LabVisibility, lab_words.VISIBILITY),
    ("member_list", MemberListVisibility, lab_words.MEMBER_LIST),
    ("join_policy", JoinPolicy, lab_words.JOIN),
    ("posting_policy", PostingPolicy, lab_words.POSTING),
    ("review_policy", ReviewPolicy, lab_words.REVIEW),
)


@pages.route("/labs/nieuw", methods=BOTH)
@sign_in_required
def propose() -> ResponseReturnValue:
    """Propose a lab: for school leaders and researchers."""
    actor = current_actor()
    if not lab_rights.can_propose(actor):
        raise ForbiddenError(_("Een lab stelt een schoolleider of een onderzoeker voor."))

    def make() -> FormPage:
        back = url_for("labs.list_all")
        fields = [
            *_text_fields(),
            Field("email", "practice_email", _("E-mailadres van de trekker vanuit de praktijk"),
                  hint=_("Iemand die bij een school werkt. Dat mag je zelf zijn.")),
            Field("email", "research_email", _("E-mailadres van de trekker vanuit het onderzoek"),
                  hint=_("Iemand die bij een onderzoeksinstelling werkt.")),
            *_switch_fields(),
        ]  # fmt: skip
        values = {
            **_values(LabSwitches()),
            "visibility": "programme",
            "member_list": "readers",
            _own_field(actor): actor.require_user().email or "",
        }
        return FormPage(
            _("Stel een lab voor"), _("Scholen en onderzoekers zoeken samen uit wat werkt."),
            [(_("Labs"), back)], fields, values, _("Stel voor"), back,
            intro=_("Het programmabureau beoordeelt je voorstel. De trekkers, de school en de"
                    " instelling krijgen de vraag of zij meedoen."),
        )  # fmt: skip

    def submit() -> str:
        lab = lab_proposing.propose_lab(
            actor, _texts_in(), _switches_in(),
            practice_email=request.form.get("practice_email", ""),
            research_email=request.form.get("research_email", ""),
            confirmed=round_forms.is_confirmed(),
        )  # fmt: skip
        return url_for("labs.show", lab_id=lab.id)

    return round_forms.handle(make, submit, _("Je voorstel is verstuurd."))


@pages.get("/labs/<int:lab_id>/instellingen")
@sign_in_required
def show_settings(lab_id: int) -> str:
    return _settings_page(_settable(lab_id))


@pages.route("/labs/<int:lab_id>/instellingen/teksten", methods=BOTH)
@sign_in_required
def change_texts(lab_id: int) -> ResponseReturnValue:
    """Change theme, name, goal and what is agreed; another agreement is agreed to anew."""
    actor, lab = current_actor(), _settable(lab_id)

    def make() -> FormPage:
        values = {**vars(texts_of(lab))}
        return _form(lab, _("Naam, doel en afspraken"), _text_fields(), values)

    def submit() -> str:
        lab_settings.change_texts(
            actor, lab, _texts_in(), version=round_forms.posted_version(),
            confirmed=round_forms.is_confirmed(),
        )  # fmt: skip
        return url_for("labs.show_settings", lab_id=lab_id)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.route("/labs/<int:lab_id>/instellingen/schakelaars", methods=BOTH)
@sign_in_required
def change_switches(lab_id: int) -> ResponseReturnValue:
    """Set who reads, joins, writes and reviews; more readers is for both leads."""
    actor, lab = current_actor(), _settable(lab_id)

    def make() -> FormPage:
        return _form(
            lab, _("Wie mag wat"), _switch_fields(), _values(switches_of(lab)),
            intro=_("Het lab aan meer mensen laten zien, beslissen beide trekkers samen: jij stelt"
                    " het voor, de ander bewaart hetzelfde."),
        )  # fmt: skip

    def submit() -> str:
        values = _switches_in()
        is_set = lab_settings.change_switches(
            actor, lab, values, version=round_forms.posted_version()
        )
        if not is_set:
            flash(_("Meer lezers is voorgesteld. De trekker van de andere kant beslist mee."))
        return url_for("labs.show_settings", lab_id=lab_id)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.post("/labs/<int:lab_id>/instellingen/mensen")
@sign_in_required
def set_person(lab_id: int) -> ResponseReturnValue:
    """Assign the broker (by the office) or who approves privacy sheets (by a lead)."""
    actor, lab = current_actor(), _settable(lab_id)
    email, version = request.form.get("email", ""), round_forms.posted_version()
    is_broker = request.form.get("wie") == "begeleider"
    setter = lab_settings.set_steward if is_broker else lab_settings.set_privacy_person
    try:
        setter(actor, lab, email, version=version)
    except InvalidError as error:
        name = "steward" if is_broker else "privacy"
        return _settings_page(_settable(lab_id), {name: error.fields.get("email", [])}), 422
    flash(_("Bewaard."), "success")
    return redirect(url_for("labs.show_settings", lab_id=lab_id), 303)


@pages.get("/labs/<int:lab_id>/overeenkomst")
@sign_in_required
def show_agreement(lab_id: int) -> str:
    """Show what was agreed, and to the people of the lab who agreed to this text."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    rows = [
        row
        for row in memberships.list_memberships(actor, lab)
        if row.state is MembershipState.ACTIVE
    ]
    return render_template(
        "labs/agreement.html",
        lab=lab,
        rows=[(row, has_agreed(row, lab)) for row in rows]
        if policies.can_see_members(actor, lab)
        else [],
        own=[row for row in lab_page.own_rows(actor, lab) if not has_agreed(row, lab)],
    )


def _settable(lab_id: int) -> Lab:
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    if not lab_rights.can_set(actor, lab):
        raise ForbiddenError(_("Dat doen de trekkers van het lab."))
    return lab


def _settings_page(lab: Lab, errors: dict[str, list[str]] | None = None) -> str:
    actor = current_actor()
    language = current_language()
    return render_template(
        "labs/settings.html",
        lab=lab,
        theme=vocabulary.label("theme", lab.theme, language),
        sectors=[vocabulary.label("sector", one, language) for one in lab.sectors],
        may_change=lab_rights.can_change(actor, lab),
        is_office=policies.is_office(actor),
        errors=errors or {},
    )


def _form(
    lab: Lab, title: str, fields: list[Field], values: dict[str, Any], intro: str = ""
) -> FormPage:
    back = url_for("labs.show_settings", lab_id=lab.id)
    crumbs = [(lab.title, url_for("labs.show", lab_id=lab.id)), (_("Instellingen"), back)]
    return FormPage(title, lab.title, crumbs, fields, values, _("Bewaar"), back, lab.version, intro)


def _text_fields() -> list[Field]:
    language = current_language()
    themes = [(slug, vocabulary.label("theme", slug, language)) for slug in vocabulary.themes()]
    sectors = [(one, vocabulary.label("sector", one, language)) for one in vocabulary.SECTORS]
    return [
        Field("text", "title", _("Naam van het lab"), attrs={"maxlength": 160}),
        Field("select", "theme", _("Thema"), options=themes, empty=_("Kies een thema")),
        Field("checkboxes", "sectors", _("Voor welke sectoren?"), options=sectors),
        Field("textarea", "goal", _("Wat willen jullie samen uitzoeken?")),
        Field("textarea", "agreement", _("Afspraken"), rows=8, optional=True,
              hint=_("Hoe werken school en onderzoek samen, wie mag wat met de gegevens, wanneer"
                     " deel je wat je vindt? Iedereen die meedoet gaat hiermee akkoord.")),
    ]  # fmt: skip


def _switch_fields() -> list[Field]:
    labels = {
        "visibility": _("Wie mag het lab lezen?"),
        "member_list": _("Wie ziet wie er meedoen?"),
        "join_policy": _("Hoe kom je erbij?"),
        "posting_policy": _("Wie mag meepraten?"),
        "review_policy": _("Wie mag een bevinding beoordelen?"),
    }
    fields = [
        Field("select", name, labels[name], options=[(k.value, str(v)) for k, v in words.items()])
        for name, _kind, words in SWITCHES
    ]
    return [
        *fields,
        Field("checkbox", "pre_moderates_guests",
              _("Bijdragen van gasten eerst bekijken, dan pas tonen")),
        Field("number", "silent_approval_days",
              _("Na hoeveel dagen zwijgen telt een kant als akkoord met een bevinding?"),
              hint=_("Laat dit leeg als alleen een handtekening telt."), optional=True,
              attrs={"min": 2, "max": 60}),
    ]  # fmt: skip


def _texts_in() -> LabTexts:
    form = request.form
    return LabTexts(
        theme=form.get("theme", ""),
        title=form.get("title", ""),
        goal=form.get("goal", ""),
        sectors=form.getlist("sectors"),
        agreement=form.get("agreement", ""),
    )


def _switches_in() -> LabSwitches:
    chosen: dict[str, Any] = {
        name: round_forms.choice_in(kind, name) for name, kind, _words in SWITCHES
    }
    return LabSwitches(
        **chosen,
        pre_moderates_guests="pre_moderates_guests" in request.form,
        silent_approval_days=_days_in("silent_approval_days"),
    )


def _days_in(name: str) -> int | None:
    """Give a number of days; None when the field is empty."""
    number = round_forms.number_in(name)
    if number is None and request.form.get(name, "").strip():
        words = _("Vul een aantal dagen in.")
        raise InvalidError(words, {name: [words]})
    return number


def _values(switches: LabSwitches) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in vars(switches).items()}


def _own_field(actor: Actor) -> str:
    """Give the field in which the address of who proposes belongs."""
    place = actor.acting_for
    is_school = place is not None and place.brin6 is not None
    return "practice_email" if is_school else "research_email"
