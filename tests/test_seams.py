# ruff: noqa: F401, F811
"""Where features meet: what one of them does to the tickets, messages and forms of another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Bot, Warga, picture, resident_in, writes
from sqlalchemy import Connection, select
from test_conversions import (  # the same bot: two RTs, on a clock that is moved
    bot,
    clock,
    head,
    invites,
    joins,
    lives_here,
    opens,
    planned,
    reports,
    siti,
    state_of,
    wib,
)

from services import desk
from services.residents import choose
from services.roles import Actor, Role
from services.tickets import State
from storage import announcements, residents, tickets
from storage import outbox as queue
from storage.announcements import New
from storage.outbox import Message
from storage.outbox_words import Lane
from storage.residents import Notice
from storage.tables import (
    draft,
    gotong_royong,
    inbox,
    occurrence,
    ticket,
    ticket_event,
    ticket_media,
)
from storage.tables import outbox as messages

STAFF = Actor(77, Role.STAFF)
SECRET = "rumah saya nomor 7, suami saya sakit"


async def moved(bot: Bot, row: Any, state: State, reason: str | None = None) -> None:
    """Staff moved a ticket, straight in the database."""

    def work(db: Connection) -> None:
        now = tickets.get(db, row.id)
        assert now is not None
        desk.move(
            db, STAFF, row.id, version=now.version, state=state, reason=reason,
            now=datetime.now(UTC),
        )  # fmt: skip

    await writes(bot, work)


async def finishes(head: Warga, clock: Any, number: int) -> None:
    """The organiser sends a photo from afterwards and says that the complaint is done."""
    clock.to(wib(11, 29, 10))
    await opens(head, f"activity:photo:{number}:after")
    await head.sends_photo(picture())
    await head.taps("form.button.continue")
    await head.taps("form.button.skip")
    await head.taps("form.button.send")
    await head.taps("conversion.button.done")
    await head.bot.tasks_done()


async def test_a_typed_answer_to_a_letter_stays_between_the_two(
    bot: Bot,
    siti: Warga,
    clerk: Warga,
):
    """Also while the ticket waits for data, to which everybody who joined could read answers."""
    budi = await lives_here(bot, 501, "Budi", "05")
    row = await reports(bot, siti)
    await joins(bot, budi, row)
    await moved(bot, row, State.NEEDS_DATA, "mohon foto")
    await opens(clerk, f"desk:open:{row.id}")
    await clerk.taps("desk.button.write")
    await clerk.sends("Boleh tahu nomor rumah Ibu?")
    await clerk.taps("desk.button.tell")
    await siti.sends(SECRET)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert [e.kind for e in bot.rows(select(ticket_event))][-1] == "replied"
    await budi.sends(f"/laporan {row.number}")
    assert SECRET not in budi.sees
    assert SECRET in clerk.sees
    [waits] = bot.rows(select(ticket.c.state, ticket.c.due_at))
    assert waits.state == State.RECEIVED


async def test_two_taps_link_and_tell_once(bot: Bot, siti: Warga, head: Warga):
    """The people of a complaint hear of its gotong royong one time."""
    number = await planned(bot)
    row = await reports(bot, siti)
    await opens(head, f"desk:open:{row.id}")
    await head.taps("conversion.button.together")
    await head.taps(next(label for label in head.message_buttons() if "Bersih" in label))
    at = head.person.from_bot[-1]["message_id"]
    await head.taps_data(at, f"desk:join:{row.id}:{number}")
    assert len([text for text in siti.texts if f"Nomor {row.number}" in text]) == 1


async def test_an_old_button_does_not_close_what_was_opened_again(
    bot: Bot,
    clock: Any,
    siti: Warga,
    head: Warga,
):
    """ "Belum" stands, whatever the organiser taps twice."""
    row = await reports(bot, siti)
    number = await invites(head, row)
    await finishes(head, clock, number)
    assert state_of(bot, row) == State.DONE
    version = bot.rows(select(ticket.c.version))[0][0] - 1
    await siti.taps("report.button.not_fixed")
    at = head.person.from_bot[-1]["message_id"]
    await head.taps_data(at, f"activity:close:{number}:{version}")
    assert state_of(bot, row) == State.REOPENED
    assert head.notice == bot.phrase("conversion.not_open")


async def test_a_photo_that_is_taken_back_is_no_proof_any_more(
    bot: Bot,
    clock: Any,
    siti: Warga,
    head: Warga,
):
    """Its copy on the complaint goes with it, and its file."""
    row = await reports(bot, siti)
    number = await invites(head, row)
    await finishes(head, clock, number)
    assert bot.count(ticket_media) == 1
    await opens(head, f"activity:unphoto:{number}:after")
    await bot.tasks_done()
    assert bot.count(ticket_media) == 0
    assert [p for p in bot.settings.media.folder.rglob("*") if p.suffix in (".png", ".jpg")] == []


async def test_merging_takes_the_gotong_royong_along(bot: Bot, siti: Warga, head: Warga):
    """It mends the one that goes on."""
    first = await reports(bot, siti)
    other = await reports(bot, siti, landmark="dekat pos")
    await invites(head, first)
    await moved(bot, first, State.NEEDS_DATA, "di mana?")
    await moved(bot, first, State.MERGED, other.number)
    assert bot.rows(select(gotong_royong.c.ticket_id)) == [(other.id,)]


async def test_who_joined_from_another_rt_gets_the_calendar_file(
    bot: Bot,
    siti: Warga,
    head: Warga,
):
    """What is offered under the message works for everybody who got it."""
    budi = await lives_here(bot, 501, "Budi", "05")
    row = await reports(bot, siti)
    await joins(bot, budi, row)
    await invites(head, row)
    await budi.taps("calendar.button.save")
    assert budi.notice == bot.phrase("calendar.coming")


async def test_a_ticket_from_a_long_search_is_closed_beside_another_form(
    bot: Bot,
    siti: Warga,
    clerk: Warga,
):
    """No button grows too long for Telegram, whatever was searched for."""
    row = await reports(bot, siti)
    await moved(bot, row, State.IN_PROGRESS)
    await clerk.sends("/staf")
    await clerk.taps("desk.button.search")
    await clerk.sends("masjid depan mampet")
    rows = clerk.person.from_bot[-1]["reply_markup"]["inline_keyboard"]
    await clerk.taps_data(clerk.person.from_bot[-1]["message_id"], rows[0][0]["callback_data"])
    card = clerk.person.from_bot[-1]["message_id"]
    await clerk.sends("/pengumuman")
    await clerk.taps("announcement.button.new")
    await clerk.sends("Besok pagi ada kerja bakti")
    version = bot.rows(select(ticket.c.version))[0][0]
    await clerk.taps_data(card, f"desk:move:{row.id}:{version}:selesai")
    await clerk.taps("form.button.restart")
    assert bot.rows(select(draft.c.form)) == [("proof",)]
    assert bot.rows(select(inbox.c.state).where(inbox.c.state != "done")) == []


async def test_a_reminder_is_for_those_who_have_not_read(
    bot: Bot,
    siti: Warga,
    clerk: Warga,
):
    """Also when another form was open and is given up for it."""

    def sent(db: Connection) -> int:
        now = datetime.now(UTC)
        new = New("d", "halo", "sendMessage", '{"text":"x"}', None, 77, now, 1, "", button="lapor")
        made = announcements.add(db, new, now)
        announcements.change(db, made, state="done", queued_at=now, finished_at=now)
        return made

    number = await writes(bot, sent)
    await clerk.sends("/lapor")
    await clerk.taps("complaint.kind.choice.blocked")
    await clerk.sends("/pengumuman")
    at = clerk.person.from_bot[-1]["message_id"]
    await clerk.taps_data(at, f"announcement:remind:{number}")
    await clerk.taps("form.button.restart")
    [answers] = bot.rows(select(draft.c.answers))[0]
    assert answers["who"] == {"choice": "unread"}


@pytest.mark.parametrize("notice", list(Notice))
def test_a_warning_is_an_announcement_in_whatever_lane(db: Connection, notice: Notice):
    """Turning another kind off leaves it; what changes a message that was sent always goes."""
    now = datetime.now(UTC)
    person = resident_in(db, 5).resident
    new = New("d", "x", "sendMessage", '{"text":"BANJIR"}', None, 99, now, 1, "", urgent=True)
    row = announcements.get(db, announcements.add(db, new, now))
    announcements.queue_some(db, row, now, 10)
    edit = Message(5, "editMessageText", {"chat_id": 5, "message_id": 1, "text": "-"}, Lane.NOTICE)
    queue.add(db, edit, now)
    assert person is not None
    choose(db, Actor(5, Role.RESIDENT, residents.get(db, person.id)), (notice,), False)
    rows = db.execute(select(messages.c.method, messages.c.state))
    found = {row.method: row.state for row in rows}
    gone = notice is Notice.ANNOUNCEMENTS
    assert found["sendMessage"] == ("failed" if gone else "queued")
    assert found["editMessageText"] == "queued"


async def test_the_history_goes_with_who_is_named_in_it(
    bot: Bot,
    siti: Warga,
    clerk: Warga,
):
    """Staff wrote her name into reasons; a clerk looked at all of them; she deletes her data."""
    row = await reports(bot, siti)
    for number in range(8):
        needs = number % 2 == 0
        state = State.NEEDS_DATA if needs else State.IN_PROGRESS
        await moved(bot, row, state, f"Bu Siti Aminah {number}" if needs else None)
    await opens(clerk, f"desk:open:{row.id}")
    await clerk.taps("desk.button.history")
    assert "Siti Aminah" in clerk.sees
    await siti.sends("/hapus_data")
    await siti.taps("erase.button.next")
    await siti.taps("erase.button.yes")
    await bot.tasks_done()
    await bot.settles()
    assert not any("Siti Aminah" in text for text in clerk.texts)


# --- what people typed in a play-through --------------------------------------------------------


async def test_a_number_typed_at_a_reason_opens_that_ticket(bot: Bot, siti: Warga, clerk: Warga):
    """It is never sent to residents as the reason."""
    first = await reports(bot, siti)
    other = await reports(bot, siti, landmark="dekat pos")
    await moved(bot, first, State.VERIFIED)
    await opens(clerk, f"desk:open:{first.id}")
    await clerk.taps("desk.button.move.diarsipkan")
    await clerk.sends(other.number)
    assert other.number in clerk.message["text"]
    assert bot.rows(select(draft.c.form)) == []


async def test_words_at_the_last_question_of_an_announcement(bot: Bot, siti: Warga, clerk: Warga):
    """A clerk who never consented as a resident types "kirim": it is sent, nothing is asked."""
    await clerk.sends("/pengumuman")
    await clerk.taps("announcement.button.new")
    await clerk.sends("Besok pagi ada kerja bakti")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.choice.all_rt")
    await clerk.taps("announcement.when.choice.now")
    await clerk.taps("announcement.button.preview")
    before = len(clerk.texts)
    await clerk.sends("hmm")
    assert not any("menyimpan data" in text for text in clerk.texts[before:])
    await clerk.sends("kirim")
    await bot.until(lambda: any("Besok pagi ada kerja bakti" in text for text in siti.texts))


async def test_a_weekday_alone_is_one_of_the_week_that_is_changed(bot: Bot, head: Warga):
    """ "sabtu" of a series that is changed in December is no Saturday of November."""
    number = await planned(bot, repeat="weekly")
    later = bot.rows(select(occurrence.c.id).order_by(occurrence.c.starts_at))[2][0]
    assert later != number
    await opens(head, f"activity:change:{later}:one")
    await head.sends("sabtu jam 5 sore")
    await head.sends("tetap")
    assert "Sabtu, 12 Desember 2026 pukul 17.00" in head.sees
    await head.taps("form.button.send")
    [row] = bot.rows(select(occurrence).where(occurrence.c.id == later))
    assert row.starts_at == wib(12, 12, 17)
    assert row.place == "depan masjid"


async def test_a_photo_after_not_yet_belongs_to_that_report(bot: Bot, siti: Warga):
    """It opens no new report."""
    row = await reports(bot, siti)
    await moved(bot, row, State.IN_PROGRESS)
    await moved(bot, row, State.DONE)
    await siti.sends(f"/laporan {row.number}")
    await siti.sends("belum pak, masih mampet")
    await siti.sends_photo(picture())
    assert bot.rows(select(draft.c.form)) == [("addition",)]
