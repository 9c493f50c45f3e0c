"""Groups: short answers for everybody, the way to the private chat, and nothing personal."""

from __future__ import annotations

import json
import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from calendar_rig import planned
from conftest import (
    TOKEN,
    Bot,
    Warga,
    agrees,
    complaint_in,
    files,
    resident_in,
    settings_for,
    writes,
)
from sqlalchemy import create_engine, func, select, update

from jobs import group_updates
from jobs.check import notes
from jobs.group_updates import is_talk
from jobs.intake import sorted_out
from simulator import Group, incoming
from storage import groups as stored
from storage import outbox as messages
from storage.outbox import Message
from storage.tables import (
    draft,
    gotong_royong,
    inbox,
    outbox,
    participation,
    resident,
    setting,
    ticket,
)

USERNAME = "bantar_demo_bot"
ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


@pytest.fixture
async def group(bot: Bot, siti: Warga, budi: Warga) -> Group:
    """A group of two with the bot in it, which has said nothing yet."""
    return bot.simulator.group(-500, "RT 03", [siti.person, budi.person])


async def says(person: Warga, group: Group, *texts: str) -> None:
    """A person writes in a group."""
    for text in texts:
        await person._then(person.person.sends(text, chat=group))


async def comes(bot: Bot, group: Group, **content: Any) -> None:
    """A message in a group that no ordinary member wrote."""
    world = bot.simulator.world
    message = {
        "message_id": world.next_id(group.chat),
        "chat": group.chat.shown,
        "date": world.now(),
        **content,
    }
    world.queue.push("message", message, group.id)
    await bot.settles()


def command(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}],
    }


def answers(group: Group) -> list[str]:
    return [str(message["text"]) for message in group.from_bot]


def link(group: Group) -> tuple[str, str]:
    """Label of the one button of the last answer, and the payload of its address."""
    [[button]] = group.from_bot[-1]["reply_markup"]["inline_keyboard"]
    address = urlsplit(button["url"])
    assert (address.netloc, address.path) == ("t.me", f"/{USERNAME}")
    return button["text"], parse_qs(address.query)["start"][0]


def hello(bot: Bot) -> str:
    return bot.phrase("group.hello", kelurahan="Beringin")


async def plans(bot: Bot, title: str, days: int, rts: tuple[str, ...] | None) -> None:
    """A gotong royong in so many days."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    await planned(bot, title, title=title, starts_at=at, rts=rts)


# --- commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "key", "label", "payload"),
    [
        ("/start", "group.hello", "group.button.open", "menu"),
        ("/START@Bantar_Demo_Bot", "group.hello", "group.button.open", "menu"),
        ("/start rt05", "group.hello", "group.button.open", "rt05"),
        ("/start lapor", "group.hello", "group.button.open", "lapor"),
        ("/start undang_rahasia", "group.hello", "group.button.open", "menu"),
        ("/start topik_a&b=c", "group.hello", "group.button.open", "menu"),
        ("/menu", "group.hello", "group.button.open", "menu"),
        (f"/bantuan@{USERNAME}", "group.hello", "group.button.open", "menu"),
        (f"/apaini@{USERNAME}", "group.hello", "group.button.open", "menu"),
        ("/lapor parit mampet", "group.complaint", "menu.complaint", "lapor"),
        ("/aspirasi", "group.aspiration", "menu.aspiration", "aspirasi"),
        ("/laporan", "group.personal", "group.button.open", "laporan"),
        ("/staf", "group.personal", "group.button.open", "menu"),
        ("/ekspor", "group.personal", "group.button.open", "menu"),
        ("/batal", "group.personal", "group.button.open", "menu"),
        ("/jadwal", "group.no_schedule", "group.button.answer", "jadwal"),
    ],
)
async def test_a_command_gets_a_short_answer_and_the_way_to_the_private_chat(
    bot: Bot, group: Group, siti: Warga, said: str, key: str, label: str, payload: str
):
    """Each at the right place; nothing is said in the private chat."""
    await says(siti, group, said)
    values = {"kelurahan": "Beringin"} if key == "group.hello" else {}
    assert answers(group) == [bot.phrase(key, **values)]
    assert link(group) == (bot.phrase(label), payload)
    assert len(answers(group)[0].splitlines()) <= 4
    assert siti.texts == []
    assert bot.count(draft) == 0


async def test_bantar_is_explained_in_a_few_lines(bot: Bot, group: Group, siti: Warga):
    """The first part of its page, with its bold; the rest is one tap away."""
    await says(siti, group, "/bantar")
    [text] = answers(group)
    assert text.startswith("BANTAR singkatan dari")
    assert len(text.splitlines()) <= 5
    assert group.from_bot[0]["entities"][0]["type"] == "bold"
    assert link(group) == (bot.phrase("topic.button.more"), "topik_apa-itu-bantar")
    assert bot.count(participation) == 0
    await siti.sends("/start topik_apa-itu-bantar")
    assert any(text[:40] in shown for shown in siti.texts)


async def test_the_link_of_my_reports_opens_them(
    bot: Bot, group: Group, siti: Warga, admin: Warga
):
    """What a group does not show is shown in the private chat."""
    await agrees(siti)
    number = await files(siti)
    await says(siti, group, f"/laporan {number}")
    assert answers(group) == [bot.phrase("group.personal")]
    await siti.sends(f"/start {link(group)[1]}")
    assert any(text.startswith(bot.phrase("report.list")) for text in siti.texts)


async def test_the_schedule_shows_what_is_for_all(bot: Bot, group: Group, siti: Warga):
    """The next one for everybody, without names or own answers; not what is of one RT."""
    await agrees(siti)
    await plans(bot, "Bersih RT 3", 2, ("03",))
    await plans(bot, "Bersih kampung", 5, None)
    await plans(bot, "Bersih sungai", 9, None)
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.come")
    await says(siti, group, "/jadwal")
    [text] = answers(group)
    assert text.startswith(bot.phrase("group.schedule"))
    assert "Bersih kampung" in text
    assert "Bersih RT 3" not in text
    assert "Bersih sungai" not in text
    assert "Siti" not in text
    assert bot.phrase("gotong_royong.own_answer", answer="") not in text


async def test_the_schedule_of_a_group_names_no_report(
    bot: Bot, admin: Warga, group: Group, siti: Warga
):
    """For which one it is stands in private chats alone."""
    await agrees(siti)
    await files(siti)
    await plans(bot, "Bersih kampung", 5, None)
    [(number, mended)] = bot.rows(select(ticket.c.number, ticket.c.id))
    await writes(bot, lambda db: db.execute(update(gotong_royong).values(ticket_id=mended)))
    await says(siti, group, "/jadwal")
    [text] = answers(group)
    assert "Bersih kampung" in text
    assert number not in text
    await siti.sends("/jadwal")
    assert bot.phrase("conversion.for_ticket", number=number) in siti.sees


async def test_the_group_of_an_rt_sees_the_schedule_of_its_rt(
    bot: Bot, group: Group, siti: Warga, tmp_path: Any
):
    """Also after it became a supergroup with another id than in the settings."""
    await bot.stop()
    rts = [{"number": "03", "group": -500}, {"number": "05"}]
    bot.settings = settings_for(tmp_path, bot.simulator.url, rt=rts)
    await bot.start()
    await plans(bot, "Bersih RT 5", 1, ("05",))
    await plans(bot, "Bersih RT 3", 2, ("03",))
    await says(siti, group, "/jadwal")
    assert "Bersih RT 3" in answers(group)[0]
    large = group.upgrades(siti.person, -1000000000500)
    await bot.settles()
    await says(siti, large, "/jadwal")
    assert "Bersih RT 3" in answers(large)[-1]


@pytest.mark.parametrize(
    "said",
    ["/start@otherbot", f"/lapor@{USERNAME}2", "/ban", "/apaini", "/", "/ lapor", "//", "/lápor",
     "halo /lapor", "lapor", "rt 5"],
)  # fmt: skip
async def test_what_is_not_for_the_bot_gets_no_answer(
    bot: Bot, group: Group, siti: Warga, said: str
):
    """Another bot's commands, and talk."""
    await says(siti, group, said)
    assert answers(group) == []
    assert siti.texts == []


async def test_the_same_answer_is_not_given_twice_in_a_row(
    bot: Bot, group: Group, siti: Warga, budi: Warga
):
    """Two people who ask within a minute read one answer; later it is given again."""
    await says(siti, group, "/jadwal")
    await says(budi, group, f"/jadwal@{USERNAME}")
    assert len(answers(group)) == 1
    old = datetime.now(UTC) - timedelta(minutes=2)
    await writes(bot, lambda db: db.execute(outbox.update().values(created_at=old)))
    await says(budi, group, "/jadwal")
    assert len(answers(group)) == 2


async def test_a_group_that_plays_with_commands_is_left_alone(
    bot: Bot, group: Group, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Not more answers in a minute than a group can bear."""
    from jobs import dispatch

    monkeypatch.setattr(dispatch, "COMMANDS_A_MINUTE", 3)
    await says(siti, group, "/jadwal", "/lapor", "/aspirasi", "/bantar", "/laporan")
    assert len(answers(group)) == 3
    assert group_updates.COMMANDS_A_MINUTE < 20  # what Telegram lets a bot say in a group


async def test_a_command_in_a_topic_is_answered_there(bot: Bot, group: Group, siti: Warga):
    """A large group with topics."""
    await comes(
        bot,
        group,
        **command("/lapor"),
        **{"from": siti.person.human.user(), "message_thread_id": 7, "is_topic_message": True},
    )
    [row] = bot.rows(select(outbox.c.params))
    assert json.loads(row.params)["message_thread_id"] == 7


# --- nobody is anybody ------------------------------------------------------------------------


async def test_nothing_personal_is_shown_or_changed(
    bot: Bot, group: Group, siti: Warga, budi: Warga
):
    """Neither one's reports nor an open form; /start rt05 moves nobody."""
    await agrees(siti)
    await agrees(budi)
    row = await writes(bot, lambda db: complaint_in(db, resident_in(db, siti.id, "Siti")))
    await siti.sends("/lapor")
    await siti.sends("1")
    drafts = bot.rows(select(draft))
    for text in ("/laporan", f"/laporan {row.number}", "/start rt05", "/batal", "ya", "/lapor"):
        await says(siti, group, text)
    assert not any(row.number in text or "Siti" in text for text in answers(group))
    assert bot.rows(select(draft)) == drafts
    assert set(bot.rows(select(resident.c.rt))) == {("03",)}


@pytest.mark.parametrize("data", ["report:page:0", "consent:yes", "home:05", "form:x:1:send", "?"])
async def test_a_tap_in_a_group_is_answered_and_does_nothing(
    bot: Bot, group: Group, siti: Warga, data: str
):
    """Whatever it carries: only that it is for the private chat."""
    await says(siti, group, "/lapor")
    shown = group.from_bot[-1]["message_id"]
    await siti._then(siti.person.taps_raw(shown, data, chat=group))
    assert siti.notice == bot.phrase("group.tap")
    assert siti.person.unanswered == []
    assert len(answers(group)) == 1
    assert bot.count(resident) == 0
    assert siti.texts == []


@pytest.mark.parametrize(
    "sender",
    [
        {"from": ANONYMOUS, "sender_chat": {"id": -500, "type": "group", "title": "RT 03"}},
        {
            "from": {"id": 136817688, "is_bot": True, "first_name": "Channel"},
            "sender_chat": {"id": -1009, "type": "channel", "title": "Kabar"},
        },
    ],
)
async def test_an_anonymous_administrator_is_answered_and_nobody_is_made_of_him(
    bot: Bot, group: Group, sender: dict[str, Any]
):
    """He is no person for the bot."""
    await comes(bot, group, **command("/lapor"), **sender)
    assert answers(group) == [bot.phrase("group.complaint")]
    assert bot.count(resident) == 0


async def test_channels_and_other_bots_are_not_answered(bot: Bot, group: Group):
    """A post that a channel sends on, and a bot that writes commands."""
    channel = {"id": -1009, "type": "channel", "title": "Kabar"}
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    await comes(
        bot, group, **command("/lapor"), **{"from": telegram},
        sender_chat=channel, is_automatic_forward=True,
    )  # fmt: skip
    robot = {"id": 4711, "is_bot": True, "first_name": "x", "username": "x_bot"}
    await comes(bot, group, **command("/lapor"), **{"from": robot})
    assert answers(group) == []
    assert bot.count(inbox) == 0


# --- what is kept -----------------------------------------------------------------------------


async def test_what_people_say_to_each_other_is_not_kept(bot: Bot, group: Group, siti: Warga):
    """Not for a moment; a command only until it is answered."""
    await says(siti, group, "halo semua", "nomor saya 0812", "lapor")
    await siti._then(siti.person.sends_location(-1.6, 103.6, chat=group))
    assert bot.count(inbox) == 0
    await says(siti, group, "/lapor nama saya Siti")
    assert bot.rows(select(inbox.c.state, inbox.c.body)) == [("done", "")]


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("message", {"text": "halo"}, False),
        ("message", {"photo": [{}], "caption": "/lapor"}, False),
        ("message", {"new_chat_members": []}, False),
        ("edited_message", {"text": "/lapor"}, False),
        ("channel_post", {"text": "/lapor"}, False),
        ("message", {"text": "/lapor"}, True),
        ("message", {"migrate_to_chat_id": -1}, True),
        ("my_chat_member", {}, True),
        ("callback_query", {}, True),
    ],
)
def test_only_what_concerns_the_bot_is_kept(
    kind: str, name: str, content: dict[str, Any], kept: bool
):
    """A group's photos, edits and notes are none of it; in a private chat everything is."""
    update = {"update_id": 1, name: {"chat": {"id": -5, "type": kind}, **content}}
    assert is_talk(update) is not kept
    assert len(sorted_out([update])[0]) == kept
    private = {"update_id": 1, name: {"chat": {"id": 5, "type": "private"}, **content}}
    assert not is_talk(private)


# --- coming, going, moving --------------------------------------------------------------------


async def test_who_lets_the_bot_in_is_told_once_what_it_does(bot: Bot, group: Group, siti: Warga):
    """Also where a link to add it writes /start at once; becoming administrator says nothing."""
    await siti._then(_async(group.adds_bot(siti.person)))
    await says(siti, group, f"/start@{USERNAME} rt")
    world = bot.simulator.world
    incoming.bot_moved(world, siti.person.human, group.chat, "member", "member")
    await bot.settles()
    assert answers(group) == [hello(bot)]


async def _async(done: Any) -> Any:
    return done


async def test_a_bot_that_is_let_in_again_greets_again(bot: Bot, group: Group, siti: Warga):
    """After it was taken out, and not because the group moved."""
    await siti._then(_async(group.adds_bot(siti.person)))
    large = group.upgrades(siti.person, -1000000000500)
    await bot.settles()
    await siti._then(_async(large.adds_bot(siti.person)))
    assert answers(large) == []
    await siti._then(_async(large.kicks_bot(siti.person)))
    await siti._then(_async(large.adds_bot(siti.person)))
    assert answers(large) == [hello(bot)]


def later(chat_id: int, text: str) -> Message:
    far = datetime.now(UTC) + timedelta(hours=1)
    params = {"chat_id": chat_id, "text": text}
    return Message(chat_id, "sendMessage", params, not_before=far)


async def test_what_waits_for_a_group_that_took_the_bot_out_is_given_up(
    bot: Bot, group: Group, siti: Warga, caplog: pytest.LogCaptureFixture
):
    """At once and quietly; what comes after it too."""
    await siti._then(_async(group.adds_bot(siti.person)))
    now = datetime.now(UTC)
    await writes(bot, lambda db: messages.add(db, later(group.id, "nanti"), now))
    with caplog.at_level(logging.WARNING):
        await siti._then(_async(group.kicks_bot(siti.person)))
        states = bot.rows(select(outbox.c.state, outbox.c.error).order_by(outbox.c.id))
        assert states[-1] == ("failed", "left the group")
        soon = later(group.id, "terlambat")._replace(not_before=None)
        await writes(bot, lambda db: messages.add(db, soon, datetime.now(UTC)))
        await bot.settles()
    assert caplog.records == []
    assert bot.rows(select(func.max(outbox.c.attempts)))[0][0] == 0
    assert answers(group) == [hello(bot)]
    bot.simulator.refusals.clear()


async def test_a_group_in_which_the_bot_may_not_write_is_given_up_quietly(
    bot: Bot, group: Group, siti: Warga, caplog: pytest.LogCaptureFixture
):
    """No error, no second try; when it may write again, it does."""
    group.chat.muted = True
    with caplog.at_level(logging.WARNING):
        await says(siti, group, "/lapor")
    assert caplog.records == []
    [row] = bot.rows(select(outbox))
    assert (row.state, row.attempts) == ("failed", 0)
    bot.simulator.refusals.clear()
    group.chat.muted = False
    await says(siti, group, "/aspirasi")
    assert answers(group) == [bot.phrase("group.aspiration")]


async def test_a_group_that_becomes_a_supergroup_is_the_same_group(
    bot: Bot, group: Group, siti: Warga
):
    """What waits goes along, and its new id is remembered."""
    await siti._then(_async(group.adds_bot(siti.person)))
    await writes(bot, lambda db: messages.add(db, later(-500, "nanti"), datetime.now(UTC)))
    large = group.upgrades(siti.person, -1000000000500)
    await bot.settles()
    names = {row.name for row in bot.rows(select(setting.c.name)) if "50" in row.name}
    assert names == {"group:-1000000000500", "moved:-500"}
    with bot.engine.connect() as db:
        assert stored.id_now(db, -500) == large.id
        assert stored.id_now(db, -600) == -600
    waiting = bot.rows(select(outbox.c.chat_id).where(outbox.c.state == "queued"))
    assert waiting == [(large.id,)]


async def test_a_move_that_an_anonymous_administrator_makes_counts(
    bot: Bot, group: Group, siti: Warga
):
    """Whoever it was."""
    await writes(bot, lambda db: messages.add(db, later(-500, "nanti"), datetime.now(UTC)))
    await comes(bot, group, migrate_to_chat_id=-1000000000500, **{"from": ANONYMOUS})
    assert bot.rows(select(outbox.c.chat_id)) == [(-1000000000500,)]


def test_the_operator_hears_of_a_group_whose_id_in_the_settings_is_old(
    tmp_path: Path, empty_database: Path
):
    """From `bot.py check`."""
    shutil.copy(empty_database, tmp_path / "bantar.db")
    (tmp_path / "config.toml").write_text(
        f"""
        [telegram]
        token = "{TOKEN}"
        [database]
        url = "sqlite:///{tmp_path}/bantar.db"
        [staff]
        admins = [1]
        [[rt]]
        number = "03"
        group = -500
        [[rt]]
        number = "05"
        group = -600
        """
    )
    assert not any("-500" in note for note in notes(tmp_path / "config.toml"))
    engine = create_engine(f"sqlite:///{tmp_path}/bantar.db")
    with engine.begin() as db:
        stored.move(db, -500, -1000000000500)
    engine.dispose()
    [told] = [note for note in notes(tmp_path / "config.toml") if "group" in note]
    assert told.startswith("rt 03: group -500 has become -1000000000500")


async def test_a_channel_that_takes_the_bot_in_hears_nothing(bot: Bot, siti: Warga):
    """It would be a post."""
    chat = bot.simulator.world.group(-1000000000900, "Kabar")
    chat.type = "channel"
    chat.shown = {"id": chat.id, "type": "channel", "title": "Kabar"}
    incoming.bot_moved(bot.simulator.world, siti.person.human, chat, "left", "member")
    await bot.settles()
    assert bot.count(outbox) == 0
    assert bot.rows(select(inbox.c.state)) == [("done",)]


# --- people who block the bot -----------------------------------------------------------------


async def test_who_blocks_in_the_middle_gets_nothing_more_until_he_lets_it_in(
    bot: Bot, siti: Warga, caplog: pytest.LogCaptureFixture
):
    """What waited is given up, quietly; what is new comes again after unblocking."""
    await agrees(siti)
    now = datetime.now(UTC)
    waiting = [later(siti.id, text) for text in ("satu", "dua")]
    soon = [message._replace(not_before=None) for message in waiting]
    siti.person.chat.blocked = True
    before = len(siti.texts)
    with caplog.at_level(logging.WARNING):
        all_ = (*soon, *waiting)
        await writes(bot, lambda db: [messages.add(db, message, now) for message in all_])
        await bot.settles()
    assert caplog.records == []
    states = bot.rows(select(outbox.c.state).where(outbox.c.params.contains("satu")))
    assert set(states) == {("failed",)}
    assert bot.rows(select(resident.c.inactive)) == [("bot was blocked by the user",)]
    await siti._then(siti.person.unblocks())
    assert bot.rows(select(resident.c.inactive)) == [(None,)]
    new = later(siti.id, "tiga")._replace(not_before=None)
    await writes(bot, lambda db: messages.add(db, new, datetime.now(UTC)))
    await bot.settles()
    assert siti.texts[before:] == ["tiga"]
    bot.simulator.refusals.clear()
