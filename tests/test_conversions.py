"""Complaints become gotong royong, that closes them; what comes back again becomes a wish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calendar_rig import (
    MANY_MESSAGES,
    START,
    ZONE,
    Clock,
    bot_at_clock,
    clock_at,
    leads,
    lives_here,
    planned,
    ticks,
    wanted,
    wib,
)
from conftest import (
    Bot,
    Warga,
    aspiration_in,
    becomes,
    complaint_in,
    picture,
    resident_in,
    writes,
)
from sqlalchemy import func, select

from services import conversions, outcome
from services import gotong_royong as rules
from services.outcome import Moment
from services.quiet import QuietHours
from services.roles import OPERATOR, Actor, NotAllowed, Role
from services.tickets import NotOpen, State
from storage import residents, tickets
from storage.tables import (
    aspiration_source,
    audit,
    draft,
    gotong_royong,
    occurrence,
    rsvp,
    ticket,
    ticket_event,
    ticket_media,
)

RTS = ("03", "05")
WHEN = "Minggu, 29 November 2026 pukul 07.00 WIB"


clock = clock_at(START)
bot = bot_at_clock(rts=RTS, admin_started=True, limits=MANY_MESSAGES)


@pytest.fixture
async def siti(bot: Bot) -> Warga:
    return await lives_here(bot, 301, "Siti", "03")


@pytest.fixture
async def head(bot: Bot) -> Warga:
    """The head of RT 03, who handles no tickets otherwise."""
    return await leads(bot, 700, "03")


@pytest.fixture
async def clerk(bot: Bot) -> Warga:
    person = bot.person(77, "Wati")
    person.person.chat.started = True
    await becomes(person, Role.STAFF)
    return person


async def reports(bot: Bot, person: Warga, **changes: Any) -> Any:
    """A complaint of theirs, straight into the database."""
    return await writes(bot, lambda db: complaint_in(db, resident_in(db, person.id), **changes))


async def joins(bot: Bot, person: Warga, row: Any) -> None:
    def work(db: Any) -> None:
        known = residents.by_telegram_id(db, person.id)
        tickets.follow(db, row.id, known.id, datetime.now(UTC))

    await writes(bot, work)


async def opens(person: Warga, data: str) -> None:
    """Tap something that an earlier message of the bot offered."""
    await person.sends("/kegiatan")
    await person.taps_data(person.person.from_bot[-1]["message_id"], data)


async def invites(person: Warga, row: Any, when: str = "29 November jam 7 pagi") -> int:
    """From the card of a complaint to planned gotong royong; gives the occurrence."""
    await opens(person, f"desk:open:{row.id}")
    await person.taps("conversion.button.together")
    await person.sends(when)
    await person.taps("form.button.send")
    return int(person.bot.rows(select(occurrence.c.id).order_by(occurrence.c.id.desc()))[0][0])


def state_of(bot: Bot, row: Any) -> str:
    return str(bot.rows(select(ticket.c.state).where(ticket.c.id == row.id))[0][0])


def history(bot: Bot, row: Any) -> list[tuple[str, str | None, str | None]]:
    c = ticket_event.c
    query = select(c.kind, c.state, c.text).where(c.ticket_id == row.id, c.kind != "filed")
    return [tuple(event) for event in bot.rows(query.order_by(c.id))]


def acts(bot: Bot) -> list[tuple[int, str, str, str | None]]:
    c = audit.c
    return [tuple(r) for r in bot.rows(select(c.actor, c.act, c.subject, c.detail).order_by(c.id))]


def last_text(person: Warga) -> str:
    return str(person.message.get("text") or person.message.get("caption") or "")


# --- a complaint becomes gotong royong ----------------------------------------------------------


async def test_an_rt_head_calls_his_neighbours_because_of_a_complaint(
    bot: Bot, siti: Warga, head: Warga, clerk: Warga
):
    """Only the moment is asked; the reporter and who joined hear of it once and can say they come."""
    budi = await lives_here(bot, 501, "Budi", "05")  # joined; his RT is not invited
    row = await reports(bot, siti)
    await joins(bot, budi, row)
    number = await invites(head, row)
    await ticks(bot)
    series = bot.rows(select(gotong_royong))[0]
    assert (series.title, series.place, series.rts, series.ticket_id) == (
        bot.phrase("conversion.title.blocked"), "depan masjid", ["03"], row.id,
    )  # fmt: skip
    reason = bot.phrase("conversion.reason", when=WHEN)
    assert state_of(bot, row) == State.IN_PROGRESS
    assert history(bot, row) == [("moved", State.IN_PROGRESS, reason)]
    assert acts(bot)[-2:] == [
        (700, "ticket.move", row.number, "diterima → diproses"),
        (700, "gotong_royong.linked", f"GR-{number}", row.number),
    ]
    title = "Mampet / tersumbat, RT 03, depan masjid"
    # Siti lives where it is: the invitation tells her; Budi, elsewhere, hears that it is planned
    for person, told in (
        (siti, bot.phrase("conversion.for_ticket", number=row.number)),
        (budi, f"Nomor {row.number}"),
    ):
        found = [text for text in person.texts if WHEN in text]
        assert len(found) == 1
        assert told in found[0]
    assert title in found[0]
    await budi.taps("gotong_royong.button.come")
    assert budi.notice == bot.phrase("gotong_royong.answered.come")
    assert bot.rows(select(func.count()).select_from(rsvp)) == [(1,)]


async def test_card_and_activity_show_each_other(bot: Bot, siti: Warga, head: Warga, clerk: Warga):
    """Staff and the RT head go from one to the other; the invitation names the number."""
    row = await reports(bot, siti)
    await invites(head, row)
    await ticks(bot)
    title = bot.phrase("conversion.title.blocked")
    for person in (head, clerk):
        await opens(person, f"desk:open:{row.id}")
        assert bot.phrase("conversion.coming", title=title, when=WHEN) in last_text(person)
        assert bot.phrase("conversion.button.together") not in person.message_buttons()
        await person.taps("activity.button.open")
        assert bot.phrase("conversion.for_ticket", number=row.number) in last_text(person)
        await person.taps("conversion.button.ticket")
        assert row.number in last_text(person)
    invitation = [t for t in siti.texts if t.startswith(bot.phrase("reminder.invite", title=""))]
    assert bot.phrase("conversion.for_ticket", number=row.number) in invitation[0]


@pytest.mark.parametrize("changes", [{"kind": "broken"}, {"rt": "05"}])
async def test_what_neighbours_cannot_mend_or_is_elsewhere_is_not_offered(
    bot: Bot, siti: Warga, head: Warga, changes: dict[str, str]
):
    """Nor taken from a forged button."""
    row = await reports(bot, siti, **changes)
    await opens(head, f"desk:open:{row.id}")
    assert bot.phrase("conversion.button.together") not in head.message_buttons()
    for data in (f"desk:together:{row.id}", f"desk:plan:{row.id}"):
        await head.taps_data(head.person.from_bot[-1]["message_id"], data)
    assert bot.phrase("activity.when.question") not in "\n".join(head.texts)


def test_only_what_lies_within_ones_rts_is_linked_or_closed(db: Any):
    """Also where a form was forged: the rules ask again; on both engines."""
    now, quiet = datetime.now(UTC), QuietHours(None, None, ZONE)
    new = wanted(starts_at=now + timedelta(days=3))
    row = rules.plan(db, OPERATOR, new, draft_id="d", now=now, quiet=quiet)
    mine = complaint_in(db, resident_in(db, 301))
    foreign = complaint_in(db, resident_in(db, 501, "Budi", "05"), rt="05")
    head = Actor(700, Role.RT_HEAD, None, ("03",))
    other, resident = Actor(701, Role.RT_HEAD, None, ("05",)), resident_in(db, 301)
    with pytest.raises(NotOpen):
        conversions.link(db, head, foreign.id, row.id, "x", now)
    for actor in (other, resident):
        with pytest.raises(NotAllowed):
            conversions.link(db, actor, mine.id, row.id, "x", now)
    assert conversions.link(db, head, mine.id, row.id, "x", now)[0].state == State.IN_PROGRESS
    outcome.add_photos(db, head, row.id, Moment.AFTER, ["x"], row.starts_at)
    for actor in (other, resident):
        with pytest.raises(NotAllowed):
            conversions.close(db, actor, row.id, 1, now)
    with pytest.raises(NotOpen):
        conversions.close(db, head, row.id, 0, now)  # the version that somebody saw before
    assert conversions.close(db, head, row.id, 1, now)[0].state == State.DONE


async def test_an_activity_that_is_planned_already_takes_the_complaint(
    bot: Bot, siti: Warga, head: Warga
):
    """Chosen from a list; once, and a second complaint cannot take it away."""
    number = await planned(bot)
    await planned(bot, "d2", rts=("05",))
    row, other = await reports(bot, siti), await reports(bot, siti, landmark="dekat pos")
    await opens(head, f"desk:open:{row.id}")
    await head.taps("conversion.button.together")
    offered = [label for label in head.message_buttons() if "Bersih" in label]
    assert len(offered) == 1
    await head.taps(offered[0])
    assert state_of(bot, row) == State.IN_PROGRESS
    assert [text for text in siti.texts if f"Nomor {row.number}" in text]
    message = head.person.from_bot[-1]["message_id"]
    await head.taps_data(message, f"desk:join:{other.id}:{number}")
    await head.taps_data(message, f"desk:join:{row.id}:{number}")
    assert state_of(bot, other) == State.RECEIVED
    assert len(history(bot, row)) == 1


async def test_a_complaint_that_was_closed_meanwhile_is_left_alone(
    bot: Bot, siti: Warga, head: Warga
):
    """The activity takes place all the same, and its organiser is told."""
    row = await reports(bot, siti)
    await opens(head, f"desk:open:{row.id}")
    await head.taps("conversion.button.together")
    await head.sends("29 November jam 7 pagi")
    done = State.ARCHIVED
    await writes(
        bot, lambda db: tickets.move(db, row.id, version=0, state=done, now=datetime.now(UTC))
    )
    await head.taps("form.button.send")
    assert head.sees == bot.phrase("conversion.not_linked")
    assert bot.rows(select(gotong_royong.c.ticket_id)) == [(None,)]
    assert history(bot, row) == []


async def test_calling_it_off_tells_the_people_of_the_complaint(
    bot: Bot, siti: Warga, head: Warga
):
    """With the reason; the ticket goes back, and can become gotong royong again."""
    budi = await lives_here(bot, 501, "Budi", "05")
    row = await reports(bot, siti)
    await joins(bot, budi, row)
    number = await invites(head, row)
    await opens(head, f"activity:cancel:{number}")
    await head.sends("hujan deras")
    await head.taps("form.button.send")
    words = bot.phrase("conversion.off_words", when=WHEN, reason="hujan deras")
    assert state_of(bot, row) == State.VERIFIED
    assert history(bot, row)[-1] == ("moved", State.VERIFIED, words)
    assert budi.sees == bot.phrase(
        "conversion.off", number=row.number, when=WHEN, reason="hujan deras",
        title="Mampet / tersumbat, RT 03, depan masjid",
    )  # fmt: skip
    await opens(head, f"desk:open:{row.id}")
    assert bot.phrase("conversion.button.together") in head.message_buttons()


async def test_another_time_is_told_to_those_who_are_not_invited_as_neighbours(
    bot: Bot, siti: Warga, head: Warga
):
    """The neighbours hear it as everybody of their RT does, once; the history says it."""
    budi = await lives_here(bot, 501, "Budi", "05")
    row = await reports(bot, siti)
    await joins(bot, budi, row)
    number = await invites(head, row)
    before = len(siti.texts)
    await opens(head, f"activity:change:{number}")
    await head.sends("6 Desember jam 8 pagi")
    await head.taps("form.button.skip")
    await head.taps("form.button.send")
    await ticks(bot)
    moved = "Minggu, 6 Desember 2026 pukul 08.00 WIB"
    assert history(bot, row)[-1] == ("rescheduled", None, moved)
    assert budi.sees.startswith(f"Gotong royong untuk {row.number} berubah")
    assert moved in budi.sees
    assert len([text for text in siti.texts[before:] if moved in text]) == 1
    await siti.sends(row.number)
    assert "gotong royong berubah" in last_text(siti)


async def test_one_of_a_series_that_is_called_off_is_followed_by_the_next(
    bot: Bot, siti: Warga, head: Warga, clerk: Warga
):
    """The ticket stays in progress, its history says so, and its people hear the next day."""
    number = await planned(bot, repeat="weekly")
    row = await reports(bot, siti)
    await opens(head, f"desk:open:{row.id}")
    await head.taps("conversion.button.together")
    offered = [label for label in head.message_buttons() if "Bersih" in label]
    assert len(offered) == 1  # a series, not each of its times
    await head.taps(offered[0])
    await opens(clerk, f"activity:cancel:{number}:one")
    await clerk.sends("hujan deras")
    await clerk.taps("form.button.send")
    assert state_of(bot, row) == State.IN_PROGRESS
    assert history(bot, row)[-1][0] == "off"
    following = "Minggu, 6 Desember 2026 pukul 07.00 WIB"
    assert siti.sees.startswith(f"Gotong royong untuk {row.number} mundur ke {following}.")
    await siti.sends(row.number)
    line = bot.phrase("report.event.off.staff", when="", words="").split(":")[1].strip()
    assert line in last_text(siti)
    await opens(clerk, f"desk:open:{row.id}")
    assert bot.phrase("desk.event.off", when="", words="")[4:] in last_text(clerk)


# --- and gotong royong closes it ------------------------------------------------------------------


async def test_a_photo_from_after_closes_the_complaint(
    bot: Bot, clock: Clock, siti: Warga, head: Warga
):
    """Asked, then done with the photo as proof; its people are asked for their verdict."""
    row = await reports(bot, siti)
    number = await invites(head, row)
    clock.to(wib(11, 29, 10))
    await opens(head, f"activity:result:{number}")
    await head.sends("parit 40 m bersih")
    await head.taps("form.button.send")
    assert state_of(bot, row) == State.IN_PROGRESS
    await opens(head, f"activity:photo:{number}:after")
    await head.sends_photo(picture())
    await head.taps("form.button.continue")
    await head.taps("form.button.send")
    assert head.sees == bot.phrase("conversion.done_question", number=row.number)
    await head.taps("conversion.button.done")
    await bot.tasks_done()
    assert state_of(bot, row) == State.DONE
    assert history(bot, row)[-1] == ("moved", State.DONE, "parit 40 m bersih")
    proof = bot.rows(select(ticket_media))
    event = bot.rows(select(ticket_event.c.id).where(ticket_event.c.state == State.DONE))[0].id
    assert [(medium.kind, medium.event_id) for medium in proof] == [("photo", event)]
    assert (bot.settings.media.folder / proof[0].path).exists()
    assert acts(bot)[-1] == (700, "ticket.move", row.number, "diproses → selesai")
    assert siti.buttons[:2] == [
        bot.phrase(f"report.button.{verdict}") for verdict in ("fixed", "not_fixed")
    ]
    await siti.taps("report.button.fixed")
    assert history(bot, row)[-1][0] == "confirmed"
    await head.taps_data(head.person.from_bot[-1]["message_id"], f"activity:close:{number}:1")
    assert head.notice == bot.phrase("conversion.not_open")


async def test_without_a_photo_or_from_another_rt_nothing_is_closed(
    bot: Bot, clock: Clock, siti: Warga, head: Warga
):
    """A forged button changes nothing; "Belum" leads back to the activity."""
    row = await reports(bot, siti)
    number = await invites(head, row)
    clock.to(wib(11, 29, 10))
    await opens(head, f"activity:close:{number}:1")
    assert state_of(bot, row) == State.IN_PROGRESS
    await opens(head, f"activity:photo:{number}:after")
    await head.sends_photo(picture())
    await head.taps("form.button.continue")
    await head.taps("form.button.skip")
    await head.taps("form.button.send")
    other = await leads(bot, 701, "05")
    await opens(other, f"activity:close:{number}:1")
    assert state_of(bot, row) == State.IN_PROGRESS
    await head.taps("conversion.button.not_done")
    assert bot.phrase("conversion.button.done") in head.message_buttons()


# --- what comes again and again becomes a wish ----------------------------------------------------


async def test_three_complaints_of_a_kind_at_one_place_are_told_on_the_card(
    bot: Bot, siti: Warga, head: Warga, clerk: Warga
):
    """Within half a year; an RT head reads it, and only staff may make a wish of it."""
    june, long_ago = datetime(2026, 6, 3, tzinfo=UTC), datetime(2026, 5, 3, tzinfo=UTC)
    await reports(bot, siti, now=long_ago)
    await reports(bot, siti, now=june, landmark="di depan mesjid")
    await reports(bot, siti, kind="rubbish")
    await reports(bot, siti, rt="05")
    await reports(bot, siti, landmark="dekat pos ronda")
    row = await reports(bot, siti)
    await opens(clerk, f"desk:open:{row.id}")
    assert "🔁" not in last_text(clerk)
    await reports(bot, siti)
    for person, may in ((clerk, True), (head, False)):
        await opens(person, f"desk:open:{row.id}")
        assert bot.phrase("recurring.found", count=3, since="Juni 2026") in last_text(person)
        assert (bot.phrase("recurring.button.wish") in person.message_buttons()) is may
    await opens(head, f"desk:wish:{row.id}")
    assert bot.phrase("role.not_allowed") in [str(n["text"]) for n in head.person.notices]


async def test_what_was_merged_or_withdrawn_is_not_counted(bot: Bot, siti: Warga, clerk: Warga):
    """One flood that four people report and staff merge came once."""
    row, *others = [await reports(bot, siti, landmark=None, point=(-1.6, 103.6)) for _ in "1234"]
    far = await reports(bot, siti, landmark=None, point=(-1.61, 103.6))
    await opens(clerk, f"desk:open:{row.id}")
    assert bot.phrase("recurring.found", count=4, since="November 2026") in last_text(clerk)
    for one, state in zip(others, (State.MERGED, State.WITHDRAWN), strict=False):
        await writes(
            bot,
            lambda db, one=one, state=state: tickets.move(
                db, one.id, version=0, state=state, now=one.created_at
            ),
        )
    for one in (row, far):
        await opens(clerk, f"desk:open:{one.id}")
        assert "🔁" not in last_text(clerk)


async def test_recurring_complaints_become_a_clerks_own_aspiration(
    bot: Bot, siti: Warga, clerk: Warga
):
    """A draft that he changes and sends, after consent; their people may support it once told."""
    budi = await lives_here(bot, 501, "Budi", "05")
    rows = [await reports(bot, person) for person in (siti, siti, budi)]
    await opens(clerk, f"desk:open:{rows[2].id}")
    await clerk.taps("recurring.button.wish")
    summary = last_text(clerk)
    assert ", ".join(row.number for row in rows) in summary
    assert "3 kali" in summary
    assert bot.phrase("aspiration.pillar.choice.bersih") in summary
    await clerk.taps("aspiration.description.button.edit")
    await clerk.sends("Mohon saluran depan masjid diperdalam, sudah tiga kali mampet")
    await clerk.taps("form.button.send")
    assert bot.rows(select(ticket.c.id).where(ticket.c.type == "aspiration")) == []
    await clerk.taps("consent.button.yes")
    wish = bot.rows(select(ticket).where(ticket.c.type == "aspiration"))[0]
    assert (wish.description, wish.rt, wish.landmark) == (
        "Mohon saluran depan masjid diperdalam, sudah tiga kali mampet", "03", "depan masjid",
    )  # fmt: skip
    sources = bot.rows(select(aspiration_source).order_by("ticket_id"))
    assert [tuple(source) for source in sources] == [(wish.id, row.id) for row in rows]
    assert [history(bot, row) for row in rows] == [[("proposed", None, wish.number)]] * 3
    for person in (siti, budi):
        told = [
            t
            for t in person.texts
            if t.startswith(f"Laporan Bapak/Ibu menjadi usulan {wish.number}")
        ]
        assert len(told) == 1
        await person.taps("proposal.button.support")
        assert person.notice == bot.phrase("proposal.thanks")
    await opens(clerk, f"desk:open:{rows[0].id}")
    assert bot.phrase("recurring.made", number=wish.number) in last_text(clerk)
    assert bot.phrase("recurring.button.wish") not in clerk.message_buttons()
    message = clerk.person.from_bot[-1]["message_id"]
    await clerk.taps_data(message, f"desk:wish:{rows[0].id}")
    assert clerk.notice == bot.phrase("recurring.not_now")


async def test_a_like_aspiration_takes_the_complaints_instead(bot: Bot, siti: Warga, clerk: Warga):
    """The clerk supports what somebody proposed already: its supporters are asked there."""
    budi = await lives_here(bot, 302, "Budi", "03")
    await writes(bot, lambda db: resident_in(db, clerk.id, "Wati"))
    rows = [await reports(bot, siti) for _ in range(3)]
    await opens(clerk, f"desk:open:{rows[0].id}")
    await clerk.taps("recurring.button.wish")
    words = bot.rows(select(draft.c.answers).where(draft.c.telegram_id == clerk.id))[0][0]
    wish = await writes(
        bot,
        lambda db: aspiration_in(
            db, resident_in(db, budi.id), description=words["description"]["text"]
        ),
    )
    await clerk.taps("form.button.send")
    await clerk.taps("proposal.button.this")
    assert len(bot.rows(select(aspiration_source).where(
        aspiration_source.c.aspiration_id == wish.id
    ))) == 3  # fmt: skip
    assert wish.number in siti.sees
    await siti.taps("proposal.button.support")
    assert siti.notice == bot.phrase("proposal.thanks")


async def test_a_resident_gains_nothing_by_forging_the_way(bot: Bot, siti: Warga):
    """A form that claims to come from complaints is an ordinary one, and links nothing."""
    rows = [await reports(bot, siti) for _ in range(3)]
    await siti.sends("/aspirasi")
    open_ = bot.rows(select(draft))[0]
    data = f"form:{open_.id}:{open_.version}:restart:aspiration:from.{rows[0].id}"
    await siti.taps_data(siti.person.from_bot[-1]["message_id"], data)
    assert bot.rows(select(draft.c.answers)) == [({},)]
    await siti.sends("mohon lampu jalan")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan musala")
    await siti.taps("form.button.send")
    assert len(bot.rows(select(ticket.c.id).where(ticket.c.type == "aspiration"))) == 1
    assert bot.rows(select(aspiration_source)) == []
