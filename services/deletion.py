"""Deleting one's data (design, section 8): everything about a person goes in one transaction.

What cannot be in it is a piece of slow work that is queued with it: files, the last answer,
the write-ahead log. `storage.deletion_list.COLUMNS` says what happens to every column.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services import blocked
from services.export_requests import KIND as EXPORT_KIND
from services.exports import TICKETS
from services.roles import Actor, Permission, Role
from storage import Connection, deletion, desk, questions, settings, shown, tasks
from storage.shown import Showing

KIND = "erase"  # of the slow work
COUNT = "erasures"  # setting: how often somebody was deleted; an export that began before is void
DELETABLE = timedelta(hours=47)  # Telegram lets a bot delete its messages for 48 hours
ROLELESS = tuple(role.value for role in (Role.RESIDENT, Role.BLOCKED))


class HasRole(Exception):
    """A person with a role gives it back first: his acts as staff are kept."""


@dataclass(frozen=True)
class Summary:
    """What would go, and what would stay."""

    tickets: int
    media: int
    was_staff: bool  # acts in the audit trail, which stay
    blocked: bool = False  # and stays so


@dataclass(frozen=True)
class Traces:
    """What is still to be changed elsewhere, in the same transaction."""

    messages: list[Showing]  # in other chats
    exports: list[Showing]  # files that may hold words of the person
    touched: list[int]  # tickets of others that lost something, and those that he handled


def summary(db: Connection, actor: Actor) -> Summary:
    """What deleting would mean for this person.

    Raises:
        HasRole: as the name says.
    """
    actor.require(Permission.READ)
    _require_no_role(actor)
    was_staff = deletion.acts_as_staff(db, actor.telegram_id, ROLELESS)
    if actor.resident is None:
        return Summary(0, 0, was_staff)
    tickets = deletion.tickets_of(db, actor.resident.id)
    media = deletion.media_of(db, actor.resident.id)
    return Summary(len(tickets), len(media), was_staff, actor.resident.blocked)


def _require_no_role(actor: Actor) -> None:
    if actor.role.value not in ROLELESS:
        raise HasRole(actor.role.value)


def erase(db: Connection, actor: Actor, now: datetime) -> Traces:
    """Delete all that is kept of a person; the caller changes the messages that show him.

    Raises:
        HasRole: as the name says.
    """
    actor.require(Permission.READ)
    _require_no_role(actor)
    settings.count_up(db, COUNT)  # first: an export that ends now waits, and is begun anew
    messages = shown.rows_in(db, actor.telegram_id)  # of others: nobody can find them later
    touched: list[int] = []
    media: list[int] = []
    exports: list[tuple[Showing, str]] = []
    if actor.resident is not None:
        me = actor.resident.id
        tickets = deletion.tickets_of(db, me)
        media = [*deletion.media_of(db, me), *deletion.proof_for(db, me)]
        messages += shown.rows_of(db, me, tickets, actor.telegram_id)
        if deletion.has_words(db, me):
            exports = [one for one in _exports(db, now) if one[0].chat_id != actor.telegram_id]
        touched = list(deletion.tickets_touched(db, me))
        deletion.empty_tickets(db, me, tickets)
        deletion.remove_media(db, media)
        questions.uncount_all(db, actor.resident.pseudonym)
        deletion.remove_resident(db, me)
        if actor.resident.blocked:
            blocked.remember(db, actor.telegram_id)
    touched += desk.assigned_to(db, actor.telegram_id)  # from when he handled tickets
    desk.release_all(db, actor.telegram_id)
    calls = [*deletion.give_up_waiting(db, actor.telegram_id), *(call for _, call in exports)]
    deletion.empty_dead_taps(db)
    deletion.remove_account(db, actor.telegram_id, ROLELESS)
    shown.forget_chat(db, actor.telegram_id)
    traces = Traces(messages, [row for row, _ in exports], touched)
    moving = [row.id for row in (*messages, *traces.exports) if row.state == "sending"]
    payload = {
        "telegram_id": actor.telegram_id,
        "inbox_id": deletion.empty_received(db, actor.telegram_id),
        "until": now.isoformat(),
        "rows": moving,
        "media": media,
        "files": _uploads(calls),
    }
    tasks.add(db, KIND, payload, now)
    return traces


def count(db: Connection) -> int:
    """How often somebody was deleted so far."""
    return int(settings.get(db, COUNT) or 0)


def locked_count(db: Connection) -> int:
    """The same; nobody is deleted until the transaction ends."""
    return settings.locked_number(db, COUNT)


def _exports(db: Connection, now: datetime) -> list[tuple[Showing, str]]:
    """Files with tickets that were made lately, any of which may hold the person's words.

    Gives the message that brings each one, and its call.
    """
    made = tasks.numbered(db, EXPORT_KIND)
    found = []
    for key, params, row in shown.exports(db, now - DELETABLE):
        payload = made.get(int(key.removeprefix(shown.EXPORT)))
        if payload is None or payload["what"] in TICKETS:
            found.append((row, params))
    return found


def _uploads(calls: Iterable[str]) -> list[str]:
    """Files of ours that calls would have sent, or have."""
    values = [value for call in calls if call for value in json.loads(call).values()]
    return [str(v["upload"]) for v in values if isinstance(v, dict) and "upload" in v]
