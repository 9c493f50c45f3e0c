"""What a resident is sent without asking: four kinds, each with its switch on one screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from calendar_rig import kinds_to, lives_here, planned, ticks
from conftest import Bot, Warga, agrees, files, resident_in, writes
from sqlalchemy import Connection, select, update

from handlers.notices import OFF, ON
from services.residents import choose
from services.roles import Actor, Role
from storage import announcements, audiences, outbox, residents
from storage.announcements import New
from storage.outbox import Message
from storage.outbox_words import Lane
from storage.residents import Notice
from storage.tables import outbox as messages
from storage.tables import resident, ticket

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
EVERYTHING = dict.fromkeys(Notice, True)


def wanted(bot: Bot) -> dict[Notice, bool]:
    """What the only resident wants, as the database says."""
    [row] = bot.rows(select(*(resident.c[notice.column] for notice in Notice)))
    return dict(zip(Notice, row, strict=True))


async def switches(bot: Bot, person: Warga, notice: Notice, *, now: str = ON) -> None:
    """Tap the switch of one kind, which shows what it is now."""
    label = bot.phrase(f"notice.short.{notice}")
    await person.taps(f"notice.button.{now}", label=label)


async def test_each_kind_has_its_switch(bot: Bot, siti: Warga):
    """From Data saya; one screen that changes in place, and each tap says what it did."""
    await agrees(siti)
    assert wanted(bot) == EVERYTHING
    await siti.sends("/data_saya")
    await siti.taps("notice.button.open")
    count, number = len(siti.texts), siti.message["message_id"]
    for notice in Notice:
        assert bot.phrase(f"notice.what.{notice}") in siti.message["text"]
        await switches(bot, siti, notice)
        label = bot.phrase(f"notice.short.{notice}")
        assert siti.notice == bot.phrase("notice.turned.off", label=label)
        assert wanted(bot)[notice] is False
    assert wanted(bot) == dict.fromkeys(Notice, False)
    await switches(bot, siti, Notice.LESSONS, now=OFF)
    assert wanted(bot) == {**dict.fromkeys(Notice, False), Notice.LESSONS: True}
    assert (len(siti.texts), siti.message["message_id"]) == (count, number)
    await siti.sends("/data_saya")
    for notice in Notice:
        how, label = ON if wanted(bot)[notice] else OFF, bot.phrase(f"notice.short.{notice}")
        assert bot.phrase(f"notice.button.{how}", label=label) in siti.sees


async def test_the_screen_is_found_from_help_and_by_typing(bot: Bot, siti: Warga):
    """A label that is typed is a tap on it."""
    await agrees(siti)
    await siti.sends("/bantuan")
    await siti.taps("notice.button.open")
    await siti.sends("gotong royong")
    assert wanted(bot) == {**EVERYTHING, Notice.GOTONG_ROYONG: False}


async def test_stop_turns_everything_off_and_offers_the_screen(bot: Bot, siti: Warga):
    """At once, as it promises; from there one kind can come again."""
    await agrees(siti)
    await siti.sends("/berhenti")
    assert siti.sees == bot.phrase("mute.done")
    assert wanted(bot) == dict.fromkeys(Notice, False)
    await siti.taps("notice.button.open")
    await switches(bot, siti, Notice.GOTONG_ROYONG, now=OFF)
    assert wanted(bot) == {**dict.fromkeys(Notice, False), Notice.GOTONG_ROYONG: True}
    await siti.sends("/start")  # he chose: nothing changes
    assert wanted(bot)[Notice.LESSONS] is False
    assert bot.phrase("mute.undone") not in siti.texts
    await siti.sends("/data_saya")
    assert bot.phrase("mydata.none") not in siti.sees
    await siti.taps("notice.button.open")
    await siti.taps("mydata.button.mute")
    assert wanted(bot) == dict.fromkeys(Notice, False)
    await siti.taps("mydata.button.unmute")
    assert wanted(bot) == EVERYTHING


async def test_an_old_screen_says_what_it_said(bot: Bot, siti: Warga):
    """Two taps on one switch are one; a forged one does nothing; a stranger has nothing."""
    await siti.sends("/data_saya")
    last = siti.person.from_bot[-1]["message_id"]
    await siti.taps_data(last, "privacy:notices")
    assert siti.message["text"] == bot.phrase("mute.nothing")
    await agrees(siti)
    await siti.sends("/data_saya")
    last = siti.person.from_bot[-1]["message_id"]
    for _ in range(2):
        await siti.taps_data(last, "privacy:notice:lessons:off")
        assert wanted(bot) == {**EVERYTHING, Notice.LESSONS: False}
    for forged in ("", ":lessons", ":lessons:maybe", ":all:off", ":blocked:on"):
        await siti.taps_data(last, f"privacy:notice{forged}")
        assert siti.notice == bot.phrase("form.old_button")
    assert wanted(bot) == {**EVERYTHING, Notice.LESSONS: False}


async def test_a_blocked_person_may_choose(bot: Bot, siti: Warga):
    """It is about what he is sent."""
    await agrees(siti)
    await writes(bot, lambda db: db.execute(update(resident).values(blocked=True)))
    await siti.sends("/data_saya")
    await siti.taps("notice.button.open")
    await switches(bot, siti, Notice.FOLLOW_UPS)
    assert wanted(bot) == {**EVERYTHING, Notice.FOLLOW_UPS: False}


async def test_news_of_tickets_have_their_own_switch(bot: Bot, admin: Warga, siti: Warga):
    """Off, a move is not told; on again, the next one is; announcements are another matter."""
    await agrees(siti)
    await files(siti)
    await siti.sends("/data_saya")
    await siti.taps("notice.button.open")
    await switches(bot, siti, Notice.FOLLOW_UPS)
    seen = len(siti.texts)
    await moves(bot, admin, "diverifikasi")
    assert len(siti.texts) == seen
    count = await writes(bot, lambda db: audiences.count(db, None, None))
    assert count == 1
    await switches(bot, siti, Notice.FOLLOW_UPS, now=OFF)
    await moves(bot, admin, "diproses")
    assert len(siti.texts) == seen + 1


async def moves(bot: Bot, admin: Warga, state: str) -> None:
    """Staff move the only ticket."""
    row = bot.rows(select(ticket))[0]
    await admin.sends("/staf")
    last = admin.person.from_bot[-1]["message_id"]
    await admin.taps_data(last, f"desk:move:{row.id}:{row.version}:{state}")


async def test_gotong_royong_has_its_own_switch(bot: Bot):
    """One does not want invitations, the other no announcements."""
    ani, budi = await lives_here(bot, 11, "Ani"), await lives_here(bot, 12, "Budi")
    for person, notice in ((ani, Notice.GOTONG_ROYONG), (budi, Notice.ANNOUNCEMENTS)):
        await person.sends("/data_saya")
        await person.taps("notice.button.open")
        await switches(bot, person, notice)
    await planned(bot, starts_at=datetime.now(UTC) + timedelta(days=2))
    await ticks(bot)
    assert (kinds_to(bot, ani), kinds_to(bot, budi)) == ([], ["invite"])

    def counts(db: Connection) -> tuple[int, int]:
        return audiences.count(db, None, None), residents.count_wanting(
            db, Notice.GOTONG_ROYONG, ["03"]
        )

    assert await writes(bot, counts) == (1, 1)


# --- what waits -------------------------------------------------------------------------------

WAITING = {  # key, lane and announcement of one row of each kind
    Notice.ANNOUNCEMENTS: ("announcement:1:5", Lane.BROADCAST),
    Notice.LESSONS: ("lesson:1:5", Lane.BROADCAST),
    Notice.GOTONG_ROYONG: ("reminder:1:invite:0:5", Lane.NOTICE),
    Notice.FOLLOW_UPS: (None, Lane.NOTICE),
}


def wait(db: Connection, chat_id: int) -> dict[int, Notice | None]:
    """A row of each kind, a broadcast without a key, and a reply, all waiting: ids and kinds."""
    found: dict[int, Notice | None] = {}
    kinds: list[tuple[Notice | None, str | None, Lane]] = [
        (notice, key, lane) for notice, (key, lane) in WAITING.items()
    ]
    kinds += [(Notice.ANNOUNCEMENTS, None, Lane.BROADCAST), (None, None, Lane.REPLY)]
    for kind in ("thanks", "recap"):
        kinds.append((Notice.GOTONG_ROYONG, f"outcome:gotong-1:{kind}", Lane.NOTICE))
    kinds.append((Notice.FOLLOW_UPS, "outcome:gotong-1:ask", Lane.NOTICE))  # an organiser's work
    new = New(f"d{chat_id}", "x", "sendMessage", "{}", None, 99, NOW, 1, "")
    announced = announcements.add(db, new, NOW)
    for notice, key, lane in kinds:
        params = {"chat_id": chat_id, "text": "x"}
        key = f"{key}:{chat_id}" if key else None
        message = Message(chat_id, "sendMessage", params, lane, key=key)
        row_id = outbox.add(db, message, NOW)
        found[row_id] = notice
        if notice is Notice.ANNOUNCEMENTS:
            part = update(messages).where(messages.c.id == row_id)
            db.execute(part.values(announcement_id=announced))
    return found


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.STAFF])
@pytest.mark.parametrize("notice", list(Notice))
def test_what_waits_of_a_kind_is_given_up(db: Connection, notice: Notice, role: Role):
    """Of that kind only, of that person only; what staff are told of their work goes on."""
    person = residents.by_telegram_id(db, resident_in(db, 5).telegram_id)
    rows, others = wait(db, 5), wait(db, 6)
    choose(db, Actor(5, role, person), (notice,), False)
    lost = select(messages.c.id, messages.c.error).where(messages.c.state == "failed")
    works = role is Role.STAFF and notice is Notice.FOLLOW_UPS
    expected = [] if works else [id_ for id_, kind in rows.items() if kind is notice]
    assert [tuple(row) for row in db.execute(lost.order_by(messages.c.id))] == [
        (id_, "muted") for id_ in expected
    ]
    assert others.keys().isdisjoint(expected)


@pytest.mark.parametrize("notice", list(Notice))
def test_who_is_written_to(db: Connection, notice: Notice):
    """Whoever wants that kind, can be reached and is not blocked."""
    changes = [
        {},
        {"inactive": "blocked"},
        {"blocked": True},
        {notice.column: False},
        *({other.column: False} for other in Notice if other is not notice),
    ]
    for number, change in enumerate(changes, start=1):
        resident_in(db, number)
        if change:
            mine = update(resident).where(resident.c.telegram_id == number)
            db.execute(mine.values(change))
    query = select(resident.c.telegram_id).where(residents.wants(notice))
    assert list(db.scalars(query.order_by(resident.c.id))) == [1, 5, 6, 7]
    heard = [number for number in range(1, 8) if hears(db, number, notice)]
    assert heard == [1, 3, 5, 6, 7]


def hears(db: Connection, number: int, notice: Notice) -> bool:
    person = residents.by_telegram_id(db, number)
    assert person is not None
    return person.hears(notice)
