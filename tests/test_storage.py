"""Storage by itself, on SQLite and on PostgreSQL: what is kept, and what a failure undoes."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from conftest import complaint_in, resident_in
from sqlalchemy import Connection, create_engine, func, inspect, make_url, select
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError, StatementError

from services import similar
from services import tickets as rules
from services.complaint_form import Complaint
from storage import (
    complaints,
    drafts,
    inbox,
    outbox,
    outbox_claims,
    outbox_upkeep,
    participation,
    residents,
    schema,
    settings,
    tables,
    tasks,
    ticket_files,
    tickets,
)
from storage import exports as stored
from storage.database import (
    Database,
    DatabaseBusy,
    SqliteDatabase,
    open_database,
    sqlite_path,
    sqlite_warning,
)
from storage.drafts import Draft
from storage.inbox import Received
from storage.outbox import Message
from storage.outbox_words import ANSWER, Lane
from storage.participation import Span
from storage.residents import Notice

NOW = datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


# --- times and numbers ----------------------------------------------------------------------


def test_a_time_without_zone_is_refused(db: Connection):
    """SQLite would drop the zone silently: so nothing without one gets in."""
    with pytest.raises(StatementError, match="needs a zone"):
        tasks.add(db, "download", {}, datetime(2026, 1, 1))


def test_a_time_comes_back_as_the_same_moment_in_utc(db: Connection):
    """Whatever zone it was written in."""
    jakarta = timezone(timedelta(hours=7))
    tasks.add(db, "download", {}, datetime(2026, 11, 29, 7, 0, tzinfo=jakarta))
    stored = db.scalar(select(tables.task.c.created_at))
    assert (stored, stored.utcoffset()) == (NOW, timedelta(0))


def test_numbers_count_by_prefix_and_year(db: Connection):
    """Each year begins anew; after 9999 they grow longer."""
    given = [tickets.next_number(db, "DRN", year) for year in (2026, 2026, 2027)]
    given.append(tickets.next_number(db, "ASP", 2026))
    assert given == ["DRN-2026-0001", "DRN-2026-0002", "DRN-2027-0001", "ASP-2026-0001"]
    db.execute(tables.ticket_counter.update().values(last=9999))
    assert tickets.next_number(db, "DRN", 2026) == "DRN-2026-10000"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database as the jobs use it."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


async def test_numbers_are_unique_when_many_file_at_once(database: Database):
    """Forty at the same time, forty numbers."""
    numbers = await asyncio.gather(
        *(database.write(lambda db: tickets.next_number(db, "DRN", 2026)) for _ in range(40))
    )
    assert sorted(numbers) == [f"DRN-2026-{n:04d}" for n in range(1, 41)]


# --- the modules ----------------------------------------------------------------------------


def test_settings_are_remembered_and_replaced(db: Connection):
    """One value per name."""
    assert settings.get(db, "profile") is None
    for value in ("a", "b"):
        settings.put(db, "profile", value)
        assert settings.get(db, "profile") == value


def test_a_resident_is_kept_once(db: Connection):
    """One per Telegram account; ids beyond 32 bits fit."""
    account = 7_000_000_000
    actor = resident_in(db, account)
    assert actor.resident == residents.by_telegram_id(db, account)
    assert residents.by_telegram_id(db, 1) is None
    residents.set_home(db, actor.resident.id, None, "outside")
    residents.set_inactive(db, account, "blocked")
    found = residents.get(db, actor.resident.id)
    assert (found.rt, found.home, found.inactive) == (None, "outside", "blocked")
    with pytest.raises(IntegrityError), db.begin_nested():
        residents.add(db, telegram_id=account, name="x", pseudonym="q", consent_version=1, now=NOW)


def open_form(version: int = 1, **changes: Any) -> Draft:
    """An open form of person 7."""
    made = Draft(
        7, "abc", "complaint", "kind", {"a": {"text": "é\U0001f4a7"}}, {"x": [1]}, version, LATER
    )
    return made._replace(**changes)


def test_one_open_form_per_person(db: Connection):
    """The newer replaces the older; an expired one is not found, then removed."""
    drafts.save(db, open_form())
    assert drafts.load(db, 7, NOW) == open_form()
    newer = open_form(2, id="def", step="place")
    drafts.save(db, newer)
    assert drafts.load(db, 7, NOW) == newer
    assert drafts.load(db, 7, LATER) is None
    drafts.remove_expired(db, NOW)
    assert drafts.load(db, 7, NOW) == newer
    drafts.remove_expired(db, LATER)
    assert drafts.load(db, 7, NOW) is None
    drafts.save(db, newer)
    drafts.remove(db, 7)
    assert drafts.load(db, 7, NOW) is None


def test_an_update_is_kept_once(db: Connection):
    """Telegram may deliver it again, also in one batch with others."""
    first = Received(10, 5, "{}")
    inbox.add(db, [first], NOW)
    inbox.add(db, [first, Received(11, 5, '{"b":1}')], LATER)
    inbox.add(db, [], LATER)
    rows = db.execute(select(tables.inbox.c.update_id, tables.inbox.c.received_at)).all()
    assert [tuple(row) for row in rows] == [(10, NOW), (11, LATER)]


def test_updates_of_a_chat_come_in_order_and_a_slow_chat_delays_no_other(db: Connection):
    """The oldest of each chat; a postponed one holds back its own chat only."""
    inbox.add(db, [Received(1, 5, "a"), Received(2, 5, "b"), Received(3, 6, "c")], NOW)
    heads = inbox.heads(db, now=NOW)
    assert [row.body for row in heads] == ["a", "c"]
    assert [row.body for row in inbox.heads(db, now=NOW, busy=(5,))] == ["c"]
    inbox.postpone(db, heads[0].id, until=LATER, error="KeyError")
    assert [row.body for row in inbox.heads(db, now=NOW)] == ["c"]
    assert inbox.heads(db, now=LATER)[0].attempts == 1
    assert inbox.take(db, heads[0].id, since=NOW) is not None
    inbox.finish(db, heads[0].id)
    assert inbox.take(db, heads[0].id, since=NOW) is None
    assert [row.body for row in inbox.heads(db, now=LATER)] == ["b", "c"]


def test_what_keeps_failing_is_parked_and_told(db: Connection):
    """Dead letters and bodies that are no update are counted, never handled again."""
    inbox.add(db, [Received(1, 5, "a"), Received(2, 5, "b")], NOW)
    inbox.bury(db, inbox.heads(db, now=NOW)[0].id, "ValueError")
    inbox.add_poison(db, "<html>", "ValueError", NOW)
    inbox.add_poison(db, "<html>", "ValueError", NOW)
    assert [row.body for row in inbox.heads(db, now=NOW)] == ["b"]
    assert (inbox.count(db, "dead"), inbox.count(db, "poison"), inbox.count(db, "new")) == (
        1,
        2,
        1,
    )


def test_handled_updates_are_forgotten_after_two_days(db: Connection):
    """Dead letters stay: somebody has to look at them."""
    inbox.add(db, [Received(1, 5, "a"), Received(2, 6, "b"), Received(3, 7, "c")], NOW)
    ids = [row.id for row in inbox.heads(db, now=NOW)]
    inbox.finish(db, ids[0])
    inbox.bury(db, ids[1], "x")
    inbox.forget_done(db, NOW - timedelta(hours=1))
    assert inbox.count(db, "done") == 1
    inbox.forget_done(db, NOW + timedelta(hours=1))
    assert [inbox.count(db, state) for state in ("done", "dead", "new")] == [0, 1, 1]


def test_how_much_a_chat_sent_lately(db: Connection):
    """Its own updates up to this one, in the time before it."""
    inbox.add(db, [Received(1, 5, "a")], NOW - timedelta(minutes=2))
    inbox.add(db, [Received(2, 5, "b"), Received(3, 6, "c"), Received(4, 5, "d")], NOW)
    ids = list(db.scalars(select(tables.inbox.c.id).order_by(tables.inbox.c.id)))
    assert inbox.take(db, ids[3], since=NOW - timedelta(minutes=1)) == 2
    assert inbox.take(db, ids[1], since=NOW - timedelta(minutes=5)) == 2


def text(chat: int, words: str, **options: Any) -> Message:
    """A message to a chat."""
    return Message(chat, "sendMessage", {"chat_id": chat, "text": words}, **options)


def claimed(db: Connection, **options: Any) -> list[str]:
    """What the sender gets."""
    options = {"now": LATER, "limit": 10, "paced": 10, **options}
    return [message.params.get("text", "") for message in outbox_claims.claim(db, **options)]


def test_replies_go_before_notices_and_a_chat_one_at_a_time(db: Connection):
    """Lanes first, then age; the second of a chat waits for the first."""
    for message in (
        text(1, "notice", lane=Lane.NOTICE),
        text(1, "one"),
        text(1, "two"),
        text(2, "x"),
    ):
        outbox.add(db, message, NOW)
    assert claimed(db) == ["one", "x", "notice"]
    assert claimed(db) == []
    one = db.scalar(select(tables.outbox.c.id).where(tables.outbox.c.params.contains("one")))
    outbox.sent(db, [outbox.Result(one, (77,))], NOW)
    assert claimed(db) == ["two"]
    assert outbox_upkeep.count(db, "sent") == 1


def test_a_paused_chat_and_a_later_message_wait(db: Connection):
    """But answers to taps go out all the same."""
    outbox.add(db, text(1, "paused"), NOW)
    outbox.add(db, text(2, "later", not_before=LATER), NOW)
    outbox.add(db, Message(1, ANSWER, {"text": "answer"}), NOW)
    assert claimed(db, now=NOW, paused=(1,)) == ["answer"]
    assert claimed(db, now=NOW) == ["paused"]
    assert claimed(db, now=LATER) == ["later"]


def test_a_key_is_queued_once_or_replaced_while_it_waits(db: Connection):
    """Once per occasion; the one answer of an album takes the newest words."""
    first = outbox.add(db, text(1, "a", key="k"), NOW)
    assert outbox.add(db, text(1, "b", key="k"), NOW) == first
    album = outbox.add(db, text(2, "c", key="album", replaces=True), NOW)
    assert outbox.add(db, text(2, "d", key="album", replaces=True), NOW) == album
    assert claimed(db) == ["a", "d"]
    after = outbox.add(db, text(2, "e", key="album", replaces=True), NOW)
    assert after != album


def test_an_edit_waits_for_its_message_and_gets_its_id(db: Connection):
    """A card that is still on its way cannot be edited yet."""
    card = outbox.add(db, text(1, "card"), NOW)
    edit = Message(
        1, "editMessageText", {"chat_id": 1, "text": "new"}, edits_id=card, lane=Lane.NOTICE
    )
    outbox.add(db, edit, NOW)
    assert claimed(db) == ["card"]
    assert claimed(db) == []
    outbox.sent(db, [outbox.Result(card, (55,))], NOW)
    [message] = outbox_claims.claim(db, now=LATER, limit=1, paced=1)
    assert message.params == {"chat_id": 1, "text": "new", "message_id": 55}
    assert outbox.target(db, card) == (1, "sendMessage")


def test_a_message_can_be_sent_again_given_up_or_rewritten(db: Connection):
    """Counted, marked as possibly repeated, and never lost."""
    row = outbox.add(db, text(1, "a"), NOW)
    claimed(db)
    assert outbox.recover(db) == 1
    claimed(db)
    outbox.requeue(db, row, until=NOW, error="TimedOut", possibly_sent=True)
    outbox.rewrite(db, row, "sendMessage", {"chat_id": 1, "text": "plain"})
    [message] = outbox_claims.claim(db, now=LATER, limit=1, paced=1)
    assert (message.params["text"], message.attempts) == ("plain", 2)
    assert db.scalar(select(tables.outbox.c.possibly_repeated))
    outbox.fail(db, row, "Forbidden")
    outbox.add(db, text(1, "b"), NOW)
    outbox_upkeep.fail_chat(db, 1, "Forbidden")
    assert outbox_upkeep.count(db, "failed") == 2


def test_a_group_that_moved_is_addressed_by_its_new_id(db: Connection):
    """In the row and in the call."""
    outbox.add(db, text(-5, "hello"), NOW)
    inbox.add(db, [Received(1, -5, "{}")], NOW)
    outbox_upkeep.move_chat(db, -5, -1_001_234_567_890)
    [message] = outbox_claims.claim(db, now=LATER, limit=1, paced=1)
    assert (message.chat_id, message.params["chat_id"]) == (-1_001_234_567_890,) * 2
    assert inbox.heads(db, now=LATER)[0].chat_id == -1_001_234_567_890


def test_sent_bodies_are_emptied_after_two_days(db: Connection):
    """The row stays, so that the message can still be edited."""
    done, waiting = outbox.add(db, text(1, "secret"), NOW), outbox.add(db, text(2, "open"), NOW)
    outbox.sent(db, [outbox.Result(done, (1,))], NOW)
    outbox_upkeep.forget_bodies(db, NOW + timedelta(hours=1))
    params = dict(tuple(r) for r in db.execute(select(tables.outbox.c.id, tables.outbox.c.params)))
    assert params[done] == ""
    assert json.loads(params[waiting])["text"] == "open"


def test_tasks_come_due_are_tried_again_and_forgotten(db: Connection):
    """Oldest first; a failed one later; a done one for two days."""
    for number in (1, 2, 3):
        tasks.add(db, "download", {"medium_id": number}, NOW)
    first, second, third = tasks.due(db, now=NOW, limit=5)
    assert (first.payload, first.attempts) == ({"medium_id": 1}, 0)
    tasks.postpone(db, first.id, until=LATER, error="TimedOut")
    tasks.finish(db, second.id)
    tasks.fail(db, third.id, "BadRequest")
    assert tasks.due(db, now=NOW, limit=5) == []
    assert [task.attempts for task in tasks.due(db, now=LATER, limit=5)] == [1]
    tasks.forget_done(db, NOW + timedelta(days=3))
    assert [tasks.count(db, state) for state in ("queued", "done", "failed")] == [1, 0, 1]


def test_a_ticket_holds_what_was_said(db: Connection):
    """Found by number, by draft, by id, by who filed or follows it."""
    actor, other = resident_in(db, 1), resident_in(db, 2)
    row = complaint_in(db, actor, now=NOW, point=(-1.6, 103.6), photos=("p1", "p2"), voices=("v",))
    assert (row.latitude, row.longitude, row.created_at) == (-1.6, 103.6, NOW)
    assert tickets.by_number(db, row.number).id == row.id
    assert tickets.by_draft(db, row.draft_id).id == row.id
    assert tickets.get(db, row.id).number == row.number
    assert tickets.get(db, row.id + 1) is None
    assert [m.file_id for m in ticket_files.media(db, row.id)] == ["p1", "p2", "v"]
    assert [m.file_id for m in ticket_files.media(db, row.id, "voice")] == ["v"]
    assert [t.payload for t in tasks.due(db, now=NOW, limit=9)] == [
        {"medium_id": m.id} for m in ticket_files.media(db, row.id)
    ]
    assert tickets.follow(db, row.id, other.resident.id, NOW)
    assert not tickets.follow(db, row.id, other.resident.id, NOW)
    assert tickets.is_follower(db, row.id, other.resident.id)
    assert [t.id for t in tickets.of_resident(db, other.resident.id, limit=5)] == [row.id]
    assert list(tickets.followers(db, row.id)) == [other.resident.id]


def test_a_state_changes_only_from_where_it_is(db: Connection):
    """Two who act at once: the second learns that he was late."""
    row = complaint_in(db, resident_in(db, 1), now=NOW)
    assert tickets.move(db, row.id, version=0, state="dicabut", now=LATER)
    assert not tickets.move(db, row.id, version=0, state="selesai", now=LATER)
    assert tickets.get(db, row.id).updated_at == LATER


def test_a_file_and_a_card_are_remembered(db: Connection):
    """Where the bytes are, and which message shows the ticket."""
    row = complaint_in(db, resident_in(db, 1), photos=("p",))
    medium = ticket_files.media(db, row.id)[0]
    ticket_files.keep_medium(db, medium.id, path="2026/a.jpg", sha256="f" * 64, size=3)
    kept = ticket_files.medium(db, medium.id)
    assert (kept.path, kept.sha256, kept.size) == ("2026/a.jpg", "f" * 64, 3)
    card = outbox.add(db, text(1, "card"), NOW)
    ticket_files.add_card(db, row.id, card, "as filed")
    assert list(ticket_files.outdated_cards(db, row.id, "as filed")) == []
    assert list(ticket_files.outdated_cards(db, row.id, "as moved")) == [card]
    assert list(ticket_files.outdated_cards(db, row.id, "as moved")) == []
    assert tickets.by_number(db, row.number).id == row.id


def test_half_a_place_is_refused(db: Connection):
    """Latitude without longitude is a mistake of ours."""
    complaint_in(db, resident_in(db, 1))
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(tables.ticket.update().values(latitude=1.0))


def test_complaints_are_found_by_place(db: Connection):
    """In the box or in the RT, of that kind and state."""
    actor = resident_in(db, 1)
    near = complaint_in(db, actor, point=(-1.6, 103.6), rt=None)
    same_rt = complaint_in(db, actor, rt="05")
    complaint_in(db, actor, point=(-1.7, 103.6), rt=None)
    box = (-1.61, -1.59, 103.59, 103.61)
    found = complaints.nearby(db, kind="blocked", states=("diterima",), box=box, rt="05")
    assert [row.id for row in found] == [same_rt.id, near.id]
    assert complaints.nearby(db, kind="smell", states=("diterima",), box=box, rt="05") == []
    assert complaints.nearby(db, kind="blocked", states=("dicabut",), box=box, rt="05") == []
    assert complaints.nearby(db, kind="blocked", states=("diterima",), box=None, rt=None) == []


def test_an_export_gives_every_row_with_its_files(db: Connection, monkeypatch: pytest.MonkeyPatch):
    """In chunks, oldest first, narrowed by time, RT and state."""
    monkeypatch.setattr(stored, "EXPORT_CHUNK", 2)
    actor = resident_in(db, 1, rt="03")
    made = [
        complaint_in(db, actor, now=NOW + timedelta(days=n), rt=rt, photos=("p",) * n)
        for n, rt in enumerate(["03", "05", None, "05", "03"])
    ]
    everything = list(complaints.rows(db, span=None, rt=None, state=None))
    assert [row["number"] for row in everything] == [row.number for row in made]
    assert [len(row["media"]) for row in everything] == [0, 1, 2, 3, 4]
    span = Span(NOW + timedelta(days=1), NOW + timedelta(days=3))
    assert [row["id"] for row in complaints.rows(db, span=span, rt=None, state=None)] == [
        made[1].id, made[2].id,
    ]  # fmt: skip
    assert [row["id"] for row in complaints.rows(db, span=None, rt="03", state=None)] == [
        made[0].id, made[2].id, made[4].id,
    ]  # fmt: skip
    rules.withdraw(db, actor, made[3].number, LATER)
    assert [row["id"] for row in complaints.rows(db, span=None, rt=None, state="dicabut")] == [
        made[3].id
    ]
    logged = list(participation.rows(db, span=span, rt="03"))
    assert [row["reference"] for row in logged] == [made[1].number, made[2].number]


# --- transactions ---------------------------------------------------------------------------


async def test_a_failing_unit_is_undone_alone(database: Database):
    """What waits together shares a commit; one mistake costs the others nothing."""

    def work(number: int) -> Any:
        def change(db: Connection) -> int:
            settings.put(db, f"unit {number}", "kept")
            if number % 3 == 0:
                raise LookupError(number)
            return number

        return change

    results = await asyncio.gather(
        *(database.write(work(n)) for n in range(9)), return_exceptions=True
    )
    kept = await database.read(
        lambda db: list(db.scalars(select(tables.setting.c.name).order_by(tables.setting.c.name)))
    )
    assert [r for r in results if not isinstance(r, Exception)] == [1, 2, 4, 5, 7, 8]
    assert all(isinstance(results[n], LookupError) for n in (0, 3, 6))
    assert kept == [f"unit {n}" for n in (1, 2, 4, 5, 7, 8)]


async def test_a_single_failing_unit_leaves_nothing(database: Database):
    """And the next one finds the connection in order."""

    def broken(db: Connection) -> None:
        settings.put(db, "a", "b")
        db.execute(tables.task.insert().values(kind=None))

    with pytest.raises(IntegrityError):
        await database.write(broken)
    await database.write(lambda db: settings.put(db, "c", "d"))
    names = await database.read(lambda db: list(db.scalars(select(tables.setting.c.name))))
    assert names == ["c"]


async def test_a_failing_statement_among_others_is_undone_alone(database: Database):
    """Also an error of the database itself, in the middle of a shared commit."""

    def broken(db: Connection) -> None:
        settings.put(db, "a", "b")
        db.execute(tables.task.insert().values(kind=None))

    results = await asyncio.gather(
        database.write(lambda db: settings.put(db, "one", "1")),
        database.write(broken),
        database.write(lambda db: settings.put(db, "two", "2")),
        return_exceptions=True,
    )
    names = await database.read(lambda db: set(db.scalars(select(tables.setting.c.name))))
    assert [type(result) for result in results] == [type(None), IntegrityError, type(None)]
    assert names == {"one", "two"}


async def test_a_cancelled_caller_does_not_undo_the_work(database: Database):
    """What was begun is finished: the row says so, not the waiting task."""
    began, go = threading.Event(), threading.Event()

    def slow(db: Connection) -> None:
        began.set()
        go.wait(5)
        settings.put(db, "done", "yes")

    waiting = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(began.wait, 5)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    async with asyncio.timeout(5):
        while await database.read(lambda db: settings.get(db, "done")) != "yes":
            await asyncio.sleep(0.005)


async def test_a_reader_cannot_write(database: Database):
    """Exports and charts cannot change anything by mistake."""
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await database.read(lambda db: settings.put(db, "a", "b"))


async def test_an_error_never_shows_what_a_person_wrote(database: Database):
    """The parameters of a statement stay out of the words of its error."""
    await database.write(lambda db: settings.put(db, "a", "rahasia"))
    twice = tables.setting.insert().values(name="a", value="rahasia")
    with pytest.raises(IntegrityError) as caught:
        await database.write(lambda db: db.execute(twice))
    assert "setting" in str(caught.value)
    assert "rahasia" not in str(caught.value)


# --- SQLite alone ---------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path, empty_database: Path) -> str:
    path = tmp_path / "bantar.db"
    path.write_bytes(empty_database.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
async def one_file(sqlite_url: str) -> AsyncIterator[SqliteDatabase]:
    """A SQLite file as the jobs use it."""
    opened = await SqliteDatabase.open(sqlite_path(sqlite_url))
    yield opened
    await opened.close()


async def test_the_writer_is_durable_and_strict(one_file: SqliteDatabase):
    """WAL, FULL, foreign keys, deleted bytes overwritten."""

    def pragmas(db: Connection) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        return {n: db.exec_driver_sql(f"PRAGMA {n}").scalar() for n in names}

    found = await one_file.write(pragmas)
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5000,
    }
    assert await one_file.read(lambda db: db.exec_driver_sql("PRAGMA query_only").scalar()) == 1


async def test_a_second_process_is_refused(sqlite_url: str):
    """Also a migration beside a running bot; afterwards the file is free again."""
    database = await open_database(sqlite_url)
    try:
        with pytest.raises(DatabaseBusy, match="in use"):
            await open_database(sqlite_url)
        with pytest.raises(DatabaseBusy):
            schema.migrate(sqlite_url)
    finally:
        await database.close()
    schema.migrate(sqlite_url)
    await (await open_database(sqlite_url)).close()


async def test_deleted_text_leaves_the_disk(one_file: SqliteDatabase, sqlite_url: str):
    """Neither the file nor its log holds what was deleted."""
    secret = "kata-rahasia-warga"
    path = sqlite_path(sqlite_url)
    await one_file.write(lambda db: [settings.put(db, f"{n}", secret * 40) for n in range(50)])
    files = [path, path.with_name(path.name + "-wal")]
    assert any(secret.encode() in file.read_bytes() for file in files)
    await one_file.write(lambda db: db.execute(tables.setting.delete()))
    await one_file.empty_wal()
    assert not any(secret.encode() in file.read_bytes() for file in files)


async def test_deleted_text_leaves_pages_that_were_rebuilt(
    one_file: SqliteDatabase, sqlite_url: str
):
    """SQLite leaves old bytes in the gap of a page, whatever secure_delete says."""
    chance, secrets = random.Random(5), [f"kata-rahasia-{n:03}" for n in range(400)]

    def fill(db: Connection) -> None:
        db.exec_driver_sql("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
        for n in range(400):
            words = secrets[n] if chance.random() < 0.1 else "x"
            text = words * chance.randint(3, 90)
            db.exec_driver_sql("INSERT INTO said (text) VALUES (?)", (text,))
            if chance.random() < 0.5:
                other = ("y" * chance.randint(0, 900), chance.randint(1, n + 1))
                db.exec_driver_sql("UPDATE said SET text = ? WHERE id = ?", other)

    def forget(db: Connection) -> None:
        db.exec_driver_sql("UPDATE said SET text = '' WHERE text LIKE 'kata%%'")

    await one_file.write(fill)
    await one_file.write(forget)
    assert await one_file.empty_wal()
    left = sqlite_path(sqlite_url).read_bytes()
    assert [secret for secret in secrets if secret.encode() in left] == []


def test_old_libraries_are_warned_of(monkeypatch: pytest.MonkeyPatch):
    """Every version that has the bug, and none that has not."""

    def warns(*version: int) -> bool:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        return sqlite_warning() is not None

    bad = [(3, 40, 1), (3, 44, 5), (3, 46, 1), (3, 50, 6), (3, 51, 2)]
    good = [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0)]
    assert [warns(*v) for v in bad + good] == [True] * 5 + [False] * 5


# --- migrations -----------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    from conftest import on, on_server

    server = request.getfixturevalue("postgres_server")
    on_server(server, "CREATE DATABASE empty_one")
    yield on(server, "empty_one")
    on_server(server, "DROP DATABASE empty_one WITH (FORCE)")


def connect(url: str) -> Any:
    """An engine that may write, for looking at a schema."""
    made = make_url(url)
    if made.get_backend_name() == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    return create_engine(made)


def test_migrations_go_up_and_down_and_match_the_tables(empty_url: str):
    """No difference between the migrated database and the tables of the code."""
    with pytest.raises(schema.SchemaError, match="migrate"):
        schema.require_head(empty_url)
    schema.migrate(empty_url)
    schema.migrate(empty_url)
    schema.require_head(empty_url)
    engine = connect(empty_url)
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        assert schema.revision(db) == schema.head()
    schema.migrate(empty_url, "base")
    with engine.connect() as db:
        assert inspect(db).get_table_names() == ["alembic_version"]
    schema.migrate(empty_url)
    schema.require_head(empty_url)
    engine.dispose()


def test_who_wanted_no_news_wants_none_of_the_four(empty_url: str):
    """Nobody is written to because a version is newer, and no id is given a second time."""
    schema.migrate(empty_url, "0005")
    engine = connect(empty_url)
    person = (
        "INSERT INTO resident (telegram_id, name, home, pseudonym, consent_version, consent_at,"
        " muted) VALUES ({0}, 'x', 'unasked', 'p{0}', 2, '2026-11-26 00:00:00', {1})"
    )
    wants = "SELECT {} FROM resident WHERE telegram_id = {}"
    four = ", ".join(notice.column for notice in Notice)
    with engine.begin() as db:
        for number, muted in ((1, "true"), (2, "false"), (3, "false")):
            db.execute(sql(person.format(number, muted)))
        db.execute(sql("DELETE FROM resident WHERE telegram_id = 3"))
    schema.migrate(empty_url)
    with engine.begin() as db:
        assert list(db.execute(sql(wants.format(four, 1))).one()) == [0, 0, 0, 0]
        assert list(db.execute(sql(wants.format(four, 2))).one()) == [1, 1, 1, 1]
        assert resident_in(db, 4).resident.id == 4
        db.execute(sql("UPDATE resident SET wants_lessons = false WHERE telegram_id = 2"))
    schema.migrate(empty_url, "0005")
    with engine.connect() as db:
        muted = db.execute(sql("SELECT muted FROM resident ORDER BY id"))
        assert [bool(one) for one in muted.scalars()] == [True, False, False]
    engine.dispose()


def test_rebuilding_a_parent_keeps_its_children(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    """SQLite empties or refuses children while foreign keys are on: migrations have them off."""
    path = sqlite_path(sqlite_url)
    engine = create_engine(sqlite_url)
    with engine.begin() as db:
        for number in (1, 2):
            row = complaint_in(db, resident_in(db, number), photos=("a", "b"))
            similar.join(db, resident_in(db, 9), row.id, _own(), "", NOW)
    before = _counts(engine)
    assert before["ticket_media"] == 4

    def rebuild(db: Connection, target: str) -> None:
        operations = Operations(MigrationContext.configure(db))
        for parent in ("ticket", "resident", "ticket_event"):
            with operations.batch_alter_table(parent, recreate="always"):
                pass

    monkeypatch.setattr(schema, "_upgrade", rebuild)
    schema._migrate_sqlite(path, "head")
    assert _counts(engine) == before
    engine.dispose()


def test_a_migration_that_breaks_references_is_undone(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    """Foreign keys are off while it runs, so they are checked before it is kept."""
    engine = create_engine(sqlite_url)
    with engine.begin() as db:
        complaint_in(db, resident_in(db, 1))
    before = _counts(engine)
    monkeypatch.setattr(
        schema, "_upgrade", lambda db, target: db.execute(tables.resident.delete())
    )
    with pytest.raises(schema.SchemaError, match="references"):
        schema.migrate(sqlite_url)
    assert _counts(engine) == before
    engine.dispose()


def _own() -> Complaint:
    return Complaint("blocked", "03", None, None, "di sini juga", (), ())


def _counts(engine: Any) -> dict[str, int]:
    with engine.connect() as db:
        return {
            name: db.scalar(select(func.count()).select_from(table))
            for name, table in tables.metadata.tables.items()
        }
