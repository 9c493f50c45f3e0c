"""Announcements to residents: the form, whom they reach, making them once, stopping them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from services import audiences, audit
from services.audiences import EARLIER, EVERYBODY, WHO
from services.audit import Act
from services.forms import Answers, Choice, Form, Kind, Step, rt_choices
from services.markup import clean
from services.quiet import QuietHours
from services.roles import Actor, Permission
from storage import Connection, Row, announcements
from storage import audiences as people
from storage.announcements import CANCELLED, PAUSED, SCHEDULED, SENDING, New
from storage.audiences import UNREAD, Audience

ALL, NOW, URGENT = "all", "now", "urgent"
NONE, PAGE = "none", "page"
FORMS = ("lapor", "aspirasi", "petugas", "jadwal")  # where a button can lead, beside a page
TOPIC = "topik:"  # before the slug of a page to which a button leads
SURE_ABOVE = 500  # recipients: of more, the sender types the number
LONGEST = 3000  # characters: a message holds 4,096 with header and footer
AT_ONCE = 500  # messages; the broadcasts job stops or holds the others within a second
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
    audience: Audience | None = None  # which of these RTs; None = all
    button: str | None = None  # one of FORMS, or TOPIC and a slug
    urgent: bool = False

    @property
    def is_held(self) -> bool:
        """Whether quiet hours move it."""
        return self.send_at > self.asked

    @property
    def needs_number(self) -> bool:
        """Whether it goes to so many that the sender types how many."""
        return self.recipients > SURE_ABOVE


def form(rts: tuple[str, ...], pages: Sequence[tuple[str, str]] = ()) -> Form:
    """The announcement form; `rts` and `pages` (slug, name) can be chosen."""
    topics = tuple(Choice(slug, "topic.button.page", {"topic": name}) for slug, name in pages)
    return Form(
        name="announcement",
        story="text",
        steps=(
            Step("text", frozenset({Kind.TEXT}), formatted=True, shortest=3, longest=LONGEST),
            Step("photo", frozenset({Kind.PHOTO}), optional=True, files=True),
            Step(
                "to",
                frozenset({Kind.CHOICES}),
                (Choice(ALL, "form.choice.all_rt", alone=True), *rt_choices(rts)),
                columns=3,
            ),
            Step(
                "when",
                frozenset({Kind.CHOICE, Kind.MOMENT}),
                tuple(Choice(v, f"announcement.when.choice.{v}") for v in (NOW, URGENT)),
            ),
            *_details(topics),
        ),
    )


def _details(topics: tuple[Choice, ...]) -> tuple[Step, ...]:
    """The questions behind "Tambah rincian": which of these residents, and a button."""
    choice = frozenset({Kind.CHOICE})
    who = tuple(Choice(value, f"announcement.who.choice.{value}") for value in WHO)
    earlier = Choice(EARLIER, "announcement.unread.choice.earlier")
    links = tuple(Choice(v, f"announcement.link.choice.{v}") for v in (NONE, *FORMS, PAGE))
    return (
        Step("who", choice, who, optional=True, detail=True),
        Step(
            "unread", choice, (earlier, *topics), detail=True, columns=2,
            when=lambda answers: answers.get("who", {}).get("choice") == UNREAD,
        ),
        Step("link", choice, links, optional=True, detail=True),
        Step(
            "page", choice, topics, detail=True, columns=2,
            when=lambda answers: answers.get("link", {}).get("choice") == PAGE,
        ),
    )  # fmt: skip


def plan(
    db: Connection,
    actor: Actor,
    answers: Answers,
    quiet: QuietHours,
    now: datetime,
    *,
    subject: str | None = None,
    admins: Collection[int] = (),
) -> Plan:
    """What the answers of the form ask for: to whom, and when quiet hours let it go.

    A moment that has passed meanwhile means now. `subject` is the announcement of which those
    are meant who have not read it.
    """
    actor.require(Permission.ANNOUNCE)
    text, to, when = answers["text"], answers["to"]["choices"], answers["when"]
    photos = answers.get("photo", {}).get("photos", ())
    rts = None if ALL in to else tuple(to)
    asked = max(now, datetime.fromisoformat(when["moment"])) if "moment" in when else now
    urgent = when.get("choice") == URGENT
    send_at = asked if urgent else quiet.next_allowed(asked)
    who = answers.get("who", {}).get("choice", EVERYBODY)
    unread = _unread(db, answers, subject)
    audience = audiences.audience_of(who, unread=unread, admins=admins, now=now)
    return Plan(
        html=clean(text.get("html") or escape(text["text"], quote=False)),
        photo=photos[0] if photos else None,
        rts=rts,
        asked=asked,
        send_at=send_at,
        is_later=send_at > now,
        recipients=people.count(db, rts, audience),
        audience=audience,
        button=_button(answers),
        urgent=urgent,
    )


def _unread(db: Connection, answers: Answers, subject: str | None) -> str | None:
    """What those who are meant have not read: a page, or an announcement with a button."""
    chosen: str | None = answers.get("unread", {}).get("choice")
    if chosen != EARLIER:
        return chosen
    number = int(subject) if subject else announcements.latest_with_button(db)
    return audiences.reference_of(number) if number is not None else None


def _button(answers: Answers) -> str | None:
    """Where the button leads that was chosen."""
    chosen: str | None = answers.get("link", {}).get("choice")
    if chosen == PAGE:
        return TOPIC + str(answers["page"]["choice"])
    return chosen if chosen in FORMS else None


def create(
    db: Connection,
    actor: Actor,
    wanted: Plan,
    *,
    draft_id: str,
    method: str,
    params: Callable[[int], str],
    woken: str | None = None,
    now: datetime,
) -> int:
    """Make an announcement of a confirmed plan; a draft that was confirmed before gives the same.

    `method` and `params` (JSON without chat_id, of the announcement's id) are the call that was
    previewed. `woken` is the hour at which quiet hours are passed.
    """
    actor.require(Permission.ANNOUNCE)
    known = announcements.by_draft(db, draft_id)
    if known is not None:
        return int(known.id)
    new = New(
        draft_id=draft_id,
        html=wanted.html,
        method=method,
        params="",
        rts=list(wanted.rts) if wanted.rts is not None else None,
        created_by=actor.telegram_id,
        send_at=wanted.send_at,
        recipients=wanted.recipients,
        shown=shown(0, wanted.recipients),
        audience=wanted.audience,
        button=wanted.button,
        urgent=wanted.urgent,
    )
    announcement_id = announcements.add(db, new, now)
    announcements.change(db, announcement_id, params=params(announcement_id))
    rts = "all" if wanted.rts is None else ",".join(wanted.rts)
    detail = f"recipients={wanted.recipients} rts={rts} at={wanted.send_at:%Y-%m-%dT%H:%MZ}"
    if wanted.audience is not None:
        detail += f" who={wanted.audience['who']}"
    if wanted.urgent:
        detail += " urgent" + (f" quiet={woken}" if woken else "")
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
    if row is None or row.state not in (SCHEDULED, SENDING, PAUSED):
        raise NotOpen(announcement_id)
    return row


def pause(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Row[Any]:
    """Let nothing more of an announcement leave until it is resumed; what is in flight arrives.

    Raises:
        NotOpen: it is done or stopped already, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = open_one(db, actor, announcement_id)
    if row.state != PAUSED:
        announcements.change(db, announcement_id, state=PAUSED)
        announcements.hold_some(db, announcement_id, AT_ONCE)
        audit.note(db, actor, Act.ANNOUNCEMENT_PAUSE, str(announcement_id), now)
    return row


def resume(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Row[Any]:
    """Let a paused announcement go on where it stopped.

    Raises:
        NotOpen: it is done or stopped already, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = open_one(db, actor, announcement_id)
    if row.state == PAUSED:
        begun = row.cursor > 0 or row.queued_at is not None
        announcements.change(db, announcement_id, state=SENDING if begun else SCHEDULED)
        announcements.release_some(db, announcement_id, AT_ONCE)
        audit.note(db, actor, Act.ANNOUNCEMENT_RESUME, str(announcement_id), now)
    return row


def cancel(db: Connection, actor: Actor, announcement_id: int, now: datetime) -> Row[Any]:
    """Stop an announcement: what was not sent is not sent any more, what is in flight arrives.

    Raises:
        NotOpen: it is done or stopped already, or there is none.
    """
    actor.require(Permission.ANNOUNCE)
    row = open_one(db, actor, announcement_id)
    announcements.change(db, announcement_id, state=CANCELLED)
    announcements.give_up_some(db, announcement_id, AT_ONCE)
    settled = (
        announcements.tally(db, announcement_id).sent if row.state in (SENDING, PAUSED) else 0
    )
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
