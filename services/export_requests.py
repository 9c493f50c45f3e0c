"""Exports that were asked for in the chat: who wants what, and what is written down about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.audit import Act, note
from services.exports import IN_CHAT, TICKETS, Filter
from services.roles import Actor, Permission
from storage import Connection, tasks

KIND = "export"  # of the slow work


@dataclass(frozen=True)
class Request:
    """An export on its way to a person."""

    telegram_id: int
    what: str
    wanted: Filter

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Request:
        """Read what `ask` left in the task table."""
        return cls(payload["telegram_id"], payload["what"], Filter(**payload["wanted"]))


def ask(
    db: Connection,
    actor: Actor,
    what: str,
    wanted: Filter,
    *,
    message_id: int | None,
    now: datetime,
) -> bool:
    """Queue an export; False if the person waits for one already, or tapped twice.

    `message_id` is the message whose button asked for it.
    """
    actor.require(Permission.EXPORT_NAMES if wanted.names else Permission.EXPORT)
    if what not in IN_CHAT or (wanted.names and what not in TICKETS):
        raise ValueError(what)
    for state, payload in tasks.of_kind(db, KIND):
        same = message_id is not None and payload["message_id"] == message_id
        if payload["telegram_id"] == actor.telegram_id and (state == "queued" or same):
            return False
    payload = {
        "telegram_id": actor.telegram_id,
        "what": what,
        "wanted": asdict(wanted),
        "message_id": message_id,
    }
    tasks.add(db, KIND, payload, now)
    if wanted.names:
        note(db, actor, Act.EXPORT_NAMES, what, now, told(wanted))
    return True


def made(db: Connection, actor: Actor, request: Request, rows: int, now: datetime) -> None:
    """Write down that an export leaves."""
    actor.require(Permission.EXPORT_NAMES if request.wanted.names else Permission.EXPORT)
    note(db, actor, Act.EXPORT, request.what, now, f"{told(request.wanted)} rows={rows}")


def told(wanted: Filter) -> str:
    """The filters in a line of the audit trail: "year=2026 names=no"."""
    given = {"year": wanted.year, "rt": wanted.rt, "state": wanted.state}
    parts = [f"{name}={value}" for name, value in given.items() if value is not None]
    return " ".join([*parts, f"names={'yes' if wanted.names else 'no'}"])
