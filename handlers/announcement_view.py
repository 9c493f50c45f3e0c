"""How an announcement looks: to residents, and to the sender while it is on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal

from content.phrases import Html, Phrases
from handlers.unit import LOCALE, Button, Unit
from services import audiences
from services.announcements import BLOCKED, GONE, NEVER, OTHER, TOPIC, reason
from services.forms import medium_of
from services.markup import visible_length
from storage import Row
from storage import announcements as stored
from storage.announcements import DONE, PAUSED, STOPPED, Tally
from storage.audiences import UNREAD, Audience

BAR_LENGTH = 8
MAX_MESSAGE, MAX_CAPTION = 4096, 1024  # UTF-16 units that are seen; Bot API
Call = tuple[str, dict[str, Any]]


FORM_LABELS = {  # of the button under an announcement, by where it leads
    "lapor": "menu.complaint",
    "aspirasi": "menu.aspiration",
    "petugas": "message.button.ask",
    "jadwal": "menu.schedule",
}


def call_of(
    phrases: Phrases,
    kelurahan: str,
    html: str,
    photo: str | None,
    *,
    button: Button | None = None,
    urgent: bool = False,
) -> Call:
    """The message that residents get, without the chat: Bot API method and parameters."""
    text = message_of(phrases, kelurahan, html, urgent=urgent)
    params: dict[str, Any] = {"text": text, "parse_mode": "HTML"}
    method = "sendMessage"
    if photo is not None:
        kind, file_id = medium_of(photo)
        method = f"send{kind.capitalize()}"
        params = {kind: file_id, "caption": text, "parse_mode": "HTML"}
    else:
        params["link_preview_options"] = {"is_disabled": True}
    if button is not None:
        params["reply_markup"] = {"inline_keyboard": [[button.as_json(phrases)]]}
    return method, params


def message_of(phrases: Phrases, kelurahan: str, html: str, *, urgent: bool) -> str:
    """The words of an announcement under its head."""
    key = "announcement.message_urgent" if urgent else "announcement.message"
    return phrases.text(key, kelurahan=kelurahan, text=Html(html))


def reader_button(unit: Unit, where: str | None, announcement_id: int) -> Button | None:
    """The button under an announcement; its tap also tells that it was read."""
    if where is None:
        return None
    data = f"news:open:{announcement_id}"
    if not where.startswith(TOPIC):
        return Button(FORM_LABELS[where], data)
    page = unit.world.pages.current.get(where.removeprefix(TOPIC))
    if page is None:
        return Button("announcement.button.read", data)
    return Button("topic.button.page", data, {"topic": page.label})


def audience(unit: Unit, rts: Sequence[str] | None, wanted: Audience | None) -> str:
    """For whom an announcement is, in words: the RTs, and which of their residents."""
    to = unit.audience(rts)
    if wanted is None:
        return to
    key, values = f"announcement.whom.{wanted['who']}", {}
    if wanted["who"] == UNREAD:
        values["what"] = _unread(unit, wanted["reference"])
    whom = unit.phrases.plain(key, **values)
    return unit.phrases.plain("announcement.whom_in", to=to, whom=whom)


def _unread(unit: Unit, reference: str) -> str:
    """What was not read, in words: the title of a page, or when an announcement was sent."""
    number = audiences.number_of(reference)
    if number is None:
        page = unit.world.pages.current.get(reference)
        return page.title if page else reference
    row = stored.get(unit.db, number)
    when = day_and_time(row.send_at, unit.settings.kelurahan.zone) if row else ""
    return unit.phrases.plain("announcement.whom.announcement", when=when)


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


def progress(phrases: Phrases, done: int, of: int, key: str = "announcement.progress") -> Html:
    """The bar: how many of how many; `key` says of what."""
    full = done * BAR_LENGTH // of if of else 0
    return phrases.html(
        key,
        bar="▓" * full + "░" * (BAR_LENGTH - full),
        percent=done * 100 // of if of else 0,
        done=number(done),
        of=number(of),
    )


def result(phrases: Phrases, state: str, counted: Tally) -> Html:
    """What became of an announcement that is done or was stopped."""
    key = "announcement.stopped" if state in STOPPED else "announcement.done"
    lines = [phrases.html(key, number=number(counted.sent)), *failures(phrases, counted)]
    return Html("\n".join(lines))


def failures(phrases: Phrases, counted: Tally) -> list[Html]:
    """Whom it did not reach and why, a line for each reason."""
    why: Counter[str] = Counter()
    for error, count in counted.failed.items():
        why[reason(error)] += count
    return [
        phrases.html(f"announcement.failed.{kind}", number=number(why[kind]))
        for kind in (BLOCKED, GONE, OTHER, NEVER)
        if why[kind]
    ]


def controls(announcement_id: int, *, paused: bool = False) -> list[Button]:
    """Pause or resume, and the way to the question whether to stop an announcement."""
    act = "resume" if paused else "pause"
    return [
        Button(f"announcement.button.{act}", f"announcement:{act}:{announcement_id}"),
        Button("announcement.button.stop", f"announcement:cancel:{announcement_id}"),
    ]


def on_its_way(phrases: Phrases, row: Row[Any], done: int) -> Html:
    """How far an announcement is that was begun, or that it pauses."""
    key = "announcement.paused" if row.state == PAUSED else "announcement.progress"
    return progress(phrases, done, max(row.recipients, done), key)


def reach_button(announcement_id: int) -> Button:
    """Leads to how many got it in which RT."""
    return Button("announcement.button.reach", f"announcement:reach:{announcement_id}")


def edit(phrases: Phrases, chat_id: int, html: str, buttons: list[Button]) -> dict[str, Any]:
    """Parameters of a message, or of its change, outside of a unit."""
    rows = [[button.as_json(phrases) for button in buttons]] if buttons else []
    params: dict[str, Any] = {"chat_id": chat_id, "text": html, "parse_mode": "HTML"}
    return params | {"reply_markup": {"inline_keyboard": rows}}


def is_over(state: str) -> bool:
    """Whether nothing more will be queued."""
    return state in (DONE, *STOPPED)
