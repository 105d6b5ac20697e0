"""The building blocks of templates: they render, escape, and say in words what they show."""

import flask_babel
import pytest
from flask import render_template_string

from labapp import charts


@pytest.fixture
def render(app):
    """A piece of template as a page would see it."""

    def render(source, language="nl", **values):
        with app.test_request_context(f"/kennis?lang={language}"):
            flask_babel.refresh()  # this test's requests share one context
            return render_template_string(source, **values)

    return render


def test_a_building_block_needs_no_import(render):
    assert "Bewaar" in render('{{ ui.button("Bewaar") }}')


def test_an_unknown_building_block_is_named(render):
    with pytest.raises(Exception, match="bestaat_niet"):
        render("{{ ui.bestaat_niet() }}")


@pytest.mark.parametrize(
    ("months", "words"),
    [(6, "+6"), (-2, "\u22122"), (0, "0"), (2.5, "+2,5"), (None, "nog niet bekend")],
)
def test_a_gain_is_a_signed_number_or_said_to_be_unknown(render, months, words):
    assert words in render("{{ ui.metric_gain(months) }}", months=months)


def test_one_month_is_singular(render):
    assert ">maand<" in render("{{ ui.metric_gain(1) }}")
    assert ">month<" in render("{{ ui.metric_gain(1) }}", language="en")


def test_a_scale_says_its_word_and_its_place(render):
    shown = render("{{ ui.metrics(6, 1, 4) }}")

    assert "Zeer laag" in shown
    assert "(1 van 5)" in shown
    assert "Sterk" in shown
    assert 'aria-hidden="true"' in shown


def test_what_is_not_known_is_not_drawn_as_nothing(render):
    shown = render("{{ ui.metrics(none, none, none) }}")

    assert shown.count("Onbekend") == 2
    assert "van 5" not in shown


def test_a_card_in_the_other_language_is_marked(render):
    source = '{{ ui.evidence_card("x", "Feedback <1>", "/x", "A sentence.", "trial", lang="en") }}'

    dutch, english = render(source), render(source, language="en")

    assert 'lang="en"><a href="/x">Feedback &lt;1&gt;</a>' in dutch
    assert "Engelstalig" in dutch
    assert "In English" not in english


def test_a_field_ties_its_hint_and_its_error_to_the_input(render):
    shown = render(
        '{{ ui.text_field("title", "Titel", "a\\"b", errors=["Vul in."], hint="Kort.") }}'
    )

    assert 'aria-describedby="fout-title hint-title"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'value="a&#34;b"' in shown
    assert 'for="title"' in shown


def test_a_password_is_never_sent_back(render):
    assert "geheim" not in render('{{ ui.text_field("p", "Wachtwoord", "geheim", "password") }}')


def test_attributes_are_escaped_and_dashed(render):
    shown = render(
        '{{ ui.button("B", attrs={"hx_get": url, "disabled": true, "x": none}) }}', url='/a"b'
    )

    assert 'hx-get="/a&#34;b"' in shown
    assert " disabled>" in shown
    assert "x=" not in shown


def test_the_error_summary_leads_to_the_fields(render):
    shown = render(
        '{{ ui.error_summary({"title": ["Vul in."], "a": ["B."]}, {"title": "Titel"}) }}'
    )

    assert '<a href="#title">Titel</a>: Vul in.' in shown
    assert "Controleer deze velden" in shown
    assert render("{{ ui.error_summary({}) }}").strip() == ""


def test_many_options_of_a_facet_fold_but_never_a_chosen_one(render):
    source = '{{ ui.facet("thema", "Thema", options, chosen) }}'
    options = [(str(number), f"Thema {number}", number) for number in range(12)]

    closed = render(source, options=options, chosen=[])
    opened = render(source, options=options, chosen=["11"])

    assert '<details class="facet__more">' in closed
    assert '<details class="facet__more" open>' in opened


@pytest.mark.parametrize(
    ("page", "pages", "shown"), [(1, 1, 0), (1, 3, 3), (5, 12, 6), (12, 12, 3)]
)
def test_pages_of_a_list_are_few_however_many_there_are(render, page, pages, shown):
    source = "{{ ui.pagination(page, pages, url) }}"

    html = render(source, page=page, pages=pages, url=lambda number: f"/kennis?pagina={number}")

    assert html.count('class="pagination__link"') == shown
    assert (html.count('aria-current="page"') == 1) == (pages > 1)


def test_a_difference_is_said_in_words(render):
    shown = render("{{ ui.diff(lines) }}", lines=[("add", "nieuw <i>"), ("remove", "oud")])

    assert "Toegevoegd:" in shown
    assert "nieuw &lt;i&gt;" in shown
    assert "Weggehaald:" in shown


def test_a_chart_tells_its_numbers_to_who_does_not_see_it(app):
    rows = [
        charts.Range("Lezen <1>", 6, 3, 9, "71 studies"),
        charts.Range("Rekenen", -2, -4, 0),
        charts.Range("Motivatie", None),
    ]

    with app.test_request_context("/"):
        drawn = charts.range_chart("c", "Leerwinst", "In maanden", rows)

    assert '<title id="c-t">Leerwinst</title>' in drawn
    assert "Lezen &lt;1&gt;" in drawn
    assert "+6 \u00b7 71 studies" in drawn
    assert "\u22122" in drawn
    assert drawn.count("<circle") == 2
    assert "style=" not in drawn


@pytest.mark.parametrize("numbers", [[], [0.0], [-3.0], [1000.0, -2.0], [0.01]])
def test_an_axis_holds_every_number_and_zero(numbers):
    axis = charts.Axis.around(numbers)

    assert all(0 <= axis.x(number) <= charts.WIDTH for number in [*numbers, 0.0])
    assert 2 <= len(axis.ticks()) <= 9


def test_a_bar_without_a_maximum_stays_empty():
    assert "bar__fill" not in charts.progress_bar(3, 0)
    assert "bar__fill" in charts.progress_bar(300, 44)
