"""How an announcement looks: to residents, and to the sender while it is on its way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal

from content.phrases import Html, Phrases
from handlers.unit import LOCALE, Button
from services.announcements import BLOCKED, GONE, NEVER, OTHER, reason
from services.forms import medium_of
from services.markup import visible_length
from storage.announcements import CANCELLED, DONE, Tally

BAR_LENGTH = 8
MAX_MESSAGE, MAX_CAPTION = 4096, 1024  # UTF-16 units that are seen; Bot API
Call = tuple[str, dict[str, Any]]


def call_of(phrases: Phrases, kelurahan: str, html: str, photo: str | None) -> Call:
    """The message that residents get, without the chat: Bot API method and parameters."""
    text = phrases.text("announcement.message", kelurahan=kelurahan, text=Html(html))
    if photo is not None:
        kind, file_id = medium_of(photo)
        return f"send{kind.capitalize()}", {kind: file_id, "caption": text, "parse_mode": "HTML"}
    preview = {"is_disabled": True}
    return "sendMessage", {"text": text, "parse_mode": "HTML", "link_preview_options": preview}


def excess(call: Call) -> tuple[int, int]:
    """How long a message may be, and by how much it is longer than that, as Telegram counts."""
    _, params = call
    most = MAX_CAPTION if "caption" in params else MAX_MESSAGE
    return most, visible_length(params.get("caption") or params["text"]) - most


def number(value: int) -> str:
    """A number as people here write it: 5.200."""
    return str(format_decimal(value, locale=LOCALE))


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """A moment that fits a button: "29 Nov 07.00"."""
    return str(format_datetime(at, "d MMM HH.mm", tzinfo=zone, locale=LOCALE))


def progress(phrases: Phrases, done: int, of: int) -> Html:
    """The bar: how many of how many."""
    full = done * BAR_LENGTH // of if of else 0
    return phrases.html(
        "announcement.progress",
        bar="▓" * full + "░" * (BAR_LENGTH - full),
        percent=done * 100 // of if of else 0,
        done=number(done),
        of=number(of),
    )


def result(phrases: Phrases, state: str, counted: Tally) -> Html:
    """What became of an announcement that is done or was stopped."""
    key = "announcement.stopped" if state == CANCELLED else "announcement.done"
    lines = [phrases.html(key, number=number(counted.sent))]
    why: Counter[str] = Counter()
    for error, count in counted.failed.items():
        why[reason(error)] += count
    lines += [
        phrases.html(f"announcement.failed.{kind}", number=number(why[kind]))
        for kind in (BLOCKED, GONE, OTHER, NEVER)
        if why[kind]
    ]
    return Html("\n".join(lines))


def stop_button(announcement_id: int) -> Button:
    """Leads to the question whether to stop an announcement."""
    return Button("announcement.button.stop", f"announcement:cancel:{announcement_id}")


def edit(phrases: Phrases, chat_id: int, html: str, buttons: list[Button]) -> dict[str, Any]:
    """Parameters of a message, or of its change, outside of a unit."""
    rows = [[button.as_json(phrases) for button in buttons]] if buttons else []
    params: dict[str, Any] = {"chat_id": chat_id, "text": html, "parse_mode": "HTML"}
    return params | {"reply_markup": {"inline_keyboard": rows}}


def is_over(state: str) -> bool:
    """Whether nothing more will be queued."""
    return state in (DONE, CANCELLED)
