"""What each answer of Telegram means for a message that waits to be sent, and what goes first."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Bot, Warga
from rig import another_bot, put_in_place, queue, refused, row, stranger_to_nobody, text_to, write
from sqlalchemy import Connection, select

from jobs import intake, pace, sender
from jobs.failures import Stop
from simulator import Simulator
from storage import outbox as rows
from storage import outbox_upkeep
from storage.outbox import Message
from storage.outbox_words import ANSWER, Lane
from storage.tables import outbox, resident

FAR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are put in by hand here, without the signal that a unit gives."""
    monkeypatch.setattr(sender, "IDLE_SECONDS", 0.02)


@pytest.fixture
def _short_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "LONGEST_BACK_OFF", 0.05)


@pytest.fixture
def ani(bot: Bot) -> Warga:
    """A person whose chat is open and empty."""
    return stranger_to_nobody(bot, 701, "Ani")


@pytest.fixture
def bima(bot: Bot) -> Warga:
    return stranger_to_nobody(bot, 702, "Bima")


def counted(bot: Bot, method: str = "sendMessage") -> int:
    return bot.simulator.stats.requests[method]


def order_of_sends(bot: Bot) -> list[str]:
    """The texts that went out, in the order in which Telegram took them."""
    return [sent["text"] for sent in bot.simulator.world.sent]


async def consents(person: Warga) -> None:
    await person.sends("/start")
    await person.taps("consent.button.yes")


async def tried(bot: Bot, row_id: int, *, times: int) -> None:
    """Wait until a message was put off so many times."""
    seen = {row(bot, row_id).not_before}

    def enough() -> bool:
        seen.add(row(bot, row_id).not_before)
        return len(seen) > times

    await bot.until(enough)


def inactive(bot: Bot, person: Warga) -> str | None:
    query = select(resident.c.inactive).where(resident.c.telegram_id == person.id)
    reason: str | None = bot.rows(query)[0][0]
    return reason


# --- 429 --------------------------------------------------------------------------------------


async def test_too_many_requests_pause_that_chat_alone(bot: Bot, ani: Warga, bima: Warga):
    """Her message goes back without counting and waits; another chat goes on at once."""
    bot.simulator.faults.next("sendMessage", "too_many", retry_after=1)
    began = time.monotonic()
    (first,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.until(lambda: row(bot, first).error == "too many requests")
    assert (row(bot, first).state, row(bot, first).attempts) == ("queued", 0)

    notice = text_to(ani.id, "kabar", Lane.NOTICE)  # of no lane anything goes to her
    await queue(bot, notice, text_to(ani.id, "dua"), text_to(bima.id, "lain"))
    await bot.until(lambda: bima.texts == ["lain"])
    assert time.monotonic() - began < 0.9
    assert ani.texts == []
    asked = counted(bot)

    await bot.until(lambda: ani.texts != [])
    assert time.monotonic() - began >= 1.0
    await bot.settles()
    assert sorted(ani.texts) == ["dua", "kabar", "satu"]
    assert counted(bot) == asked + 3  # nothing was tried while she had to wait
    assert row(bot, first).possibly_repeated is False


async def test_too_many_requests_in_two_chats_pause_everything(bot: Bot, ani: Warga, bima: Warga):
    """Two chats within a second: the whole bot is too fast, so all lanes wait."""
    caca = stranger_to_nobody(bot, 703, "Caca")
    bot.simulator.faults.next("sendMessage", "too_many", times=2, retry_after=1)
    began = time.monotonic()
    ids = await queue(bot, text_to(ani.id, "satu"), text_to(bima.id, "dua"))
    await bot.until(lambda: all(row(bot, i).error == "too many requests" for i in ids))

    await queue(bot, *(text_to(caca.id, lane.name, lane) for lane in Lane))
    await bot.until(lambda: caca.texts != [])
    assert time.monotonic() - began >= 1.0
    await bot.settles()
    assert len(caca.texts) == 3
    assert bot.simulator.stats.requests["sendMessage"] == 2 + 5


async def test_a_pause_of_all_lanes_also_holds_what_waits_for_its_place(bot: Bot):
    """Messages that were claimed for the next quarter of a second go back as well."""
    many = [stranger_to_nobody(bot, 1000 + i) for i in range(10)]
    bot.simulator.faults.next("sendMessage", "too_many", times=2, retry_after=1)
    began = time.monotonic()
    ids = await queue(bot, *(text_to(p.id, "siar", Lane.BROADCAST) for p in many))
    await bot.until(lambda: bot.simulator.stats.too_many == 2)
    await bot.until(lambda: {row(bot, i).state for i in ids} == {"queued"})
    assert counted(bot) == 2

    await bot.settles()
    assert time.monotonic() - began >= 1.0
    assert all(p.texts == ["siar"] for p in many)
    assert counted(bot) == 2 + len(many)
    assert not any(row(bot, i).possibly_repeated or row(bot, i).attempts for i in ids)


# --- 403 and chat not found -------------------------------------------------------------------


async def test_a_person_who_blocked_the_bot_is_inactive_until_she_lets_it_in(
    bot: Bot, siti: Warga
):
    """The reason is kept, what waits for her is given up, and unblocking brings her back."""
    await consents(siti)
    siti.person.chat.blocked = True  # before Telegram has told the bot
    first, later = await queue(
        bot, text_to(siti.id, "satu"), text_to(siti.id, "nanti", Lane.NOTICE)
    )
    await bot.settles()
    assert {row(bot, first).state, row(bot, later).state} == {"failed"}
    assert row(bot, first).error == "bot was blocked by the user"
    assert inactive(bot, siti) == "bot was blocked by the user"
    assert set(refused(bot.simulator)) == {"Forbidden: bot was blocked by the user"}

    await siti.person.unblocks()
    await bot.settles()
    assert inactive(bot, siti) is None


async def test_taps_are_answered_after_the_person_blocked_the_bot(bot: Bot, siti: Warga):
    """What was to be said is given up; the circle on the button stops turning."""
    await siti.sends("/bantar")
    message = siti.person.from_bot[-1]["message_id"]
    siti.person.chat.blocked = True  # before Telegram has told the bot
    await siti.person.taps_raw(message, "topic:group:bersih")
    await siti.person.taps_raw(message, "nothing:1")
    await siti.taps_data(message, "topic:group:aman")
    assert siti.person.unanswered == []
    assert set(refused(bot.simulator)) == {"Forbidden: bot was blocked by the user"}


async def test_a_person_who_blocks_is_inactive_at_once(bot: Bot, siti: Warga):
    """Telegram tells of the blocking itself: nothing has to fail first."""
    await consents(siti)
    await siti.person.blocks()
    await bot.settles()
    assert inactive(bot, siti) == "blocked"


async def test_a_deactivated_person_is_active_again_with_start(bot: Bot, siti: Warga):
    """Accounts come back: who writes /start can be reached."""
    await consents(siti)
    await siti.person.deactivates()
    await queue(bot, text_to(siti.id, "satu"))
    await bot.settles()
    assert inactive(bot, siti) == "user is deactivated"
    assert refused(bot.simulator) == ["Forbidden: user is deactivated"]

    siti.person.human.deactivated = False
    await siti.sends("/start")
    assert inactive(bot, siti) is None
    assert "satu" not in siti.texts  # what was given up stays so


async def test_a_group_that_kicked_the_bot_gets_nothing_more(bot: Bot, siti: Warga):
    """All that waits for the group is given up with the reason."""
    group = bot.simulator.group(-20, "RT 05", [siti.person])
    group.kicks_bot(siti.person)
    await bot.settles()
    ids = await queue(bot, text_to(group.id, "satu"), text_to(group.id, "dua"))
    await bot.settles()
    assert [(row(bot, i).state, row(bot, i).error) for i in ids] == [
        ("failed", "bot was kicked from the group chat")
    ] * 2
    assert refused(bot.simulator) == ["Forbidden: bot was kicked from the group chat"]


async def test_a_chat_that_is_not_found_makes_the_recipient_inactive(bot: Bot, siti: Warga):
    """Telegram forgot the chat: nothing more is tried."""
    await consents(siti)
    siti.person.chat.started = False
    (only,) = await queue(bot, text_to(siti.id, "satu"))
    await bot.settles()
    assert (row(bot, only).state, row(bot, only).attempts) == ("failed", 0)
    assert inactive(bot, siti) == "chat not found"
    assert refused(bot.simulator) == ["Bad Request: chat not found"]


# --- other refusals ---------------------------------------------------------------------------


async def test_a_group_that_became_a_supergroup_gets_everything_under_its_new_id(
    bot: Bot, siti: Warga
):
    """The chat id changes in all that waits, and the message is sent again."""
    group = bot.simulator.group(-20, "RT 05", [siti.person])
    large = group.upgrades(siti.person, -1001)
    await bot.settles()
    ids = await queue(
        bot, text_to(-20, "satu"), text_to(-20, "dua"), text_to(-20, "siar", Lane.BROADCAST)
    )
    await bot.settles()
    assert sorted(m["text"] for m in large.from_bot) == ["dua", "satu", "siar"]
    assert {(row(bot, i).chat_id, row(bot, i).state) for i in ids} == {(-1001, "sent")}
    assert row(bot, ids[0]).attempts == 0
    reason = "Bad Request: group chat was upgraded to a supergroup chat"
    assert set(refused(bot.simulator)) == {reason}


async def test_a_group_that_says_it_moved_takes_what_waits_along(bot: Bot, siti: Warga):
    """Telegram's own note in the group is enough: nothing need be refused first."""
    group = bot.simulator.group(-20, "RT 05", [siti.person])
    (waiting,) = await queue(bot, text_to(-20, "nanti")._replace(not_before=_in(FAR)))
    group.upgrades(siti.person, -1001)
    await bot.settles()
    assert row(bot, waiting).chat_id == -1001
    assert '"chat_id":-1001' in row(bot, waiting).params


async def test_the_answer_to_a_tap_stays_valid_when_its_group_moves(bot: Bot, siti: Warga):
    """It names a tap, no chat: the move must not write one into it."""
    group = bot.simulator.group(-20, "RT 05", [siti.person])
    query = {"callback_query_id": "7"}
    (answer,) = await queue(bot, Message(group.id, ANSWER, query, not_before=_in(FAR)))
    await write(bot, lambda db: outbox_upkeep.move_chat(db, -20, -1001))
    assert row(bot, answer).params == '{"callback_query_id":"7"}'
    assert row(bot, answer).chat_id == -1001


async def test_an_edit_that_changes_nothing_is_a_success(bot: Bot, ani: Warga):
    """Telegram says the message is not modified: it is what it should be."""
    (first,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.settles()
    (second,) = await queue(bot, _edit(ani, "satu", edits_id=first))
    await bot.settles()
    assert row(bot, second).state == "sent"
    assert row(bot, second).message_id == row(bot, first).message_id
    assert ani.texts == ["satu"]
    assert len(refused(bot.simulator)) == 1


async def test_the_answer_to_a_tap_that_is_too_old_is_done(bot: Bot, ani: Warga):
    """Nobody waits for it any more."""
    answer = Message(ani.id, ANSWER, {"callback_query_id": "12345"})
    (only,) = await queue(bot, answer)
    await bot.settles()
    assert (row(bot, only).state, row(bot, only).attempts) == ("sent", 0)
    assert len(refused(bot.simulator)) == 1


async def test_an_edit_of_a_deleted_message_is_sent_as_a_new_one(bot: Bot, ani: Warga):
    """What was to be said is said all the same, with its buttons."""
    params = {"chat_id": ani.id, "message_id": 4711, "text": "baru"}
    markup = {"inline_keyboard": [[{"text": "Ya", "callback_data": "x"}]]}
    edit = Message(ani.id, "editMessageText", {**params, "reply_markup": markup})
    (only,) = await queue(bot, edit)
    await bot.settles()
    assert ani.texts == ["baru"]
    assert ani.buttons == ["Ya"]
    assert row(bot, only).message_id == ani.message["message_id"]
    assert refused(bot.simulator) == ["Bad Request: message to edit not found"]


async def test_an_edit_that_telegram_does_not_allow_is_sent_as_a_new_message(bot: Bot, ani: Warga):
    """A message with a reply keyboard cannot be edited; a caption becomes a text."""
    keyboard = {"keyboard": [[{"text": "Menu"}]]}
    sealed = text_to(ani.id, "satu")
    (first,) = await queue(
        bot, sealed._replace(params={**sealed.params, "reply_markup": keyboard})
    )
    await bot.settles()
    caption = {"chat_id": ani.id, "caption": "dua"}
    await queue(bot, Message(ani.id, "editMessageCaption", caption, edits_id=first))
    await bot.settles()
    assert ani.texts == ["satu", "dua"]
    assert refused(bot.simulator) == ["Bad Request: message can't be edited"]


async def test_markup_that_telegram_refuses_is_sent_once_as_plain_text(
    bot: Bot, ani: Warga, caplog: pytest.LogCaptureFixture
):
    """It is our mistake: the person reads the words, the operator reads of it, without them."""
    broken = {"chat_id": ani.id, "text": "<b>parit &amp; got", "parse_mode": "HTML"}
    with caplog.at_level(logging.ERROR):
        (only,) = await queue(bot, Message(ani.id, "sendMessage", broken))
        await bot.settles()
    assert ani.texts == ["parit & got"]
    assert row(bot, only).state == "sent"
    assert [r.name for r in caplog.records if f"message {only} " in r.getMessage()] == ["sender"]
    assert "parit" not in caplog.text
    assert len(refused(bot.simulator)) == 1


async def test_plain_text_that_is_refused_too_is_given_up(bot: Bot, ani: Warga):
    """Once means once."""
    words = "Bad Request: can't parse entities: whatever"
    bot.simulator.faults.next("sendMessage", "status", times=9, code=400, description=words)
    params = {"chat_id": ani.id, "text": "satu", "parse_mode": "HTML"}
    (only,) = await queue(bot, Message(ani.id, "sendMessage", params))
    await bot.settles()
    assert row(bot, only).state == "failed"
    assert counted(bot) == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [(400, "Bad Request: message is too long"), (413, "Request Entity Too Large")],
)
async def test_what_is_too_large_is_never_tried_again(
    bot: Bot, ani: Warga, code: int, words: str, caplog: pytest.LogCaptureFixture
):
    """It would be too large the next time as well; what follows goes out."""
    bot.simulator.faults.next("sendMessage", "status", code=code, description=words)
    first, _second = await queue(bot, text_to(ani.id, "panjang"), text_to(ani.id, "dua"))
    await bot.settles()
    assert (row(bot, first).state, row(bot, first).attempts) == ("failed", 0)
    assert ani.texts == ["dua"]
    assert counted(bot) == 2
    assert f"Telegram refuses message {first} " in caplog.text


# --- 401, 404, 409 ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [401, 404])
async def test_a_token_that_is_no_longer_known_stops_the_bot(
    simulator: Simulator, tmp_path: Path, empty_database: Path, code: int
):
    """One clear sentence, and the message waits for a bot with the right token."""
    put_in_place(tmp_path, empty_database)
    async with another_bot(simulator, tmp_path) as bot:
        await bot.start()
        ani = stranger_to_nobody(bot, 701)
        simulator.faults.next("sendMessage", "status", code=code, description="Unauthorized")
        (only,) = await queue(bot, text_to(ani.id, "satu"))
        with pytest.raises(Stop, match=r"^Telegram does not know this token; .*\.$"):
            await bot.until(lambda: False)
        assert (row(bot, only).state, row(bot, only).attempts) == ("queued", 0)


async def test_a_second_poller_stops_the_bot(
    simulator: Simulator,
    tmp_path: Path,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """A conflict that lasts is a second bot with the same token: one sentence says so."""
    monkeypatch.setattr(intake, "CONFLICT_SECONDS", 1.5)
    words = "Conflict: terminated by other getUpdates request"
    simulator.faults.set("getUpdates", "status", code=409, description=words)
    put_in_place(tmp_path, empty_database)
    async with another_bot(simulator, tmp_path) as bot:
        began = time.monotonic()
        await bot.start()
        with pytest.raises(Stop, match="another process polls"):
            await bot.until(lambda: False)
    assert time.monotonic() - began >= 1.5


# --- nobody knows, or certainly not sent ------------------------------------------------------


@pytest.mark.usefixtures("_short_back_off")
@pytest.mark.parametrize(
    ("kind", "details", "copies"),
    [
        ("status", {"code": 500}, 1),
        ("status", {"code": 502}, 1),
        ("html", {}, 1),
        ("reset_before", {}, 1),
        ("reset_after", {}, 2),
    ],
)
async def test_a_message_of_unknown_outcome_is_repeated_and_marked(
    bot: Bot, ani: Warga, kind: str, details: dict[str, int], copies: int
):
    """5xx and lost connections: a double beats a loss, and the row says so."""
    bot.simulator.faults.next("sendMessage", kind, times=1, **details)
    (only,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.settles()
    assert ani.texts == ["satu"] * copies
    assert row(bot, only).state == "sent"
    assert row(bot, only).possibly_repeated is True


@pytest.mark.usefixtures("_short_back_off")
async def test_a_message_without_an_answer_in_time_is_repeated_and_marked(
    bot: Bot, ani: Warga, monkeypatch: pytest.MonkeyPatch
):
    """A time-out after writing: Telegram may have it or not."""
    monkeypatch.setattr(sender.call, "__kwdefaults__", {"read_timeout": 0.2})
    bot.simulator.faults.next("sendMessage", "hang")
    (only,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.settles()
    assert ani.texts == ["satu"]
    assert row(bot, only).possibly_repeated is True


async def test_waiting_grows_with_every_failure(bot: Bot, ani: Warga):
    """Back-off: about one second, two, four, never more than a minute."""
    bot.simulator.faults.set("sendMessage", "status", code=502)
    (only,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.until(lambda: row(bot, only).attempts == 1)
    first = row(bot, only)
    assert first.state == "queued"
    await bot.until(lambda: row(bot, only).attempts == 2)
    second = row(bot, only)
    assert second.not_before - first.not_before > timedelta(seconds=0.9)
    bot.simulator.faults.clear()
    await bot.settles()
    assert ani.texts == ["satu"]


@pytest.mark.usefixtures("_short_back_off")
async def test_a_message_that_certainly_was_not_sent_is_repeated_without_a_mark(
    bot: Bot, ani: Warga
):
    """No connection at all: nothing can be doubled, however often it is tried."""
    port = int(bot.simulator.url.rsplit(":", 1)[1])
    await bot.simulator.stop()
    (only,) = await queue(bot, text_to(ani.id, "satu"))
    await tried(bot, only, times=3)
    assert row(bot, only).error == "NotSent"
    assert row(bot, only).possibly_repeated is False

    await bot.simulator.start(port=port)
    await bot.until(lambda: ani.texts == ["satu"])
    await bot.until(lambda: row(bot, only).state == "sent")
    assert row(bot, only).possibly_repeated is False


@pytest.mark.usefixtures("_short_back_off")
async def test_a_long_outage_does_not_use_up_the_repeats(
    bot: Bot, ani: Warga, monkeypatch: pytest.MonkeyPatch
):
    """However long there was no connection, a 502 at its end loses nothing."""
    monkeypatch.setattr(sender, "MAX_UNKNOWN", 8)
    port = int(bot.simulator.url.rsplit(":", 1)[1])
    await bot.simulator.stop()
    (only,) = await queue(bot, text_to(ani.id, "satu"))
    await tried(bot, only, times=12)

    bot.simulator.faults.next("sendMessage", "status", code=502)
    await bot.simulator.start(port=port)
    await bot.until(lambda: row(bot, only).state != "queued")
    await bot.settles()
    assert ani.texts == ["satu"]
    assert row(bot, only).state == "sent"


async def test_what_was_being_sent_at_a_crash_is_sent_again_and_marked(
    simulator: Simulator, tmp_path: Path, empty_database: Path
):
    """Claimed but without result: nobody knows, so it goes out again."""
    put_in_place(tmp_path, empty_database)
    async with another_bot(simulator, tmp_path) as bot:
        await bot.start()
        ani = stranger_to_nobody(bot, 701)
        (only,) = await queue(bot, text_to(ani.id, "satu")._replace(not_before=_in(FAR)))
        change = outbox.update().where(outbox.c.id == only)
        await write(bot, lambda db: db.execute(change.values(state="sending")))
        await bot.stop()
        change = change.values(not_before=_in(-FAR))
        await bot.start()
        await write(bot, lambda db: db.execute(change))
        await bot.settles()
        assert ani.texts == ["satu"]
        assert row(bot, only).possibly_repeated is True


# --- what goes first --------------------------------------------------------------------------


async def test_replies_go_before_notices_and_notices_before_broadcasts(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
):
    """Queued in the wrong order, sent in the right one."""
    monkeypatch.setattr(sender, "IN_FLIGHT", 1)  # so that the order is seen
    people = [stranger_to_nobody(bot, 800 + i) for i in range(9)]
    lanes = [Lane.BROADCAST, Lane.NOTICE, Lane.REPLY] * 3
    bot.simulator.faults.latency = 0.01
    await queue(
        bot, *(text_to(p.id, lane.name, lane) for p, lane in zip(people, lanes, strict=True))
    )
    await bot.settles()
    assert order_of_sends(bot) == ["REPLY"] * 3 + ["NOTICE"] * 3 + ["BROADCAST"] * 3


async def test_broadcasts_keep_to_the_pace_and_replies_do_not_wait(bot: Bot):
    """28 a second for what nobody waits for; a reply in the middle of it goes out at once."""
    many = [stranger_to_nobody(bot, 1000 + i) for i in range(42)]
    ani = stranger_to_nobody(bot, 701)
    began = time.monotonic()
    await queue(bot, *(text_to(p.id, "siar", Lane.BROADCAST) for p in many))
    await bot.until(lambda: len(many[10].texts) == 1)

    asked = time.monotonic()
    await queue(bot, text_to(ani.id, "balasan"))
    await bot.until(lambda: ani.texts == ["balasan"])
    waited = time.monotonic() - asked
    await bot.settles()
    took = time.monotonic() - began

    assert waited < 0.25
    assert all(p.texts == ["siar"] for p in many)
    assert 42 / 28 - 0.1 <= took < 3.0
    assert bot.simulator.stats.max_per_second <= 31  # 28, a reply, and the width of a window


async def test_replies_are_not_paced_over_all_chats(bot: Bot):
    """Forty persons who ask at once are answered at once."""
    many = [stranger_to_nobody(bot, 1000 + i) for i in range(40)]
    began = time.monotonic()
    await queue(bot, *(text_to(p.id, "balasan") for p in many))
    await bot.until(lambda: all(p.texts for p in many))
    assert time.monotonic() - began < 1.0  # 40 / 28 = 1.4 s if they were paced


async def test_one_chat_gets_its_messages_in_order(bot: Bot, ani: Warga):
    """Also when Telegram answers the first of them last."""
    bot.simulator.faults.next("sendMessage", "delay", seconds=0.2)
    words = [str(i) for i in range(8)]
    await queue(bot, *(text_to(ani.id, word) for word in words))
    await bot.settles()
    assert ani.texts == words


async def test_the_fourth_message_in_a_row_to_one_chat_waits(
    bot: Bot, ani: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Three at once, then one a second: Telegram's limit for a private chat."""
    monkeypatch.setattr(pace, "CHAT_SECONDS", 1.0)
    began = time.monotonic()
    await queue(bot, *(text_to(ani.id, str(i)) for i in range(4)))
    await bot.until(lambda: len(ani.texts) == 3)
    assert time.monotonic() - began < 0.8
    await bot.until(lambda: len(ani.texts) == 4)
    assert 0.9 <= time.monotonic() - began < 1.8


async def test_an_edit_waits_for_the_message_that_it_edits(bot: Bot, ani: Warga):
    """A progress note is queued before its message is out: it gets the number afterwards."""
    bot.simulator.faults.next("sendMessage", "delay", seconds=0.3)

    def work(db: Connection) -> tuple[int, int]:
        now = datetime.now(UTC)
        first = rows.add(db, text_to(ani.id, "sedang", Lane.BROADCAST), now)
        return first, rows.add(db, _edit(ani, "sudah", edits_id=first), now)

    first, edit = await write(bot, work)
    await bot.settles()
    assert ani.texts == ["sudah"]
    assert row(bot, edit).message_id == row(bot, first).message_id


async def test_an_edit_of_a_message_that_failed_is_sent_as_a_new_one(bot: Bot, ani: Warga):
    """The first message was refused: its correction still reaches the person."""
    bot.simulator.faults.next("sendMessage", "status", code=400)
    (first,) = await queue(bot, text_to(ani.id, "satu"))
    await bot.settles()
    assert row(bot, first).state == "failed"
    await queue(bot, _edit(ani, "dua", edits_id=first))
    await bot.settles()
    assert ani.texts == ["dua"]


async def test_answers_to_taps_wait_for_nothing(bot: Bot, siti: Warga):
    """Neither for a pause of the chat, nor for its order, nor for the pace."""
    bot.simulator.faults.next("sendMessage", "too_many", retry_after=2)
    (held,) = await queue(bot, text_to(siti.id, "satu"))
    siti.person.chat.started = True
    await bot.until(lambda: row(bot, held).error == "too many requests")
    query = await siti.person.taps_raw(1, "kedaluwarsa")
    began = time.monotonic()
    await bot.until(lambda: [n["id"] for n in siti.person.notices] == [query])
    assert time.monotonic() - began < 1.0
    assert siti.texts == []
    assert siti.person.unanswered == []


def _edit(person: Warga, text: str, *, edits_id: int) -> Message:
    params = {"chat_id": person.id, "text": text}
    return Message(person.id, "editMessageText", params, edits_id=edits_id)


def _in(later: timedelta) -> datetime:
    return datetime.now(UTC) + later
