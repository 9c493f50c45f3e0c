"""The list of my reports, with what each is about."""

from __future__ import annotations

from telegram import Update

from handlers import forms, reports, ticket_view
from handlers.buttons import turning
from handlers.routes import command, tap
from handlers.taps import page_in
from handlers.unit import Button, Unit
from services.roles import Permission
from storage import tickets as stored

PAGE = 6  # reports in one message


def list_(unit: Unit, update: Update) -> None:
    """/laporan lists one's reports; /laporan DRN-2026-0001 opens one."""
    text = update.effective_message.text or "" if update.effective_message else ""
    number = text.partition(" ")[2].strip().upper() if text.startswith("/") else ""
    if number:
        reports.open_(unit, number)
    else:
        page(unit, 0)
    forms.offer_resume(unit)


def on_page(unit: Unit, update: Update) -> None:
    """Another page of the list."""
    page(unit, page_in(unit.values[0] if unit.values else ""))


def page(unit: Unit, number: int) -> None:
    """One page of the list, newest first."""
    resident = unit.actor.resident
    offset = number * PAGE
    found = (
        stored.of_resident(unit.db, resident.id, limit=PAGE + 1, offset=offset) if resident else []
    )
    if not found:
        return unit.show("report.none")
    rows = [
        [
            Button(
                "report.button.line",
                f"report:open:{row.number}",
                {"number": row.number, "state": unit.phrases.plain(f"short.state.{row.state}")},
            )
        ]
        for row in found[:PAGE]
    ]
    turn = turning(
        number,
        len(found) > PAGE,
        lambda page: f"report:page:{page}",
        before="report.button.newer",
        after="report.button.older",
    )
    lines = [
        unit.phrases.html(
            "report.line",
            number=row.number,
            title=ticket_view.title_of(unit, row),
            state=ticket_view.state_of(unit, row),
        )
        for row in found[:PAGE]
    ]
    text = "\n\n".join([unit.phrases.html("report.list"), *lines])
    unit.say(text, [*rows, *turn], in_place=True)


ROUTES = (
    command("laporan", list_, needs=Permission.READ, menu="menu.reports"),
    tap("report:page", on_page, needs=Permission.READ),
)
