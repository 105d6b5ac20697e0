"""Charts as SVG made on the server: no script, no style attributes, sharp on paper.

A chart is never the only carrier of its numbers: the macro ``ui.chart_figure`` puts the conclusion
above it and the same numbers in a table below it. It is drawn 360 units wide, so that its letters
stay readable on a phone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

from markupsafe import Markup

from labapp.formatting import getal, maanden

WIDTH = 360
LEFT, RIGHT = 12, 12
ROW, HEAD, AXIS = 46, 6, 26
STEPS = (0.25, 0.5, 1, 2, 3, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
LINES = 6  # at most this many lines on an axis


@dataclass(frozen=True)
class Range:
    """One outcome: what was found, between which bounds, and in how many studies."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    text: str = ""


@dataclass(frozen=True)
class Dot:
    """How many gave these two scores, from 1 to 5; those of the second group are square."""

    across: int
    up: int
    count: int = 1
    is_second: bool = False


@dataclass(frozen=True)
class Axis:
    """From a number to a place on the paper."""

    low: float
    high: float
    step: float

    @classmethod
    def around(cls, numbers: Sequence[float]) -> "Axis":
        """Round bounds that hold all numbers and always zero."""
        low, high = min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0)
        if low == high:
            high = low + 1.0
        step = next((s for s in STEPS if (high - low) / s <= LINES), (high - low) / LINES)
        return cls(floor(low / step) * step, ceil(high / step) * step, step)

    def x(self, value: float) -> float:
        inner = WIDTH - 2 * (LEFT + RIGHT)
        return LEFT + RIGHT + inner * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * number for number in range(count + 1)]


def range_chart(uid: str, title: str, description: str, rows: Sequence[Range]) -> Markup:
    """A line from lowest to highest and a dot at the mean, for each outcome; values are months."""
    numbers = [n for row in rows for n in (row.value, row.low, row.high) if n is not None]
    axis = Axis.around(numbers or [0.0])
    height = HEAD + ROW * len(rows) + AXIS
    body = list(_grid(axis, len(rows)))
    for index, row in enumerate(rows):
        body.extend(_range_row(axis, row, HEAD + ROW * index))
    return _svg(uid, title, description, height, body)


def bar_chart(uid: str, title: str, description: str, rows: Sequence[Bar]) -> Markup:
    """A bar for each row, from zero, with its number beside its name."""
    axis = Axis.around([row.value for row in rows] or [0.0])
    height = HEAD + ROW * len(rows) + AXIS
    body = list(_grid(axis, len(rows)))
    for index, row in enumerate(rows):
        body.extend(_bar_row(axis, row, HEAD + ROW * index))
    return _svg(uid, title, description, height, body)


def score_plot(
    uid: str, title: str, description: str, names: tuple[str, str], dots: Sequence[Dot]
) -> Markup:
    """Two scores of 1 to 5 against each other: a circle or square with how many gave both."""
    body = [_text("chart__name", LEFT, 14, names[1])]
    for score in range(1, 6):
        x, y = _score_x(score), _score_y(score)
        across = f"M{_n(_score_x(1))} {_n(y)}H{_n(_score_x(5))}"
        path = f"{across}M{_n(x)} {_n(_score_y(1))}V{_n(_score_y(5))}"
        body.append(Markup('<path class="chart__grid" d="{}"/>').format(path))
        body.append(_text("chart__tick", x, _score_y(1) + 32, str(score), "middle"))
        body.append(_text("chart__tick", LEFT, y + 5, str(score)))
    body.append(_text("chart__name", WIDTH - RIGHT, _score_y(1) + 54, names[0], "end"))
    body.extend(part for dot in dots for part in _score_dot(dot))
    return _svg(uid, title, description, _score_y(1) + 64, body)


def _score_x(score: int) -> float:
    return LEFT + 40 + (score - 1) * 70.0


def _score_y(score: int) -> float:
    return 50 + (5 - score) * 46.0


def _score_dot(dot: Dot) -> Iterator[Markup]:
    """Draw the circle left and the square right of the crossing, so that none hides the other."""
    x, y = _score_x(dot.across) + (11 if dot.is_second else -11), _score_y(dot.up)
    if dot.is_second:
        yield Markup(
            '<rect class="chart__bar" x="{}" y="{}" width="20" height="20" rx="3"/>'
        ).format(_n(x - 10), _n(y - 10))
    else:
        yield Markup('<circle class="chart__dot" cx="{}" cy="{}" r="11"/>').format(_n(x), _n(y))
    yield _text("chart__count", x, y + 5, str(dot.count), "middle")


def progress_bar(value: float, maximum: float, width: int = 300, height: int = 12) -> Markup:
    """A bar for the eye only: the words beside it carry the numbers."""
    share = max(0.0, min(1.0, value / maximum)) if maximum else 0.0
    bar = Markup('<rect class="{}" width="{}" height="{}" rx="{}"/>')
    fill = bar.format("bar__fill", _n(max(share * width, height)), height, height // 2)
    return Markup(
        '<svg class="bar" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false">{}{}</svg>'
    ).format(
        width,
        height,
        bar.format("bar__track", width, height, height // 2),
        fill if share else Markup(""),
    )


@lru_cache(maxsize=64)
def five_steps(value: int | None, glyph: str) -> Markup:
    """Draw a value of 0 to 5 for the eye only; glyph: "euro" or "proof"."""
    steps = Markup("").join(_step(i, glyph, is_on=i < (value or 0)) for i in range(5))
    return Markup(
        '<svg class="scale" viewBox="0 0 100 20" width="100" height="20" aria-hidden="true"'
        ' focusable="false">{}</svg>'
    ).format(steps)


def _step(i: int, glyph: str, *, is_on: bool) -> Markup:
    state, x = "is-on" if is_on else "is-off", 20 * i
    if glyph == "euro":
        return Markup(
            '<g class="{}"><circle cx="{}" cy="10" r="8.5"/>'
            '<text x="{}" y="14.2" text-anchor="middle">€</text></g>'
        ).format(state, x + 10, x + 10)
    return Markup('<rect class="{}" x="{}" y="{}" width="16" height="{}" rx="3"/>').format(
        state, x + 1, _n(12 - 2.5 * i), _n(7 + 2.5 * i)
    )


def _range_row(axis: Axis, row: Range, top: float) -> Iterator[Markup]:
    yield _text("chart__name", LEFT, top + 14, row.label)
    told = maanden(row.value) if row.note == "" else f"{maanden(row.value)} \u00b7 {row.note}"
    yield _text("chart__value", WIDTH - RIGHT, top + 14, told, anchor="end")
    middle = top + 30
    sign = " is-neg" if (row.value or 0) < 0 else ""
    if row.low is not None and row.high is not None:
        yield Markup('<path class="chart__range{}" d="M{} {}H{}"/>').format(
            sign, _n(axis.x(row.low)), _n(middle), _n(axis.x(row.high))
        )
    if row.value is not None:
        yield Markup('<circle class="chart__dot{}" cx="{}" cy="{}" r="7"/>').format(
            sign, _n(axis.x(row.value)), _n(middle)
        )


def _bar_row(axis: Axis, row: Bar, top: float) -> Iterator[Markup]:
    yield _text("chart__name", LEFT, top + 14, row.label)
    yield _text("chart__value", WIDTH - RIGHT, top + 14, row.text or getal(row.value), anchor="end")
    start, end = sorted((axis.x(0), axis.x(row.value)))
    yield Markup('<rect class="chart__bar{}" x="{}" y="{}" width="{}" height="14" rx="3"/>').format(
        " is-neg" if row.value < 0 else "", _n(start), _n(top + 22), _n(end - start)
    )


def _grid(axis: Axis, rows: int) -> Iterator[Markup]:
    """Draw the lines of the scale beside each value, and never through the names."""
    for value in axis.ticks():
        kind = "chart__zero" if abs(value) < axis.step / 100 else "chart__grid"
        x = _n(axis.x(value))
        path = "".join(f"M{x} {_n(HEAD + ROW * row + 19)}v23" for row in range(rows))
        yield Markup('<path class="{}" d="{}"/>').format(kind, path)
        yield _text("chart__tick", axis.x(value), HEAD + ROW * rows + 18, getal(value), "middle")


def _text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        kind, _n(x), _n(y), anchor, words
    )


def _svg(uid: str, title: str, description: str, height: float, body: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{uid}-t"'
        ' aria-describedby="{uid}-d" focusable="false"><title id="{uid}-t">{title}</title>'
        '<desc id="{uid}-d">{description}</desc>{body}</svg>'
    ).format(
        width=WIDTH,
        height=_n(height),
        uid=uid,
        title=title,
        description=description,
        body=Markup("").join(body),
    )


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
