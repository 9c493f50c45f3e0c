"""Updates being handled: each once, in order per chat, and failures that harm nobody else."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Bot, Warga
from rig import write
from sqlalchemy import func, select
from telegram import Update
from telegram.ext import CommandHandler

from handlers.routes import command
from handlers.unit import Unit
from jobs import runtime, worker
from services.roles import Permission
from simulator import Simulator
from storage import inbox as rows
from storage import settings as remembered
from storage.inbox import Received
from storage.tables import inbox, outbox, setting

WORDS = "rahasia-dari-siti"


class Handlers:
    """Commands that only these tests have, and how often each ran."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.failures = 99  # how many runs of /rusak fail

    def broken(self, unit: Unit, update: Update) -> None:
        """/rusak: changes something and says something, and then fails."""
        self.runs["rusak"] += 1
        remembered.put(unit.db, "rusak", str(self.runs["rusak"]))
        unit.reply("start.menu")
        if self.runs["rusak"] <= self.failures:
            assert update.message is not None
            raise ValueError(update.message.text)

    def counting(self, unit: Unit, update: Update) -> None:
        """/hitung: changes something and says something."""
        self.runs["hitung"] += 1
        before = int(remembered.get(unit.db, "hitung") or 0)
        remembered.put(unit.db, "hitung", str(before + 1))
        unit.reply("start.menu")

    def forbidden(self, unit: Unit, update: Update) -> None:
        """/terlarang: needs a permission that residents lack."""
        self.runs["terlarang"] += 1


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    made = Handlers()
    extra = (
        command("rusak", made.broken, needs=Permission.USE),
        command("hitung", made.counting, needs=Permission.USE),
        command("terlarang", made.forbidden, needs=Permission.OPERATE),
    )
    monkeypatch.setattr(runtime, "ROUTES", (*extra, *runtime.ROUTES))
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.05)
    return made


@pytest.fixture
def bot(handlers: Handlers, bot: Bot) -> Bot:
    """A bot with the commands of these tests."""
    return bot


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of tries, in less time."""
    monkeypatch.setattr(worker, "RETRY_AFTER", (timedelta(seconds=0.05),) * 3)


def update_rows(bot: Bot, person: Warga) -> list[Any]:
    return bot.rows(select(inbox).where(inbox.c.chat_id == person.id).order_by(inbox.c.id))


def value_of(bot: Bot, name: str) -> str | None:
    found = bot.rows(select(setting.c.value).where(setting.c.name == name))
    return found[0][0] if found else None


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("_soon")
async def test_a_handler_that_fails_for_a_moment_is_tried_again(
    bot: Bot, handlers: Handlers, siti: Warga
):
    """The person sees one answer, as if nothing had happened."""
    handlers.failures = 2
    await siti.sends(f"/rusak {WORDS}")
    assert handlers.runs["rusak"] == 3
    assert siti.texts == [bot.phrase("start.menu")]
    assert value_of(bot, "rusak") == "3"
    assert [(row.state, row.attempts) for row in update_rows(bot, siti)] == [("done", 2)]


@pytest.mark.usefixtures("_soon")
async def test_a_handler_that_keeps_failing_leaves_a_dead_letter(
    bot: Bot,
    handlers: Handlers,
    admin: Warga,
    siti: Warga,
    caplog: pytest.LogCaptureFixture,
):
    """Nothing of it stays but the letter; the person hears a kind word, the admins a number."""
    with caplog.at_level(logging.DEBUG):
        await siti.sends(f"/rusak {WORDS}")
    assert handlers.runs["rusak"] == 4
    assert siti.texts == [bot.phrase("error.sorry")]
    assert value_of(bot, "rusak") is None  # every try was rolled back

    (dead,) = update_rows(bot, siti)
    assert dead.state == "dead"
    assert dead.error.startswith("ValueError at tests/test_worker.py:")
    assert admin.sees == bot.phrase("operator.dead_letter", number=dead.id)
    said = "".join(message.params for message in bot.rows(select(outbox)))
    for told in (dead.error, caplog.text, said):
        assert WORDS not in told

    await siti.sends("/hitung")
    assert siti.sees == bot.phrase("start.menu")


async def test_waiting_between_tries_grows(bot: Bot, siti: Warga):
    """A second, five, thirty: a short trouble is over by then."""
    assert [wait.total_seconds() for wait in worker.RETRY_AFTER] == [1, 5, 30]
    await siti.person.sends("/rusak")
    await bot.until(lambda: update_rows(bot, siti) != [])
    await bot.until(lambda: update_rows(bot, siti)[0].attempts == 1)
    (first,) = update_rows(bot, siti)
    waits = (first.not_before - datetime.now(UTC)).total_seconds()
    assert 0 < waits <= 1
    await bot.until(lambda: update_rows(bot, siti)[0].attempts == 2)
    (second,) = update_rows(bot, siti)
    assert (second.not_before - first.not_before).total_seconds() >= 5


@pytest.mark.usefixtures("_soon")
async def test_a_tap_whose_handler_fails_is_answered(
    bot: Bot, admin: Warga, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """The circle on the button stops turning."""
    await siti.sends("/start")

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError(WORDS)

    monkeypatch.setattr("services.residents.consent", fail)
    await siti.taps("consent.button.yes")
    assert siti.person.unanswered == []
    assert siti.sees == bot.phrase("error.sorry")


@pytest.mark.usefixtures("_soon")
async def test_an_update_that_cannot_be_parsed_is_a_dead_letter(
    bot: Bot, admin: Warga, siti: Warga
):
    """It is not passed over in silence, and does not hold up what follows."""
    body = {"update_id": 5, "message": {"message_id": WORDS, "chat": 7}}
    one = Received(5, siti.id, json.dumps(body))
    await write(bot, lambda db: rows.add(db, [one], datetime.now(UTC)))
    await siti.sends("/hitung")
    await bot.settles()
    assert [row.state for row in update_rows(bot, siti)] == ["dead", "done"]
    assert siti.texts == [bot.phrase("start.menu")]
    number = update_rows(bot, siti)[0].id
    assert admin.sees == bot.phrase("operator.dead_letter", number=number)


UNREADABLE = {"gift": {"gift": {"id": "1"}}}  # the library wants more than that


async def test_a_message_with_parts_that_the_library_cannot_read_is_answered(
    bot: Bot, siti: Warga
):
    """Telegram adds kinds faster than libraries learn them."""
    await siti.person.sends_raw(UNREADABLE)
    await bot.settles()
    assert siti.texts == [bot.phrase("fallback.other")]
    await siti.person.sends_raw({"text": "resep rendang", **UNREADABLE})
    await bot.settles()
    assert siti.texts[1:] == [bot.phrase("fallback.text")]
    assert {row.state for row in update_rows(bot, siti)} == {"done"}


@pytest.mark.usefixtures("_soon")
async def test_a_filter_that_fails_is_a_failure_of_the_update(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """The library swallows such an error; the update must not count as handled."""
    real, left = CommandHandler.check_update, [2]

    def check(self: Any, update: object) -> Any:
        if left[0] > 0:
            left[0] -= 1
            raise ValueError(WORDS)
        return real(self, update)

    monkeypatch.setattr(CommandHandler, "check_update", check)
    await siti.sends("/hitung")
    assert [(row.state, row.attempts) for row in update_rows(bot, siti)] == [("done", 2)]
    assert siti.texts == [bot.phrase("start.menu")]


@pytest.mark.usefixtures("_soon")
async def test_a_permission_is_checked_before_the_handler_runs(
    bot: Bot, handlers: Handlers, admin: Warga, siti: Warga
):
    """A resident who guesses a command of staff gets no further."""
    await siti.sends("/terlarang")
    assert handlers.runs["terlarang"] == 0
    assert siti.sees == bot.phrase("role.not_allowed")
    assert update_rows(bot, siti)[0].state == "done"
    await admin.sends("/terlarang")
    assert handlers.runs["terlarang"] == 1


async def test_a_database_that_takes_no_commit_loses_nothing(
    bot: Bot, handlers: Handlers, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Neither the update nor its failure can be written for a while: it is handled later."""
    failed = []

    def fail(*_: Any, **__: Any) -> None:
        failed.append(1)
        raise OSError("disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(rows, "take", fail)
        broken.setattr(rows, "postpone", fail)
        await siti.person.sends("/hitung")
        await bot.until(lambda: len(failed) >= 4)
        assert handlers.runs["hitung"] == 0
    await bot.settles()
    assert value_of(bot, "hitung") == "1"
    assert siti.texts == [bot.phrase("start.menu")]


# --- order ------------------------------------------------------------------------------------


async def test_a_failing_chat_never_delays_another(bot: Bot, siti: Warga, budi: Warga):
    """While hers is tried again and again, his is answered; hers waits for its turn."""
    await siti.person.sends("/rusak")
    await siti.person.sends("/hitung")
    await bot.until(lambda: len(update_rows(bot, siti)) == 2)
    await bot.until(lambda: update_rows(bot, siti)[0].attempts == 1)
    for _ in range(5):
        await budi.person.sends("/hitung")
    await bot.until(lambda: len(budi.texts) == 5, 1.0)
    assert siti.texts == []
    assert [row.state for row in update_rows(bot, siti)] == ["new", "new"]


async def test_a_slow_answer_of_telegram_never_delays_another_chat(
    bot: Bot, siti: Warga, budi: Warga
):
    """One request that hangs is one request."""
    bot.simulator.faults.next("sendMessage", "delay", seconds=1.0)
    await siti.person.sends("/hitung")
    await bot.until(lambda: bot.simulator.faults.injected.get("delay") == 1)
    await budi.person.sends("/hitung")
    await bot.until(lambda: len(budi.texts) == 1, 0.6)
    assert siti.texts == []
    await bot.settles()
    assert len(siti.texts) == 1


async def test_one_chat_is_handled_in_order_and_many_at_once(bot: Bot):
    """Twenty people write ten messages each, all mixed: everybody's order holds."""
    people = [bot.person(400 + i) for i in range(20)]
    for turn in range(10):
        for person in people:
            await person.person.sends("/hitung" if turn % 2 else "resep rendang")
    await bot.settles(20.0)
    expected = [bot.phrase("fallback.text"), bot.phrase("start.menu")] * 5
    assert all(person.texts == expected for person in people)
    assert value_of(bot, "hitung") == "100"


async def test_an_update_that_comes_again_changes_nothing(
    bot: Bot, handlers: Handlers, siti: Warga
):
    """Handled once, whatever Telegram repeats."""
    await siti.sends("/hitung")
    for _ in range(3):
        await siti.person.sends_update_again()
    await bot.settles()
    await siti.sends("/menu")
    assert handlers.runs["hitung"] == 1
    assert value_of(bot, "hitung") == "1"
    assert len(siti.texts) == 2


async def test_an_update_of_no_interest_is_done(bot: Bot, siti: Warga):
    """A kind of update that nobody asked for does not stay in the way."""
    channel = {"id": -5, "type": "channel", "title": "Kabar"}
    body = {"update_id": 5, "channel_post": {"message_id": 1, "date": 1, "chat": channel}}
    one = Received(5, -5, json.dumps(body))
    await write(bot, lambda db: rows.add(db, [one], datetime.now(UTC)))
    await siti.sends("/hitung")
    await bot.settles()
    states = bot.rows(select(inbox.c.state, func.count()).group_by(inbox.c.state))
    assert states == [("done", 2)]


# --- too much of one person -------------------------------------------------------------------


async def test_who_floods_is_warned_once_and_delays_nobody(
    bot: Bot, handlers: Handlers, siti: Warga, budi: Warga
):
    """Then silence until it calms down; taps are answered all the same."""
    await siti.sends("/start")
    most = bot.settings.limits.messages_per_minute
    for _ in range(most + 10):
        await siti.person.sends("/hitung")
    await bot.settles(20.0)
    warning = bot.phrase("flood.warning")
    assert handlers.runs["hitung"] == most - 1
    assert siti.texts.count(warning) == 1
    assert siti.sees == warning

    await siti.taps("consent.button.yes")
    assert siti.person.unanswered == []
    assert siti.notice == bot.phrases.plain("flood.notice")

    await budi.sends("/hitung")
    assert budi.texts == [bot.phrase("start.menu")]
    assert siti.sees == warning
    assert len(siti.texts) == 2 + most - 1 + 1


async def test_who_calms_down_is_heard_again(bot: Bot, siti: Warga):
    """A minute later the person is like anybody else."""
    most = bot.settings.limits.messages_per_minute
    for _ in range(most + 2):
        await siti.person.sends("/hitung")
    await bot.settles(20.0)
    earlier = inbox.c.received_at < datetime.now(UTC)
    aged = (
        inbox.update().where(earlier).values(received_at=datetime.now(UTC) - timedelta(minutes=2))
    )
    await write(bot, lambda db: db.execute(aged))
    await siti.sends("/hitung")
    assert siti.sees == bot.phrase("start.menu")


async def test_staff_may_tap_as_much_as_their_work_wants(bot: Bot, admin: Warga):
    """Ticking sixty names takes sixty taps: nobody is silenced for it."""
    before = len(admin.texts)
    for _ in range(45):
        await admin.person.sends("/menu")
    await bot.settles()
    assert admin.texts[before:] == [bot.phrase("start.menu")] * 45


async def test_a_group_does_not_flood(bot: Bot, simulator: Simulator, siti: Warga):
    """Many people talk there; nobody of them is warned."""
    group = simulator.group(-20, "RT 05", [siti.person])
    for _ in range(bot.settings.limits.messages_per_minute + 3):
        await siti.person.sends("halo semua", chat=group)
    await bot.settles(20.0)
    assert group.from_bot == []
    assert siti.texts == []
