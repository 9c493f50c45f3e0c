"""Paper for residents without Telegram, as PDF on A4: a sheet to fill in, a poster with a QR code.

All measures are millimetres, all sizes of letters points. The letters are PDF's own Helvetica,
which has the signs of Latin-1 and needs no font file; what else a name may hold becomes "?".
Drawing needs 40 MB that a process would never give back: a process of its own does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 15.0  # A4
INNER = WIDTH - 2 * MARGIN
DARK = (20, 83, 60)
QR_SIZE, QUIET = 110.0, 4  # modules of white around the code (ISO/IEC 18004)
HALF = HEIGHT / 2  # of a sheet, cut in two
BOX = 4.0


@dataclass(frozen=True)
class Poster:
    """The words of one poster, and the address in its code."""

    head: str
    rt: str
    title: str
    subtitle: str
    address: str
    steps: str
    link: str
    helped: str
    emergency: str


@dataclass(frozen=True)
class Sheet:
    """The words of one sheet to fill in."""

    title: str
    head: str
    note: str
    what: str
    choices: tuple[str, ...]
    where: str
    words: str
    since: str
    consent: str
    name: str
    received: str
    number: str


def make(pages: Sequence[Poster | Sheet]) -> bytes:
    """A PDF with one page each, drawn in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(draw, list(pages)).result()


def draw(pages: Sequence[Poster | Sheet]) -> bytes:
    """A PDF with one page each."""
    from fpdf import FPDF  # only here: see the top of the module

    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(MARGIN)
    for page in pages:
        pdf.add_page()
        if isinstance(page, Poster):
            _poster(pdf, page)
        else:
            _half(pdf, page, 0.0)
            pdf.set_dash_pattern(dash=2, gap=2)
            pdf.line(0, HALF, WIDTH, HALF)
            pdf.set_dash_pattern()
            _half(pdf, page, HALF)
    return bytes(pdf.output())


def _poster(pdf: FPDF, page: Poster) -> None:
    pdf.set_fill_color(*DARK)
    pdf.rect(0, 0, WIDTH, 52, style="F")
    pdf.set_text_color(255, 255, 255)
    _line(pdf, page.head, top=10, size=20)
    _line(pdf, page.rt, top=22, size=60, bold=True, height=24)
    pdf.set_text_color(*DARK)
    _line(pdf, page.title, top=60, size=34, bold=True)
    pdf.set_text_color(0, 0, 0)
    _line(pdf, page.subtitle, top=75, size=18)
    _code(pdf, page.address, (WIDTH - QR_SIZE) / 2, 88, QR_SIZE)
    pdf.set_font("Helvetica", size=17)
    pdf.set_xy(MARGIN + 8, 203)
    pdf.multi_cell(INNER - 16, 9, _latin(page.steps), align="L")
    _line(pdf, page.link, top=236, size=13)
    _line(pdf, page.helped, top=248, size=15, bold=True)
    pdf.set_draw_color(*DARK)
    pdf.line(MARGIN, 266, WIDTH - MARGIN, 266)
    pdf.set_draw_color(0, 0, 0)
    _line(pdf, page.emergency, top=270, size=13)


def _line(
    pdf: FPDF, text: str, *, top: float, size: float, bold: bool = False, height: float = 10
) -> None:
    """A centred line, made smaller where it would not fit."""
    text = _latin(text)
    pdf.set_font("Helvetica", "B" if bold else "", size)
    while pdf.get_string_width(text) > INNER and size > 8:
        size -= 1
        pdf.set_font_size(size)
    pdf.set_xy(MARGIN, top)
    pdf.cell(INNER, height, text, align="C")


def _code(pdf: FPDF, address: str, left: float, top: float, size: float) -> None:
    """A QR code as vectors, with the white around it that readers need."""
    import segno

    rows = list(segno.make(address, error="m", micro=False).matrix_iter(border=QUIET))
    side = size / len(rows)
    pdf.set_fill_color(0, 0, 0)
    for number, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:  # a hair larger, so that no white line runs between two
                x, y = left + column * side, top + number * side
                pdf.rect(x, y, side + 0.02, side + 0.02, style="F")


def _half(pdf: FPDF, page: Sheet, top: float) -> None:
    """A form to fill in with a pen, on half a page."""
    pdf.set_font("Helvetica", "B", 14)
    pdf.set_xy(MARGIN, top + 7)
    pdf.cell(INNER, 6, _latin(page.title))
    _text(pdf, page.head, top + 13, 11)
    _text(pdf, page.note, top + 18, 9)
    _text(pdf, page.what, top + 24.5, 11, bold=True)
    below = _boxes(pdf, page.choices, top + 31)
    for question, lines in ((page.where, 1), (page.words, 3), (page.since, 1)):
        _text(pdf, question, below, 11, bold=True)
        below = _rules(pdf, below + 6, lines)
    _box(pdf, MARGIN, below)
    _text(pdf, page.consent, below, 10, left=MARGIN + BOX + 2)
    for number, label in enumerate((page.name, page.received, page.number)):
        x = MARGIN + number * INNER / 3
        pdf.line(x, below + 15, x + INNER / 3 - 4, below + 15)
        _text(pdf, label, below + 15.5, 8, left=x)


def _text(
    pdf: FPDF, text: str, top: float, size: float, *, bold: bool = False, left: float = MARGIN
) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    pdf.set_xy(left, top)
    pdf.cell(INNER, 4.5, _latin(text))


def _boxes(pdf: FPDF, choices: Sequence[str], top: float) -> float:
    """Boxes to tick in two columns; gives where they end."""
    for number, choice in enumerate(choices):
        left = MARGIN + (number % 2) * INNER / 2
        y = top + (number // 2) * 5.8
        _box(pdf, left, y)
        _text(pdf, choice, y, 10, left=left + BOX + 2)
    return top + (len(choices) + 1) // 2 * 5.8 + 1.5


def _box(pdf: FPDF, left: float, top: float) -> None:
    pdf.rect(left, top + 0.2, BOX, BOX)


def _rules(pdf: FPDF, top: float, count: int) -> float:
    """Lines to write on; gives where they end."""
    for number in range(count):
        y = top + 4.5 + number * 7.5
        pdf.line(MARGIN, y, WIDTH - MARGIN, y)
    return top + count * 7.5 + 0.5


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
