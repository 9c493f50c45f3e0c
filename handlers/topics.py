"""BANTAR explained: groups, their topics, and a page with its rest and its sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel.dates import format_date
from telegram import Update

from content.pages import Page
from content.phrases import utf16_length
from handlers import forms
from handlers.buttons import in_rows
from handlers.routes import command, tap
from handlers.unit import LOCALE, Button, Unit
from services import topics
from services.roles import Permission

RELATED = 3  # buttons of other topics under a page
COLUMNS = 2
ALL = "topic:group"
DOORS = {  # what a reader of a page may want to do next: phrases, and where their taps lead
    "privasi-data": (
        ("mydata.button.mine", "privacy:mine"),
        ("mydata.button.delete", "privacy:ask"),
    ),
    "drainase": (("menu.complaint", "meant:lapor-drainase"),),
    "kewenangan-drainase": (("menu.complaint", "meant:lapor-drainase"),),
    "rawat-hasil": (("menu.complaint", "meant:lapor-drainase"),),
    "pemantauan-evaluasi": (("menu.complaint", "meant:lapor-drainase"),),
    "gotong-royong": (("menu.schedule", "meant:jadwal-gotong-royong"),),
    "musyawarah": (("menu.aspiration", "meant:kirim-aspirasi"),),
    "musrenbang": (("menu.aspiration", "meant:kirim-aspirasi"),),
    "partisipasi": (("menu.aspiration", "meant:kirim-aspirasi"),),
    "alur-laporan": (("menu.reports", "meant:cek-status"),),
}
FOLDED = "expandable_blockquote"  # Telegram shows three lines of it until it is tapped


def begin(unit: Unit, update: Update) -> None:
    """/bantar: the groups."""
    menu(unit)
    forms.offer_resume(unit)


def menu(unit: Unit) -> None:
    """The groups as buttons."""
    buttons = [
        Button(f"topic.button.{group}", f"{ALL}:{group}")
        for group in unit.world.pages.current.groups()
    ]
    unit.show("topic.menu", in_rows(buttons, COLUMNS))


def on_group(unit: Unit, update: Update) -> None:
    """The topics of a group, or the groups again."""
    group = _value(unit)
    pages = unit.world.pages.current
    if not group:
        menu(unit)
    elif group in pages.groups():
        rows = [[_page_button(page)] for page in pages.of(group)]
        unit.show(f"topic.group.{group}", [*rows, _back()])
    else:
        unit.notice("form.old_button")


def on_open(unit: Unit, update: Update) -> None:
    """The first part of a page."""
    if not _open(unit, _value(unit)):
        unit.notice("form.old_button")


def on_more(unit: Unit, update: Update) -> None:
    """The whole page."""
    if not _open(unit, _value(unit), whole=True):
        unit.notice("form.old_button")


def open_from_link(unit: Unit, slug: str) -> bool:
    """A page by the link /start topik_<slug>; False if there is none, and nothing is shown."""
    return _open(unit, slug)


def open_page(unit: Unit, slug: str, others: Sequence[Button] = ()) -> bool:
    """A page as the answer to a question; `others` are what else could be meant."""
    return _open(unit, slug, others=others)


def _open(unit: Unit, slug: str, *, whole: bool = False, others: Sequence[Button] = ()) -> bool:
    """Show a page and log that it was read; False if there is none of that name."""
    page = unit.world.pages.current.get(slug)
    if page is None:
        return False
    text, entities = framed(unit, page, whole=whole)
    unit.page(text, entities, _buttons(unit, page, whole=whole, others=others))
    topics.read(unit.db, unit.actor, page.slug, unit.settings.kelurahan.zone, unit.now)
    return True


def framed(unit: Unit, page: Page, *, whole: bool) -> tuple[str, list[dict[str, Any]]]:
    """A page as it is shown: title, text, whom to ask, sources, day of review; its entities."""
    part = page.whole if whole else page.first
    head = f"{page.title}\n\n"
    shift = utf16_length(head)
    reviewed = format_date(page.reviewed, "d MMMM y", locale=LOCALE)
    foot = "\n".join(
        (
            unit.phrases.plain("topic.reviewed", when=reviewed),
            unit.phrases.plain("topic.sources", sources="; ".join(page.sources)),
        )
    )
    body = f"{head}{part.text}\n\n{unit.phrases.plain('topic.ask')}\n\n"
    entities = [
        {"type": "bold", "offset": 0, "length": utf16_length(page.title)},
        *({**entity, "offset": entity["offset"] + shift} for entity in part.entities),
        {"type": FOLDED, "offset": utf16_length(body), "length": utf16_length(foot)},
    ]
    return body + foot, entities


def _buttons(
    unit: Unit, page: Page, *, whole: bool, others: Sequence[Button]
) -> list[list[Button]]:
    rows = []
    if page.has_more and not whole:
        rows.append([Button("topic.button.more", f"topic:more:{page.slug}")])
    rows += [[Button(*door)] for door in DOORS.get(page.slug, ())]
    ask = Button("message.button.ask", f"message:ask:{page.slug}")
    if others:  # nearer to the question than what is related
        return [*rows, *([other] for other in others), [ask], _back()]
    related = unit.world.pages.current.related(page)[:RELATED]
    return [*rows, *([_page_button(other)] for other in related), [ask], _back()]


def _page_button(page: Page) -> Button:
    return Button("topic.button.page", f"topic:open:{page.slug}", {"topic": page.label})


def _back() -> list[Button]:
    return [Button("topic.button.all", ALL)]


def _value(unit: Unit) -> str:
    """What the tapped button carries behind the name of its route."""
    assert unit.tap is not None
    return unit.tap.data.partition(":")[2].partition(":")[2]


ROUTES = (
    command("bantar", begin, needs=Permission.READ, menu="menu.topics"),
    tap("topic:group", on_group, needs=Permission.READ),
    tap("topic:open", on_open, needs=Permission.READ),
    tap("topic:more", on_more, needs=Permission.READ),
)
