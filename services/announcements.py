"""Announcements to residents: the form, whom they reach, making them once, stopping them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from services import audit
from services.audit import Act
from services.forms import Answers, Choice, Form, Kind, Step, rt_choices
from services.markup import clean
from services.quiet import QuietHours
from services.roles import Actor, Permission
from storage import Connection, Row, announcements
from storage.announcements import CANCELLED, SCHEDULED, SENDING, New

ALL, NOW = "all", "now"
LONGEST = 3000  # characters: a message holds 4,096 with header and footer
STOPPED_AT_ONCE = 500  # messages; the broadcasts job stops the others within a second
BLOCKED, GONE, NEVER, OTHER = "blocked", "gone", "never", "other"
MUTED = "muted"  # error of a message to somebody who wanted no more of them meanwhile


class NotOpen(Exception):
    """An announcement that is done or stopped already."""


@dataclass(frozen=True)
class Plan:
    """An announcement before it is confirmed; `rts` None = everybody."""

    html: str
    photo: str | None
    rts: tuple[str, ...] | None
    asked: datetime  # when the sender wants it
    send_at: datetime  # when quiet hours let it go
    is_later: bool
    recipients: int

    @property
    def is_held(self) -> bool:
        """Whether quiet hours move it."""
        return self.send_at > self.asked


def form(rts: tuple[str, ...]) -> Form:
    """The announcement form; `rts` are the RT numbers that can be chosen."""
    return Form(
        name="announcement",
        story="text",
        steps=(
            Step("text", frozenset({Kind.TEXT}), formatted=True, shortest=3, longest=LONGEST),
            Step("photo", frozenset({Kind.PHOTO}), optional=True),
            Step(
                "to",
                frozenset({Kind.CHOICES}),
                (Choice(ALL, "form.choice.all_rt", alone=True), *rt_choices(rts)),
                columns=3,
            ),
            Step(
                "when",
                frozenset({Kind.CHOICE, Kind.MOMENT}),
                (Choice(NOW, "announcement.when.choice.now"),),
            ),
        ),
    )


def plan(db: Connection, actor: Actor, answers: Answers, quiet: QuietHours, now: datetime) -> Plan:
    """What the answers of the form ask for: to whom, and when quiet hours let it go.

    A moment that has passed meanwhile means now.
    """
    actor.require(Permission.ANNOUNCE)
    text, to, when = answers["text"], answers["to"]["choices"], answers["when"]
    photos = answers.get("photo", {}).get("photos", ())
    rts = None if ALL in to else tuple(to)
    asked = max(now, datetime.fromisoformat(when["moment"])) if "moment" in when else now
    send_at = quiet.next_allowed(asked)
    return Plan(
        html=clean(text.get("html") or escape(text["text"], quote=False)),
        photo=photos[0] if photos else None,
        rts=rts,
        asked=asked,
        send_at=send_at,
        is_later=send_at > now,
        recipients=announcements.recipients(db, list(rts) if rts is not None else None),
    )


def create(
    db: Connection,
    actor: Actor,
    wanted: Plan,
    *,
    draft_id: str,
    method: str,
    params: str,
    now: datetime,
) -> int:
    """Make an announcement of a confirmed plan; a draft that was confirmed before gives the same.

    `method` and `params` (JSON without chat_id) are the call that was previewed.
    """
    actor.require(Permission.ANNOUNCE)
    known = announcements.by_draft(db, draft_id)
    if known is not None:
        return int(known.id)
    new = New(
        draft_id=draft_id,
        html=wanted.html,
        method=method,
        params=params,
        rts=list(wanted.rts) if wanted.rts is not None else None,
        created_by=actor.telegram_id,
        send_at=wanted.send_at,
        recipients=wanted.recipients,
        shown=shown(0, wanted.recipients),
    )
    announcement_id = announcements.add(db, new, now)
    rts = "all" if wanted.rts is None else ",".join(wanted.rts)
    detail = f"recipients={wanted.recipients} rts={rts} at={wanted.send_at:%Y-%m-%dT%H:%MZ}"
    audit.note(db, actor, Act.ANNOUNCEMENT_CREATE, str(announcement_id), now, detail)
    return announcement_id


def shown(done: int, of: int) -> str:
    """Mark of what a progress message says, so that it is not said twice."""
    return f"{done}/{of}"


def open_one(db: Connection, actor: Actor, announcement_id: int) -> Row[Any]:
    """An announcement that can still be stopped, locked.

    Raises:
        NotOpen: it is done or stopped already, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = announcements.get(db, announcement_id, lock=True)
    if row is None or row.state not in (SCHEDULED, SENDING):
        raise NotOpen(announcement_id)
    return row


def cancel(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Row[Any]:
    """Stop an announcement: what was not sent is not sent any more, what is in flight arrives.

    Raises:
        NotOpen: it is done or stopped already, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = open_one(db, actor, announcement_id)
    announcements.change(db, announcement_id, state=CANCELLED)
    announcements.give_up_some(db, announcement_id, STOPPED_AT_ONCE)
    settled = announcements.tally(db, announcement_id).sent if row.state == SENDING else 0
    detail = f"sent={settled} of={row.recipients}"
    audit.note(db, actor, Act.ANNOUNCEMENT_CANCEL, str(announcement_id), now, detail)
    return row


def reason(error: str) -> str:
    """Why a message did not arrive, in one of four words."""
    if error in (announcements.NEVER_SENT, MUTED):
        return NEVER
    if "blocked" in error:
        return BLOCKED
    return GONE if "deactivated" in error or "not found" in error else OTHER
