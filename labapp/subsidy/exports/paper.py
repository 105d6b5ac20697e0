"""A4 pages from the top down: headings, facts, tables and a footer with page x of y.

Drawn twice: first to count the pages, then for good. The letters are in the file (DejaVu Sans),
so that Łukasz, Þór and Yılmaz print as they are written; nothing in it tells when it was made.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
FONTS = Path(__file__).parents[2] / "static" / "vendor" / "fonts"
WIDTH, HEIGHT = A4
MARGIN, FOOT = 42.0, 62.0
INNER = WIDTH - 2 * MARGIN
SIZE, SMALL, LEADING = 8.5, 6.5, 11.5
TERM = 130.0  # width of the names of facts
GREY, BLACK, RULE = (0.35, 0.35, 0.35), (0.0, 0.0, 0.0), (0.72, 0.72, 0.72)


@cache
def load_fonts() -> None:
    """Make the letters known to reportlab, once in a process."""
    pdfmetrics.registerFont(TTFont(PLAIN, str(FONTS / "dejavu-sans.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "dejavu-sans-bold.ttf")))


def write_pdf(path: Path, title: str, author: str, draw: Callable[["Paper"], None]) -> None:
    """Write the pages that `draw` fills; it is called twice and must do the same each time."""
    load_fonts()
    counted = Paper(None, 0)
    draw(counted)
    counted.end()
    canvas = Canvas(
        str(path), pagesize=A4, invariant=1, pageCompression=1, lang="nl-NL", initialFontName=PLAIN
    )
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setCreator("labapp")
    paper = Paper(canvas, counted.pages)
    draw(paper)
    paper.end()
    canvas.save()


class Paper:
    """The page at hand. Without a canvas it only counts."""

    def __init__(self, canvas: Any | None, total: int) -> None:
        self.canvas = canvas
        self.total = total
        self.pages = 0
        self.y = 0.0
        self.footer: Sequence[str] = ()
        self.head: Callable[[], None] | None = None  # what a table repeats on its next page

    def new_page(self) -> None:
        """Begin a page; the footer of the one before is what was set until now."""
        self.end()
        self.pages += 1
        self.y = HEIGHT - MARGIN

    def end(self) -> None:
        """Finish the page at hand, if there is one."""
        if self.pages and self.canvas is not None:
            self._draw_footer()
            self.canvas.showPage()

    def room(self, height: float) -> None:
        """Go on to the next page when this height does not fit."""
        if self.y - height < FOOT:
            self.new_page()
            if self.head is not None:
                self.head()

    def heading(self, text: str, size: float = 11.0) -> None:
        for line in simpleSplit(text, BOLD, size, INNER):
            self.room(size * 3)
            self.y -= size * 1.35
            self._text(MARGIN, self.y, line, BOLD, size)
        self.y -= 3

    def paragraph(self, text: str, *, bold: bool = False) -> None:
        font = BOLD if bold else PLAIN
        for line in simpleSplit(text, font, SIZE, INNER):
            self.room(LEADING)
            self.y -= LEADING
            self._text(MARGIN, self.y, line, font, SIZE)
        self.y -= 3

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Draw names with what they are, one below the other."""
        for name, value in facts:
            lines = simpleSplit(value or "\u2013", PLAIN, SIZE, INNER - TERM) or [""]
            self.room(LEADING * len(lines))
            self._text(MARGIN, self.y - LEADING, name, PLAIN, SIZE, colour=GREY)
            for line in lines:
                self.y -= LEADING
                self._text(MARGIN + TERM, self.y, line, PLAIN, SIZE)
        self.y -= 4

    def table(
        self,
        head: Sequence[str],
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        right: frozenset[int] = frozenset(),
    ) -> None:
        """Draw a table; its head stands again on each page that it goes on to."""

        def draw_head() -> None:
            self._row(head, widths, right, BOLD)

        self.room(LEADING * 3)
        draw_head()
        self.head = draw_head
        for row in rows:
            self._row(row, widths, right, PLAIN)
        self.head = None
        self.y -= 5

    def _row(
        self, cells: Sequence[str], widths: Sequence[float], right: frozenset[int], font: str
    ) -> None:
        gap = 6.0
        wrapped = [
            simpleSplit(cell, font, SIZE, width - gap) or [""]
            for cell, width in zip(cells, widths, strict=True)
        ]
        height = LEADING * max(len(lines) for lines in wrapped) + 3
        if font == PLAIN:
            self.room(height)
        x = MARGIN
        for number, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
            for place, line in enumerate(lines):
                y = self.y - LEADING * (place + 1)
                self._text(x, y, line, font, SIZE, edge=x + width - gap if number in right else 0)
            x += width
        self.y -= height
        if self.canvas is not None:
            self.canvas.setStrokeColorRGB(*RULE)
            self.canvas.setLineWidth(0.4)
            self.canvas.line(MARGIN, self.y, WIDTH - MARGIN, self.y)

    def _text(  # as the canvas has them
        self,
        x: float,
        y: float,
        text: str,
        font: str,
        size: float,
        *,
        colour: tuple[float, float, float] = BLACK,
        edge: float = 0,
    ) -> None:
        if self.canvas is None:
            return
        self.canvas.setFont(font, size)
        self.canvas.setFillColorRGB(*colour)
        if edge:
            self.canvas.drawRightString(edge, y, text)
        else:
            self.canvas.drawString(x, y, text)

    def _draw_footer(self) -> None:
        y = FOOT - 14
        for line in self.footer:
            self._text(MARGIN, y, line, PLAIN, SMALL, colour=GREY)
            y -= SMALL * 1.4
        told = f"bladzijde {self.pages} van {self.total}"
        self._text(MARGIN, y, told, PLAIN, SMALL, colour=GREY, edge=WIDTH - MARGIN)
