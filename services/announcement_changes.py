"""Correcting or recalling an announcement, also where it has arrived already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit
from services.announcements import AT_ONCE, LONGEST, NotOpen, shown
from services.audit import Act
from services.deletion import DELETABLE
from services.forms import Form, Kind, Step
from services.roles import Actor, Permission
from storage import Connection, Row, announcements
from storage import announcement_changes as changes
from storage.announcement_changes import CORRECT, RECALL, NewChange, Reach
from storage.announcements import RECALLED, STOPPED

FORM = "announcement_fix"


def form() -> Form:
    """The new words of an announcement."""
    text = Step("text", frozenset({Kind.TEXT}), formatted=True, shortest=3, longest=LONGEST)
    return Form(name=FORM, story="text", steps=(text,))


def reach(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Reach:
    """What a change could still do with the messages of an announcement."""
    actor.require(Permission.ANNOUNCE)
    return changes.reach(db, announcement_id, now - DELETABLE)


def changeable(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Row[Any]:
    """An announcement that can still be changed, locked.

    Raises:
        NotOpen: it was recalled, it was stopped before anybody got it, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = announcements.get(db, announcement_id, lock=True)
    if row is None or row.state == RECALLED:
        raise NotOpen(announcement_id)
    if row.state in STOPPED and reach(db, actor, announcement_id, now).reachable == 0:
        raise NotOpen(announcement_id)
    return row


def correct(
    db: Connection,
    actor: Actor,
    announcement_id: int,
    *,
    draft_id: str,
    html: str,
    params: str,
    edit: tuple[str, str],
    now: datetime,
) -> int:
    """Give an announcement new words, where it has arrived and where it has not; the change's id.

    `params` is the whole call as JSON without chat_id; `edit` the call that changes a message,
    its method and parameters. A draft that was confirmed before gives the same change.

    Raises:
        NotOpen: it cannot be changed any more.
    """
    actor.require(Permission.ANNOUNCE)
    known = changes.by_draft(db, draft_id)
    if known is not None:
        return int(known.id)
    row = changeable(db, actor, announcement_id, now)
    announcements.change(db, row.id, html=html, params=params)
    return _add(db, actor, row, (CORRECT, draft_id), edit, now)


def recall(
    db: Connection, actor: Actor, announcement_id: int, *, edit: tuple[str, str], now: datetime
) -> int:
    """Take an announcement back, where it has arrived and where it has not; the change's id.

    `edit` is the call that says so in a message too old to be deleted.

    Raises:
        NotOpen: it was recalled before, or there is nothing to recall.
    """
    actor.require(Permission.ANNOUNCE)
    row = changeable(db, actor, announcement_id, now)
    announcements.change(db, row.id, state=RECALLED)
    announcements.give_up_some(db, row.id, AT_ONCE)
    return _add(db, actor, row, (RECALL, f"recall{row.id}"), edit, now)


def _add(
    db: Connection,
    actor: Actor,
    row: Row[Any],
    what: tuple[str, str],
    edit: tuple[str, str],
    now: datetime,
) -> int:
    kind, draft_id = what
    found = reach(db, actor, row.id, now)
    method, params = edit
    new = NewChange(
        announcement_id=row.id,
        draft_id=draft_id,
        kind=kind,
        method=method,
        params=params,
        created_by=actor.telegram_id,
        reachable=found.reachable,
        shown=shown(0, found.reachable),
    )
    change_id = changes.add(db, new, now)
    act = Act.ANNOUNCEMENT_CORRECT if kind == CORRECT else Act.ANNOUNCEMENT_RECALL
    detail = f"sent={found.sent} reachable={found.reachable} waiting={found.waiting}"
    audit.note(db, actor, act, str(row.id), now, detail)
    return change_id
