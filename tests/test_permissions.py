"""Every route and forged button, tried with every role: nothing happens that the table forbids.

The test reads the routes, so a new one is tried by itself.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calendar_rig import ZONE, wanted
from conftest import (
    Bot,
    Warga,
    aspiration_in,
    becomes,
    complaint_in,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import Connection, Table, select, update

from config import Kelurahan
from content import pages
from content.lessons import name_of
from handlers.routes import Route, Trigger
from handlers.table import ROUTES
from services import desk, forwarding, gotong_royong, lessons, messages, outcome, questions
from services.messages import StaffMessage
from services.outcome import Moment
from services.quiet import QuietHours
from services.roles import OPERATOR, PERMISSIONS, Permission, Role
from services.tickets import ASPIRATION
from simulator import Simulator
from storage import announcements, contributions, residents
from storage import lessons as lesson_rows
from storage import presence as codes
from storage import tickets as stored
from storage.announcements import New
from storage.tables import (
    attendance,
    closing,
    contribution,
    inbox,
    metadata,
    occurrence,
    occurrence_media,
    presence_claim,
    presence_code,
    ticket,
)
from storage.tables import gotong_royong as gotong_royong_table

OWN, FOREIGN = "05", "03"  # the RT of the rt_head, and one that is not his
PEOPLE = {role: 700 + number for number, role in enumerate(Role)}
BELOW = {  # whose permissions another role has as well, with no limit that the other lacks
    Role.RT_HEAD: Role.RESIDENT,
    Role.STAFF: Role.RESIDENT,
    Role.PLANNER: Role.RESIDENT,
    Role.ADMIN: Role.STAFF,
}
TRANSPORT = {"inbox", "outbox", "draft", "task", "setting"}  # not what a person may change
STATE = "diverifikasi"
LESSON = pages.load(Kelurahan()).lessons["jam-sampah"]
FEW = 7  # values are not looked at where the permission is missing: real ones and none
AT_ONCE = 50  # taps that may wait: a long queue of one person costs more than its taps
TAPS = [route for route in ROUTES if route.trigger is Trigger.TAP]
COMMANDS = [route for route in ROUTES if route.trigger is Trigger.COMMAND]


@pytest.fixture
async def bot(simulator: Simulator, tmp_path: Path, empty_database: Path) -> AsyncIterator[Bot]:
    """A bot that one of everything was made in, and that takes many messages."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    limits = {"limits": {"messages_per_minute": 1_000_000}}
    running = Bot(simulator, settings_for(tmp_path, simulator.url, **limits))
    await running.start()
    await writes(running, one_of_everything)
    yield running
    await running.stop()
    running.engine.dispose()


def one_of_everything(db: Connection) -> None:
    """Of both RTs: tickets of a resident, gotong royong to come and begun, an announcement."""
    now, quiet = datetime.now(UTC), QuietHours(None, None, ZONE)
    for number, rt in enumerate((FOREIGN, OWN)):
        for begun in (True, False):
            new = wanted(rts=(rt,), starts_at=now + timedelta(days=3))
            draft_id = f"g{number}{begun}"
            row = gotong_royong.plan(db, OPERATOR, new, draft_id=draft_id, now=now, quiet=quiet)
            if begun:
                earlier = update(occurrence).where(occurrence.c.id == row.id)
                db.execute(earlier.values(starts_at=now - timedelta(hours=1)))
                codes.add_code(
                    db, row.id, secret_hash=f"h{number}", code=f"ABC23{number + 4}", by=1, now=now
                )
        announcements.add(
            db,
            New(
                draft_id=f"a{number}", html="x", method="sendMessage", params='{"text":"x"}',
                rts=[rt], created_by=PEOPLE[Role.STAFF], send_at=now + timedelta(days=1),
                recipients=1, shown="", button="jadwal",
            ),
            now,
        )  # fmt: skip
    for number, rt in ((1, FOREIGN), (2, OWN)):
        actor = resident_in(db, 600 + number, f"Warga {number}", rt)
        for _ in range(3):  # as often as a wish is made of them
            complaint = complaint_in(db, actor, rt=rt)
        mends(db, complaint, rt)
        aspiration_in(db, actor, rt=rt)
        for held in db.scalars(select(occurrence.c.id)):
            codes.add_claim(db, held, actor.resident.id, now)
            contributions.add(db, held, actor.resident.id, "tools", offered_at=now)
        done = complaint_in(db, actor, rt=rt)
        stored.move(db, done.id, version=0, state="diverifikasi", now=done.created_at)
        desk.move(db, OPERATOR, done.id, version=1, state="selesai", reason=None, now=now)
        sent = complaint_in(db, actor, rt=rt)
        forwarding.forward(
            db, OPERATOR, sent.id, version=0, authority="power", outside_number=None, said="PLN",
            now=now,
        )  # fmt: skip
        told = StaffMessage(rt=rt, description="kapan buka?", voices=(), photos=())
        messages.file(db, actor, told, draft_id=f"m{number}", year=2026, now=now)
    for number, when in enumerate((now + timedelta(days=1), now)):
        plan = lessons.plan(db, OPERATOR, LESSON, (OWN,), when, now - timedelta(hours=number + 1))
        if number:
            lesson_rows.change(db, plan, state=lesson_rows.DONE)
    for number in range(12):  # more than there are tickets: their ids fit both
        questions.unanswered(db, actor, f"tanya {'abcdefghijkl'[number]}", now)
        if number % 2:
            questions.give_to_page(db, OPERATOR, number + 1, "sampah", now)


def mends(db: Connection, complaint: Any, rt: str) -> None:
    """The gotong royong of an RT that has begun is for a complaint, and shows that it is done."""
    begun = select(occurrence.c.id, gotong_royong_table.c.rts).join(gotong_royong_table)
    begun = begun.where(occurrence.c.starts_at < complaint.created_at)
    row = next(row for row in db.execute(begun) if row.rts == [rt])
    series = select(occurrence.c.gotong_royong_id).where(occurrence.c.id == row.id)
    mending = update(gotong_royong_table).where(gotong_royong_table.c.id == db.scalar(series))
    db.execute(mending.values(ticket_id=complaint.id))
    stored.move(db, complaint.id, version=0, state="diproses", now=complaint.created_at)
    outcome.add_photos(db, OPERATOR, row.id, Moment.AFTER, ["x"], complaint.created_at)


async def person_with(bot: Bot, role: Role) -> Warga:
    """Somebody with a role, who consented and has said hello."""
    number = 99 if role is Role.ADMIN else PEOPLE[role]
    person = bot.person(number, role.value)
    await person.person.sends("/start")
    await bot.settles()
    actor = await writes(bot, lambda db: resident_in(db, number, role.value, OWN))
    if role is Role.BLOCKED:
        await writes(bot, lambda db: residents.set_blocked(db, actor.resident.id, True))
    elif role not in (Role.RESIDENT, Role.ADMIN):
        await becomes(person, role, *([OWN] if role is Role.RT_HEAD else []))
    return person


def values_of(bot: Bot, *rts: str) -> Iterator[str]:
    """What forged buttons carry: real ids and numbers of these RTs, states, RTs, rubbish."""
    found = bot.rows(select(ticket).where(ticket.c.rt.in_(rts)).order_by(ticket.c.id.desc()))
    tickets = {row.rt: row for row in found}
    for row in tickets.values():
        yield from (str(row.id), row.number, f"{row.id}:{row.version}:{STATE}")
    for row in bot.rows(select(ticket).where(ticket.c.type == ASPIRATION)):
        yield from (row.number, f"{row.id}:new:x:x:0")
    for row in bot.rows(select(closing.c.event_id, ticket.c.number).join(ticket)):
        yield f"{row.event_id}:{row.number}"
    yield from ("", "x", "9" * 20, "new:x:x:0", "complaints:2026:x:x", "bersih")
    of_rts = [s.id for s in bot.rows(select(gotong_royong_table)) if s.rts[0] in rts]
    held = select(occurrence).where(occurrence.c.gotong_royong_id.in_(of_rts))
    for row in bot.rows(held.order_by(occurrence.c.id)):
        yield from (str(row.id), f"{row.id}:come", f"{row.id}:after")
        for one in tickets.values():
            yield f"{one.id}:{row.id}"
        if row.starts_at < datetime.now(UTC):  # what can be ticked there, of either RT
            yield from (f"claim:{row.id}", f"{row.id}:1:0", f"{row.id}:1:tools:yes")
    yield from (f"2:{name_of(LESSON.right)}", LESSON.slug, "lessons:off")
    yield from ("1:1", "2:0", f"1:{PEOPLE[Role.STAFF]}", f"one:{PEOPLE[Role.PLANNER]}")
    yield from ("ABC234", "03:ABC234")  # a code that works


def snapshot(bot: Bot, skip: frozenset[str] = frozenset()) -> dict[str, str]:
    """Every table that a person may change, as one word each."""
    found = {}
    for table in metadata.sorted_tables:
        if table.name not in TRANSPORT | skip:
            found[table.name] = _digest(bot, table)
    return found


def _digest(bot: Bot, table: Table) -> str:
    keys = list(table.primary_key)
    rows: list[Any] = bot.rows(select(table).order_by(*keys))
    return hashlib.sha256(repr(rows).encode()).hexdigest()


async def tries(
    bot: Bot,
    person: Warga,
    routes: list[Route],
    *,
    few: bool = False,
    rts: tuple[str, ...] = (OWN, FOREIGN),
) -> list[str]:
    """Every forged button of these routes, and every command; gives what the taps answered."""
    before = len(person.person.notices)
    message, values = person.person.from_bot[-1]["message_id"], list(values_of(bot, *rts))
    for route in routes:
        if route.trigger is Trigger.COMMAND:
            for text in (f"/{route.name}", f"/{route.name} x", f"/{route.name} DRN-2026-0001"):
                await person.person.sends(text)
        else:
            for value in values[: FEW if few else None]:
                data = f"{route.name}:{value}" if value else route.name
                if len(data.encode()) <= 64:
                    await person.person.taps_raw(message, data)
        if bot.simulator.updates_unconfirmed >= AT_ONCE:
            await bot.settles(60)
    await bot.settles(60)
    assert person.person.unanswered == []
    return [str(notice["text"]) for notice in person.person.notices[before:]]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", list(Role))
async def test_what_the_table_forbids_is_refused_and_changes_nothing(bot: Bot, role: Role):
    """Each forbidden tap says so; each forbidden command is answered; nothing is written."""
    person = await person_with(bot, role)
    may = PERMISSIONS[role]
    taps = [route for route in TAPS if route.needs not in may]
    commands = [route for route in COMMANDS if route.needs not in may]
    before = snapshot(bot)
    said = await tries(bot, person, taps, few=True)
    refusal = "role.blocked" if role is Role.BLOCKED else "role.not_allowed"
    assert set(said) <= {bot.phrase(refusal)}
    seen = len(person.texts)
    await tries(bot, person, commands)
    assert set(person.texts[seen:]) <= {bot.phrase(refusal)}
    assert len(person.texts[seen:]) == 3 * len(commands)
    assert snapshot(bot) == before


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", list(Role))
async def test_forged_buttons_of_what_one_may_do_break_nothing(bot: Bot, role: Role):
    """No update fails, every tap is answered; an RT head changes nothing of another RT.

    What a role may do like the one below it is tried with that one; RTs matter to who has some.
    """
    person = await person_with(bot, role)
    may = PERMISSIONS[role]
    own = may - (PERMISSIONS[BELOW[role]] if role in BELOW else frozenset())
    rts = (OWN,) if Permission.HANDLE_TICKETS in may else (OWN, FOREIGN)
    foreign = theirs(bot)
    routes = [route for route in (*TAPS, *COMMANDS) if route.needs in own]
    assert routes
    await tries(bot, person, routes, rts=rts)
    unhandled = select(inbox.c.state, inbox.c.error).where(inbox.c.state != "done")
    assert bot.rows(unhandled) == []
    if Permission.HANDLE_TICKETS not in may:
        assert theirs(bot) == foreign


def theirs(bot: Bot) -> list[Any]:
    """What belongs to the RT that is not the person's: tickets, gotong royong, who came to it."""
    tickets = bot.rows(select(ticket).where(ticket.c.rt == FOREIGN).order_by(ticket.c.id))
    series = {s.id for s in bot.rows(select(gotong_royong_table)) if s.rts == [FOREIGN]}
    held = [o for o in bot.rows(select(occurrence)) if o.gotong_royong_id in series]
    ids = {o.id for o in held}
    tables = (attendance, contribution, occurrence_media, presence_claim, presence_code)
    there = [row for t in tables for row in bot.rows(select(t)) if row.occurrence_id in ids]
    return [*tickets, *held, *there]


def test_the_table_of_permissions_is_the_one_that_was_agreed():
    """Written out once more, so that a change of it is seen."""
    p = Permission
    resident = {p.READ, p.USE}
    rt_head = resident | {p.SEE_TICKETS, p.ORGANISE, p.ASSIST}
    staff = rt_head | {p.HANDLE_TICKETS, p.MODERATE, p.ANNOUNCE}
    assert {
        Role.BLOCKED: {p.READ},
        Role.RESIDENT: resident,
        Role.RT_HEAD: rt_head,
        Role.STAFF: staff,
        Role.PLANNER: resident | {p.EXPORT},
        Role.ADMIN: staff | {p.EXPORT, p.EXPORT_NAMES, p.MANAGE_ROLES, p.OPERATE},
    } == PERMISSIONS
