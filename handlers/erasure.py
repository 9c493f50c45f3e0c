"""What others see of a person who deleted his data: cards, lists and files are taken back.

Telegram lets a bot change its texts for ever and delete its messages for two days. What is on its
way at this moment is left to the slow work, which calls `cover` again once it has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers import staff_group, ticket_photos, ticket_view
from handlers.unit import Unit
from services.deletion import DELETABLE, KIND, ROLELESS, Traces
from services.roles import actor_of
from services.tickets import OPEN_STATES, again
from storage import Row, outbox, residents, roles, shown, tasks, ticket_files
from storage.outbox import Message
from storage.outbox_words import Lane
from storage.residents import Notice
from storage.shown import Showing

TEXTS = ("sendMessage", "editMessageText")
CAPTIONED = ("sendPhoto", "sendDocument", "editMessageCaption")  # may have words below them
PER_SECOND = 20  # changes of messages in other chats: Telegram takes 30 calls


def take_back(unit: Unit, traces: Traces) -> None:
    """Change or delete every message in other chats that shows a person."""
    cover(unit, traces.messages)
    _withdraw_exports(unit, traces.exports)
    for ticket_id in traces.touched:
        ticket_view.refresh_cards(unit, again(unit.db, ticket_id))


def cover(unit: Unit, rows: Sequence[Showing]) -> None:
    """Let these messages show nothing of a person any more; doing it twice is harmless."""
    unit.shown.clear()
    here = [row for row in rows if row.state != "sending"]
    cards = [row for row in here if row.ticket_id is not None]
    numbers = {row.id for row in cards}
    rest = [row for row in here if row.ticket_id is None and row.edits_id not in numbers]
    done = {(row.chat_id, row.message_id) for row in cards}
    pace = _Pace(unit)
    answers = {row.id: row for row in rest if _is_answer(row)}
    for row in answers.values():  # whoever waits for one is answered all the same
        done.add((row.chat_id, _answer_instead(unit, row)))
    given_up = [row.id for row in here if row.ticket_id is None and row.id not in answers]
    shown.give_up(unit.db, given_up)
    for row in cards:
        _renew_card(unit, row, pace)
    for row in _latest(unit, [row for row in rest if (row.chat_id, row.message_id) not in done]):
        if row.method in TEXTS or (not _delete(unit, row, pace) and row.method in CAPTIONED):
            _edit(unit, row, pace)
    shown.empty(unit.db, [row.id for row in here])
    shown.forget(unit.db, [row.id for row in here])


class _Pace:
    """When each of many calls may go: so many at once that replies come in between."""

    def __init__(self, unit: Unit) -> None:
        self._now = unit.now
        self._count = 0

    def next(self) -> datetime:
        """The moment for one more."""
        self._count += 1
        return self._now + (self._count - 1) * timedelta(seconds=1 / PER_SECOND)


def _latest(unit: Unit, rows: Sequence[Showing]) -> list[Showing]:
    """Of each message in a chat the row that says what it shows now, if it is one of these.

    It is as old as the first row that wrote it.
    """
    sent = [row for row in rows if row.state == "sent" and row.message_id is not None]
    found: list[Showing] = []
    for chat_id in sorted({row.chat_id for row in sent}):
        here = {row.id: row for row in sent if row.chat_id == chat_id}
        messages = {row.message_id for row in here.values() if row.message_id is not None}
        newest = shown.newest(unit.db, chat_id, messages, since=min(here))
        first: dict[int | None, datetime | None] = {}
        for row in here.values():  # oldest first
            first.setdefault(row.message_id, row.sent_at)
        for row in (here[row_id] for row_id in newest if row_id in here):
            found.append(row._replace(sent_at=first[row.message_id]))
    return found


def replace_cards(unit: Unit, ticket: Row[Any]) -> None:
    """What stood above the cards of a ticket was taken out: now the next photo stands there."""
    unit.shown.clear()
    cards, medium = shown.cards_of(unit.db, ticket.id), ticket_photos.medium_of(unit, ticket)
    for row in cards:
        _renew_card(unit, row, _Pace(unit), medium)
    moving = [row.id for row in cards if row.state == "sending"]
    if moving:
        tasks.add(unit.db, KIND, {"rows": moving}, unit.now)


def _renew_card(
    unit: Unit, row: Showing, pace: _Pace, medium: tuple[str, str] | None = None
) -> None:
    """A card shows the ticket as it is now; one with a photo or voice gives way to a new one.

    Who lost the role sees no more of the ticket, what he could not see before least of all.
    """
    assert row.ticket_id is not None
    ticket = again(unit.db, row.ticket_id)
    whole, reads = ticket_view.card(unit, ticket), row.chat_id in staff_group.readers(unit)
    html, buttons = ticket_view.card_in(unit, ticket, row.chat_id)
    if not reads:
        html, buttons = unit.phrases.text("erase.covered"), []
        unit.shown.clear()
    ticket_files.outdated_cards(unit.db, ticket.id, whole)  # they all will show this
    if row.state == "queued":
        shown.rewrite(unit.db, row.id, unit.message_to(row.chat_id, html, buttons))
        return None
    if row.state != "sent":
        return None
    if row.method == "sendMessage":
        return unit.change_card(row.id, html, buttons, lane=Lane.REPLY)
    if not _delete(unit, row, pace):
        return unit.change_card(row.id, html, buttons, lane=Lane.REPLY)
    shown.drop_card(unit.db, row.id)
    if ticket.state in OPEN_STATES and reads:
        new = unit.card(row.chat_id, html, medium, buttons)
        ticket_files.add_card(unit.db, ticket.id, new, whole)


def _is_fresh(unit: Unit, row: Showing) -> bool:
    """Whether Telegram still lets a bot delete the message."""
    return row.sent_at is not None and unit.now - row.sent_at < DELETABLE


def _edit(unit: Unit, row: Showing, pace: _Pace) -> None:
    """Another text in its place, without buttons; at night too: nobody is woken by an edit.

    It is known by its key: where the message is gone, nothing comes in its place.
    """
    params = unit.message_to(row.chat_id, unit.phrases.text("erase.covered"))
    method = "editMessageText"
    if row.method in CAPTIONED:
        method = "editMessageCaption"
        del params["link_preview_options"]
        params["caption"] = params.pop("text")
    _add(unit, row, method, {**params, "message_id": row.message_id}, pace)


def _is_answer(row: Showing) -> bool:
    """Whether it waits to be sent in answer to what its reader did just now."""
    in_words = row.method in TEXTS and row.edits_id is None
    return row.state == "queued" and row.lane == Lane.REPLY and in_words


def _answer_instead(unit: Unit, row: Showing) -> int | None:
    """Say that it is gone; gives the message that this changes, if it is not a new one."""
    params = unit.message_to(row.chat_id, unit.phrases.text("erase.covered"))
    return shown.rewrite(unit.db, row.id, params)


def _add(unit: Unit, row: Showing, method: str, params: dict[str, Any], pace: _Pace) -> None:
    key = shown.cover_key(row.chat_id, method, params["message_id"])
    if shown.is_covering(unit.db, key):
        return  # the same call: Telegram would refuse a second one
    message = Message(
        row.chat_id, method, params, not_before=pace.next(), key=key, replaces=True
    )  # one that still waits says the same already
    outbox.add(unit.db, message, unit.now)


def _may_ask(unit: Unit, chat_id: int) -> bool:
    """Whether somebody may be asked for something: colleagues, and residents who want news."""
    if staff_group.is_of_staff(unit, chat_id):
        return True
    grant = roles.grant_of(unit.db, chat_id)
    known = residents.by_telegram_id(unit.db, chat_id)
    if actor_of(chat_id, unit.settings.staff.admins, grant, known).role.value not in ROLELESS:
        return True
    return known is not None and known.hears(Notice.FOLLOW_UPS)


def _delete(unit: Unit, row: Showing, pace: _Pace) -> bool:
    """Delete a photo, a voice note, an album or a file.

    False if it is too old for that: then whoever has it may be asked to do it by hand.
    """
    if row.message_id is None:
        return True
    if not _is_fresh(unit, row):
        if not _may_ask(unit, row.chat_id):
            return False
        params = unit.message_to(row.chat_id, unit.phrases.text("erase.by_hand"))
        params["reply_parameters"] = {
            "message_id": row.message_id, "allow_sending_without_reply": True,
        }  # fmt: skip
        key = f"erase:by_hand:{row.id}"  # asked once
        message = Message(row.chat_id, "sendMessage", params, Lane.NOTICE, key=key)
        outbox.add(unit.db, message, unit.now)
        return False
    more = (row.more_ids or "").split(",")
    for message_id in (row.message_id, *(int(number) for number in more if number)):
        params = {"chat_id": row.chat_id, "message_id": message_id}
        _add(unit, row, "deleteMessage", params, pace)
    return True


def _withdraw_exports(unit: Unit, rows: Sequence[Showing]) -> None:
    """Files with data that were made lately go, and who asked for them can ask again."""
    shown.give_up(unit.db, [row.id for row in rows])
    for row in rows:
        if row.state == "sent":
            _delete(unit, row, _Pace(unit))
    shown.empty(unit.db, [row.id for row in rows])  # the next deletion finds them taken back
    for chat_id in sorted({row.chat_id for row in rows}):
        unit.notify(chat_id, "erase.export_gone")
