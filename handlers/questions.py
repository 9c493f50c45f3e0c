"""Questions of residents without an answer: staff read them and give them to pages.

Buttons carry the id of a question, or the page of a list.
"""

from __future__ import annotations

from typing import Any

from telegram import Update

from content.pages import Page
from content.phrases import Html
from handlers import forms, ticket_view
from handlers.buttons import in_rows, turning
from handlers.routes import command, tap
from handlers.taps import number_in, page_in
from handlers.unit import Button, Unit
from services import questions as rules
from services.questions import Settled
from services.roles import Permission
from storage import Row
from storage import questions as stored

PAGE = 6  # questions in one message
COLUMNS = 2
LIST = "question:list"
GIVEN = "question:given"


def begin(unit: Unit, update: Update) -> None:
    """/pertanyaan: most asked first."""
    _list(unit, 0)
    forms.offer_resume(unit)


def on_list(unit: Unit, update: Update) -> None:
    """Another page of the list."""
    _list(unit, page_in(_value(unit, 0)))


def _value(unit: Unit, place: int) -> str:
    return unit.values[place] if len(unit.values) > place else ""


def _list(unit: Unit, page: int) -> None:
    found = stored.waiting(unit.db, limit=PAGE, offset=page * PAGE)
    count = stored.count_waiting(unit.db)
    lines = [
        unit.phrases.html("question.line", number=number, words=row.words, count=row.asked)
        for number, row in enumerate(found, start=page * PAGE + 1)
    ]
    rows = _numbered(found, page, "question.button.number", "question:open")
    rows += _turn(LIST, page, count)
    rows.append([Button("question.button.given", GIVEN)])
    _say(unit, "question.list" if found else "question.none", lines, rows, count)


def _say(unit: Unit, key: str, lines: list[Html], rows: list[list[Button]], count: int) -> None:
    head = unit.phrases.html(key, count=count)
    unit.say("\n\n".join([head, *lines]), rows, in_place=True)


def _numbered(found: list[Row[Any]], page: int, label: str, data: str) -> list[list[Button]]:
    """One small button a row of the list, as many in a row as fit."""
    first = page * PAGE + 1
    buttons = [
        Button(label, f"{data}:{row.id}", {"number": number})
        for number, row in enumerate(found, start=first)
    ]
    half = PAGE // 2
    return in_rows(buttons, half)


def _turn(data: str, page: int, count: int) -> list[list[Button]]:
    """Buttons to the pages before and after, where there are any."""
    return turning(page, (page + 1) * PAGE < count, lambda number: f"{data}:{number}")


def _waiting(unit: Unit) -> Row[Any] | None:
    """The question that the tapped button names, if it still waits; else said so."""
    number = number_in(_value(unit, 0))
    row = stored.get(unit.db, number) if number is not None else None
    if row is None or row.settled_at is not None:
        _settled(unit)
        return None
    return row


def _settled(unit: Unit) -> None:
    unit.notice("question.settled", alert=True)
    _list(unit, 0)


def on_open(unit: Unit, update: Update) -> None:
    """One question, and what can become of it."""
    row = _waiting(unit)
    if row is None:
        return
    rows = [
        [Button("question.button.to_page", f"question:groups:{row.id}")],
        [Button("question.button.dismiss", f"question:dismiss:{row.id}")],
        [Button("desk.button.list", LIST)],
    ]
    first, last = unit.day(row.first_at), unit.day(row.last_at)
    unit.show("question.one", rows, words=row.words, count=row.asked, first=first, last=last)


def on_groups(unit: Unit, update: Update) -> None:
    """To which page? First its group."""
    row = _waiting(unit)
    if row is None:
        return
    buttons = [
        Button(f"topic.button.{group}", f"question:pages:{row.id}:{group}")
        for group in unit.world.pages.current.groups()
    ]
    rows = in_rows(buttons, COLUMNS)
    back = Button("form.button.back", f"question:open:{row.id}")
    unit.show("question.which_group", [*rows, [back]], words=row.words)


def on_pages(unit: Unit, update: Update) -> None:
    """The pages of a group."""
    row = _waiting(unit)
    if row is None:
        return
    pages = unit.world.pages.current.of(_value(unit, 1))
    rows = [[_page_button(page, row.id)] for page in pages]
    back = Button("form.button.back", f"question:groups:{row.id}")
    unit.show("question.which_page", [*rows, [back]], words=row.words)


def _page_button(page: Page, question_id: int) -> Button:
    return Button(
        "topic.button.page", f"question:assign:{question_id}:{page.slug}", {"topic": page.label}
    )


def on_assign(unit: Unit, update: Update) -> None:
    """A page was chosen: from now on the question is one of those that it answers."""
    row = _waiting(unit)
    if row is None:
        return
    page = unit.world.pages.current.get(_value(unit, 1))
    if page is None:
        return unit.notice("form.old_button")
    rules.give_to_page(unit.db, unit.actor, row.id, page.slug, unit.now)
    rows = [[Button("question.button.given", GIVEN)], [Button("desk.button.list", LIST)]]
    unit.show("question.assigned", rows, words=row.words, topic=page.title)


def on_dismiss(unit: Unit, update: Update) -> None:
    """ "Bukan urusan kita": off the list; a tap by mistake can be undone."""
    row = _waiting(unit)
    if row is None:
        return
    rules.dismiss(unit.db, unit.actor, row.id, unit.now)
    undo = Button("question.button.restore", f"question:restore:{row.id}")
    rows = [[undo], [Button("desk.button.list", LIST)]]
    unit.show("question.dismissed", rows, words=row.words)


def on_restore(unit: Unit, update: Update) -> None:
    """It was ours after all."""
    number = number_in(_value(unit, 0))
    try:
        rules.restore(unit.db, unit.actor, number or 0, unit.now)
    except Settled:
        return _settled(unit)
    on_open(unit, update)


def on_given(unit: Unit, update: Update) -> None:
    """The questions that staff gave to pages."""
    _given(unit, page_in(_value(unit, 0)))


def _given(unit: Unit, page: int) -> None:
    found = stored.given(unit.db, limit=PAGE, offset=page * PAGE)
    count = stored.count_given(unit.db)
    lines = [
        unit.phrases.html(
            "question.given_line",
            number=number,
            words=row.words,
            topic=ticket_view.topic_title(unit, row.topic) or row.topic,
        )
        for number, row in enumerate(found, start=page * PAGE + 1)
    ]
    rows = _numbered(found, page, "question.button.remove", "question:remove")
    rows += _turn(GIVEN, page, count)
    rows.append([Button("desk.button.list", LIST)])
    _say(unit, "question.given" if found else "question.none_given", lines, rows, count)


def on_remove(unit: Unit, update: Update) -> None:
    """❌: the page no longer has the question."""
    number = number_in(_value(unit, 0))
    try:
        rules.take_from_page(unit.db, unit.actor, number or 0, unit.now)
    except Settled:
        unit.notice("question.settled", alert=True)
    else:
        unit.notice("question.removed")
    _given(unit, 0)


HANDLE = Permission.HANDLE_TICKETS
ROUTES = (
    command("pertanyaan", begin, needs=HANDLE),
    tap(LIST, on_list, needs=HANDLE),
    tap("question:open", on_open, needs=HANDLE),
    tap("question:groups", on_groups, needs=HANDLE),
    tap("question:pages", on_pages, needs=HANDLE),
    tap("question:assign", on_assign, needs=HANDLE),
    tap("question:dismiss", on_dismiss, needs=HANDLE),
    tap("question:restore", on_restore, needs=HANDLE),
    tap(GIVEN, on_given, needs=HANDLE),
    tap("question:remove", on_remove, needs=HANDLE),
)
