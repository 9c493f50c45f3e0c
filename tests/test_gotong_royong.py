"""Gotong royong as people live it: planned, answered, changed, called off, attended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calendar_rig import (
    MANY_MESSAGES,
    START,
    SUNDAY,
    ZONE,
    Clock,
    at,
    bot_at_clock,
    clock_at,
    kinds_to,
    leads,
    lives_here,
    occurrences,
    opens,
    planned,
    ticks,
    wib,
)
from conftest import Bot, Warga, writes
from sqlalchemy import func, select

from content.phrases import MAX_LABEL
from services import recurrence
from services.attendance import TICKING
from services.gotong_royong import AHEAD
from storage import reminders, residents
from storage.tables import (
    attendance,
    audit,
    draft,
    gotong_royong,
    inbox,
    occurrence,
    outbox,
    participation,
    reminder,
    resident,
    rsvp,
)

RTS = ("03", "05", "07")


clock = clock_at(START)
bot = bot_at_clock(rts=RTS, quiet={}, limits=MANY_MESSAGES)


async def fills_in(person: Warga, *, rts: tuple[str, ...] = (), repeat: str = "once") -> None:
    """Answer the planning form and leave it at its summary."""
    await person.sends("/kegiatan")
    await person.taps("activity.button.new")
    await person.sends("Bersih parit")
    await person.sends("29 November jam 7 pagi")
    await person.sends("depan masjid")
    for rt in rts:
        await person.taps("form.choice.rt", number=rt)
    if rts:
        await person.taps("form.button.continue")
    await person.sends("cangkul dan karung")
    await person.taps(f"activity.repeat.choice.{repeat}")


async def sends_off(person: Warga) -> None:
    await person.taps("form.button.send")
    await ticks(person.bot)


def logged(bot: Bot) -> list[tuple[str, str, str]]:
    c = participation.c
    rows = bot.rows(select(c.person, c.activity, c.reference).order_by(c.id))
    return [tuple(row) for row in rows]


def acts(bot: Bot) -> list[tuple[str, str]]:
    return [tuple(r) for r in bot.rows(select(audit.c.act, audit.c.subject).order_by(audit.c.id))]


def text_of(person: Warga) -> str:
    """All that a person was told, in one."""
    return "\n".join(person.texts)


# --- planning ---------------------------------------------------------------------------------


async def test_what_staff_plan_is_kept_once_and_told_to_those_concerned(bot: Bot, admin: Warga):
    """Kirim twice is one plan; the neighbour RT hears nothing."""
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "05")
    await fills_in(admin, rts=("03",))
    message, data = admin.person.from_bot[-1], None
    for row in message["reply_markup"]["inline_keyboard"]:
        for button in row:
            data = (
                button["callback_data"]
                if button["text"] == bot.phrase("form.button.send")
                else data
            )
    await sends_off(admin)
    await admin.taps_data(message["message_id"], data or "")
    await ticks(bot)
    assert (bot.count(gotong_royong), bot.count(occurrence), bot.count(draft)) == (1, 1, 0)
    row = bot.rows(select(gotong_royong))[0]
    assert (row.title, row.place, row.bring, row.rts) == (
        "Bersih parit", "depan masjid", "cangkul dan karung", ["03"],
    )  # fmt: skip
    assert (kinds_to(bot, siti), kinds_to(bot, tono)) == (["invite"], [])
    assert "Minggu, 29 November 2026 pukul 07.00 WIB" in siti.sees
    assert "depan masjid" in siti.sees
    assert "cangkul dan karung" in siti.sees
    assert siti.buttons == [
        *(bot.phrase(f"gotong_royong.button.{a}") for a in ("come", "cannot", "help")),
        bot.phrase("calendar.button.save"),
    ]
    assert acts(bot) == [("gotong_royong.planned", f"GR-{occurrences(bot)[0].id}")]


async def test_an_rt_head_of_one_rt_is_not_asked_for_whom(bot: Bot):
    """It is his."""
    head = await leads(bot, 700, "05")
    tono, siti = await lives_here(bot, 501, "Tono", "05"), await lives_here(bot, 301, "Siti", "03")
    await fills_in(head)
    assert bot.phrase("activity.whom.button.edit") not in head.buttons
    await sends_off(head)
    assert bot.rows(select(gotong_royong.c.rts)) == [(["05"],)]
    assert (kinds_to(bot, tono), kinds_to(bot, siti)) == (["invite"], [])


async def test_an_rt_head_chooses_among_his_rts_only(bot: Bot):
    """Neither "everybody" nor another RT is offered, and a forged choice is not taken."""
    head = await leads(bot, 700, "03", "05")
    await head.sends("/kegiatan")
    await head.taps("activity.button.new")
    await head.sends("Bersih parit")
    await head.sends("29 November jam 7 pagi")
    await head.sends("depan masjid")
    labels = [bot.phrase("form.choice.rt", number=rt) for rt in ("03", "05")]
    assert head.buttons[:2] == labels
    assert bot.phrase("form.choice.all_rt") not in head.buttons
    assert bot.phrase("form.choice.rt", number="07") not in head.buttons
    row = bot.rows(select(draft))[0]
    for value in ("07", "all"):
        data = f"form:{row.id}:{row.version}:choose:{value}"
        await head.taps_data(head.person.from_bot[-1]["message_id"], data)
    assert "whom" not in bot.rows(select(draft.c.answers))[0][0]
    await head.taps("form.choice.rt", number="05")
    await head.taps("form.button.continue")
    await head.taps("form.button.skip")
    await head.taps("activity.repeat.choice.once")
    await sends_off(head)
    assert bot.rows(select(gotong_royong.c.rts)) == [(["05"],)]


async def test_a_place_may_be_a_point_on_the_map(bot: Bot, admin: Warga):
    """It is shown as one."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await admin.sends("/kegiatan")
    await admin.taps("activity.button.new")
    await admin.sends("Bersih parit")
    await admin.sends("besok jam 4 sore")
    await admin.sends_location(-1.6, 103.6)
    await admin.taps("form.choice.all_rt")
    await admin.taps("form.button.skip")
    await admin.taps("activity.repeat.choice.once")
    await sends_off(admin)
    assert bot.rows(select(gotong_royong.c.latitude, gotong_royong.c.rts)) == [(-1.6, None)]
    assert "-1.60000, 103.60000" in siti.sees


async def test_a_moment_that_went_by_before_kirim_is_asked_again(
    bot: Bot, clock: Clock, admin: Warga
):
    """Nothing is planned in the past."""
    await admin.sends("/kegiatan")
    await admin.taps("activity.button.new")
    await admin.sends("Bersih parit")
    await admin.sends("besok jam 7 pagi")
    await admin.sends("depan masjid")
    await admin.taps("form.choice.all_rt")
    await admin.taps("form.button.skip")
    await admin.taps("activity.repeat.choice.once")
    clock.to(START + timedelta(days=1))
    await admin.taps("form.button.send")
    assert bot.phrase("form.moment_past") in admin.message["text"]
    assert bot.count(gotong_royong) == 0
    await admin.sends("lusa jam 7 pagi")
    await admin.taps("form.button.send")
    assert bot.count(gotong_royong) == 1


@pytest.mark.parametrize(
    ("repeat", "day", "rule"),
    [
        ("once", 1, None),
        ("weekly", 1, "FREQ=WEEKLY"),
        ("fortnightly", 1, "FREQ=WEEKLY;INTERVAL=2"),
        ("monthly", 1, "FREQ=MONTHLY;BYDAY=1SU"),
        ("monthly", 8, "FREQ=MONTHLY;BYDAY=2SU"),
        ("monthly", 22, "FREQ=MONTHLY;BYDAY=4SU"),
        ("monthly", 29, "FREQ=MONTHLY;BYDAY=-1SU"),
    ],
)
def test_a_rule_repeats_its_first_moment(repeat: str, day: int, rule: str | None):
    """In November 2026, whose Sundays are 1, 8, 15, 22 and 29; at seven by the local clock."""
    first = wib(11, day, 7)
    assert recurrence.rule_of(repeat, first.astimezone(UTC), ZONE) == rule
    found = recurrence.moments(rule, first.astimezone(UTC), ZONE)
    times = [next(found).astimezone(ZONE)]
    if rule is not None:
        assert recurrence.repeat_of(rule) == repeat
        times += [next(found).astimezone(ZONE), next(found).astimezone(ZONE)]
    assert times[0] == first
    assert {(t.weekday(), t.hour) for t in times} == {(6, 7)}


def test_the_last_sunday_is_the_last_of_every_month():
    """Whether a month has four or five."""
    found = recurrence.moments("FREQ=MONTHLY;BYDAY=-1SU", SUNDAY.astimezone(UTC), ZONE)
    days = [next(found).astimezone(ZONE).strftime("%m-%d") for _ in range(4)]
    assert days == ["11-29", "12-27", "01-31", "02-28"]
    assert recurrence.number_of("FREQ=MONTHLY;BYDAY=-1SU") == recurrence.LAST


async def test_occurrences_are_made_ahead_also_after_downtime(bot: Bot, clock: Clock):
    """Sixty days of them, each once; what went by meanwhile is not made."""
    await planned(bot, repeat="weekly")
    first = [row.planned_at.astimezone(ZONE) for row in occurrences(bot)]
    assert first == [SUNDAY + timedelta(weeks=n) for n in range(8)]
    assert first[-1] <= START + AHEAD < first[-1] + timedelta(weeks=1)
    await ticks(bot)
    assert len(occurrences(bot)) == 8
    later = START + timedelta(days=100)
    await at(bot, clock, later)
    again = [row.planned_at.astimezone(ZONE) for row in occurrences(bot)]
    assert again[:8] == first
    sundays = [SUNDAY + timedelta(weeks=n) for n in range(99)]
    assert again[8:] == [day for day in sundays if later < day <= later + AHEAD]


# --- residents --------------------------------------------------------------------------------


async def test_the_schedule_shows_what_concerns_the_person(bot: Bot):
    """One's RT and the whole kelurahan, the next first; nothing of the neighbours."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, "d1", title="Parit RT 03")
    await planned(bot, "d2", title="Pos ronda", rts=("05",))
    await planned(
        bot, "d3", title="Jalan besar", rts=None, starts_at=wib(11, 22, 7).astimezone(UTC)
    )
    await siti.sends("/jadwal")
    seen = siti.texts[-2:]
    assert "Jalan besar" in seen[0]
    assert "Parit RT 03" in seen[1]
    assert "Pos ronda" not in text_of(siti)
    assert "Minggu, 22 November 2026 pukul 07.00 WIB" in seen[0]


async def test_a_long_schedule_comes_in_pages(bot: Bot):
    """Three at a time."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, repeat="weekly")
    await ticks(bot)
    invited = len(siti.texts)
    await siti.sends("/jadwal")
    assert len(siti.texts) == invited + 3
    await siti.taps("gotong_royong.button.more")
    await siti.taps("gotong_royong.button.more")
    assert len(siti.texts) == invited + 8
    assert bot.phrase("gotong_royong.button.more") not in siti.buttons


async def test_without_anything_to_come_the_schedule_says_so(bot: Bot):
    """Kindly, also to somebody who has not said where he lives."""
    tono = await lives_here(bot, 501, "Tono", None)
    await tono.sends("/jadwal")
    assert tono.texts[-1] == bot.phrase("gotong_royong.no_rt")


async def test_who_did_not_know_the_rt_can_tell_it_later(bot: Bot):
    """The button under the schedule asks it again; then the RT's own is shown."""
    tono = await lives_here(bot, 501, "Tono", None)
    await planned(bot)
    await tono.sends("/jadwal")
    await tono.taps("gotong_royong.button.home")
    assert tono.sees == bot.phrase("home.question")
    await tono.taps("form.choice.rt", number="03")
    assert bot.rows(select(resident.c.rt)) == [("03",)]
    await tono.sends("/jadwal")
    assert "Bersih parit" in tono.sees


async def test_a_guest_is_promised_nothing_and_may_agree(bot: Bot):
    """Nobody is told of anything without consent; the button asks for that first."""
    budi = bot.person(502, "Budi")
    await budi.sends("/jadwal")
    assert budi.texts[-2:] == [
        bot.phrase("gotong_royong.none_for_guest"), bot.phrase("gotong_royong.no_rt"),
    ]  # fmt: skip
    await budi.taps("gotong_royong.button.home")
    assert bot.count(resident) == 0
    await budi.taps("consent.button.yes")
    await budi.taps("form.choice.rt", number="05")
    assert bot.rows(select(resident.c.rt)) == [("05",)]


async def test_an_answer_can_be_changed_and_counts_once(bot: Bot):
    """The log holds what is meant now, never two of it."""
    siti = await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot)
    await siti.sends("/jadwal")
    for answer, activity in (
        ("come", "gotong_royong_joining"),
        ("help", "gotong_royong_helping"),
        ("cannot", "gotong_royong_declined"),
    ):
        await siti.taps(f"gotong_royong.button.{answer}")
        assert siti.notice == bot.phrase(f"gotong_royong.answered.{answer}")
        assert bot.rows(select(rsvp.c.answer)) == [(answer,)]
        assert logged(bot) == [("p301", activity, f"GR-{number}")]
        card = next(text for text in siti.texts if "Bersih parit" in text)
        assert bot.phrase(f"gotong_royong.button.{answer}") in card
    await siti.taps("form.choice.chosen", label=bot.phrase("gotong_royong.button.cannot"))
    assert len(logged(bot)) == 1
    stages = bot.rows(select(participation.c.stage))
    assert stages == [("understanding",)]


async def test_counts_are_shown_and_no_names(bot: Bot):
    """ "2 warga ikut"."""
    people = [
        await lives_here(bot, 301 + n, name, "03") for n, name in enumerate(("Siti", "Rahmat"))
    ]
    await planned(bot)
    for person in people:
        await person.sends("/jadwal")
        await person.taps("gotong_royong.button.come")
    assert bot.phrase("gotong_royong.count", count=2) in people[1].message["text"]
    assert "Siti" not in text_of(people[1])


async def test_a_newcomer_agrees_first_and_goes_on(bot: Bot):
    """Nothing is kept before; afterwards his answer is there without another tap."""
    budi = bot.person(502, "Budi")
    number = await planned(bot, rts=None)
    await budi.sends("/jadwal")
    await budi.taps("gotong_royong.button.come")
    assert bot.count(resident) == bot.count(rsvp) == 0
    assert bot.phrase("consent.button.yes") in budi.buttons
    await budi.taps("consent.button.yes")
    assert bot.rows(select(rsvp.c.occurrence_id, rsvp.c.answer)) == [(number, "come")]
    assert bot.phrase("home.question") in budi.sees
    await budi.taps("form.choice.rt", number="05")
    assert bot.rows(select(resident.c.rt)) == [("05",)]


async def test_it_is_too_late_to_answer_once_it_began_or_was_called_off(
    bot: Bot, clock: Clock, admin: Warga
):
    """And the button says why."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, "d1")
    await siti.sends("/jadwal")
    clock.to(SUNDAY + timedelta(minutes=1))
    await siti.taps("gotong_royong.button.come")
    assert siti.notice == bot.phrase("gotong_royong.has_begun")
    number = await planned(bot, "d2", starts_at=wib(12, 6, 7).astimezone(UTC))
    await siti.sends("/jadwal")
    await calls_off(admin, number)
    await siti.taps("gotong_royong.button.come")
    assert siti.notice == bot.phrase("gotong_royong.is_off")
    assert bot.count(rsvp) == 0


# --- changing and calling off -----------------------------------------------------------------


async def calls_off(person: Warga, number: int, span: str | None = None) -> None:
    await opens(person, number)
    await person.taps("activity.button.cancel")
    if span is not None:
        await person.taps(f"activity.button.{span}")
    await person.sends("hujan lebat")
    await person.taps("form.button.send")


async def moves(
    person: Warga, number: int, when: str | None, place: str | None = None, span: str | None = None
) -> None:
    await opens(person, number)
    await person.taps("activity.button.change")
    if span is not None:
        await person.taps(f"activity.button.{span}")
    for words in (when, place):
        if words is None:
            await person.taps("form.button.skip")
        else:
            await person.sends(words)
    await person.taps("form.button.send")


def to_come(bot: Bot, number: int) -> list[tuple[str, int, bool]]:
    """Reminders of an occurrence: kind, version, whether they are done with."""
    c = reminder.c
    rows = bot.rows(select(c.kind, c.version, c.done_at).where(c.occurrence_id == number))
    return [(row.kind, row.version, row.done_at is not None) for row in rows]


async def test_a_change_of_one_is_told_and_reminded_anew(bot: Bot, clock: Clock, admin: Warga):
    """Also to who could not come; the old reminders are done with."""
    siti = await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot)
    await ticks(bot)
    await siti.taps("gotong_royong.button.cannot")
    await moves(admin, number, "30 November jam 16.00", "balai RT")
    await ticks(bot)
    row = occurrences(bot)[0]
    assert (row.starts_at.astimezone(ZONE), row.place, row.version) == (
        wib(11, 30, 16), "balai RT", 1,
    )  # fmt: skip
    assert row.planned_at.astimezone(ZONE) == SUNDAY
    assert kinds_to(bot, siti) == ["invite", "moved"]
    assert "Senin, 30 November 2026 pukul 16.00 WIB" in siti.sees
    assert "balai RT" in siti.sees
    assert [kind for kind in to_come(bot, number) if not kind[2]] == [
        ("days3", 1, False), ("evening", 1, False), ("hours2", 1, False),
    ]  # fmt: skip
    assert acts(bot)[-1] == ("gotong_royong.moved", f"GR-{number}")


async def test_what_waits_of_the_old_time_never_goes_out(bot: Bot, clock: Clock, admin: Warga):
    """A reminder that is queued and held by quiet hours is given up when the event moves."""
    siti = await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot, starts_at=wib(11, 29, 9).astimezone(UTC))
    await ticks(bot)
    # queued just before it gets quiet, and not sent in time
    clock.to(wib(11, 28, 22))
    call = {"chat_id": siti.id, "text": "lama"}
    await writes(
        bot,
        lambda db: reminders.queue(
            db, [call], key=f"reminder:{number}:evening:0", not_after=None, now=datetime.now(UTC)
        ),
    )
    await moves_at_night(admin, number)
    clock.to(wib(11, 29, 6, 30))
    await ticks(bot)
    assert "lama" not in siti.texts
    assert kinds_to(bot, siti)[-1] == "moved"


async def moves_at_night(person: Warga, number: int) -> None:
    """Replies pass quiet hours; what waits for the residents does not, so nothing settles."""
    settles = person.bot.settles
    person.bot.settles = _until_answered(person.bot)  # type: ignore[method-assign]
    try:
        await moves(person, number, "29 November jam 10.00")
    finally:
        person.bot.settles = settles  # type: ignore[method-assign]


def _until_answered(bot: Bot) -> Any:
    """A wait for replies only."""

    async def wait(seconds: float = 10.0) -> None:
        def done() -> bool:
            open_ = select(func.count()).where(inbox.c.state == "new")
            out = select(func.count()).where(
                outbox.c.lane == 0, outbox.c.state.in_(("queued", "sending"))
            )
            asked = bot.simulator.updates_unconfirmed
            return not asked and not bot.rows(open_)[0][0] and not bot.rows(out)[0][0]

        await bot.until(done, seconds)

    return wait


async def test_at_night_an_organiser_hears_when_residents_are_told(
    bot: Bot, clock: Clock, admin: Warga
):
    """Planned, changed, called off: each says when the quiet ends, and by day none does."""
    siti = await lives_here(bot, 301, "Siti", "03")
    later = bot.phrase("activity.told_later", until="06.00 WIB")
    clock.to(wib(11, 20, 22))
    await fills_in(admin, rts=("03",))
    await admin.taps("form.button.send")
    assert admin.message["text"].endswith(later)
    number = occurrences(bot)[0].id
    await moves(admin, number, "29 November jam 8 pagi")
    assert admin.message["text"].endswith(later)
    await calls_off(admin, number)
    assert admin.message["text"].endswith(later)
    await at(bot, clock, wib(11, 21, 8))
    assert kinds_to(bot, siti) == ["cancelled"]
    number = await planned(bot, "d2")
    await calls_off(admin, number)
    assert admin.message["text"] == bot.phrase("activity.cancelled", title="Bersih parit")


async def test_what_nobody_could_hear_of_in_time_is_not_planned(
    bot: Bot, clock: Clock, admin: Warga
):
    """In the night, for a quarter past six: another time is asked for, also for a change."""
    siti = await lives_here(bot, 301, "Siti", "03")
    clock.to(wib(11, 28, 22))
    await fills_in(admin, rts=("03",))
    await admin.taps("activity.when.button.edit")
    await admin.sends("besok jam 06.15")
    await admin.taps("form.button.send")
    assert admin.texts[-2] == bot.phrase("activity.too_soon", until="06.00 WIB")
    assert bot.phrase("activity.when.question") in admin.sees
    assert bot.count(gotong_royong) == 0
    await admin.sends("besok jam 06.30")
    await admin.taps("form.button.send")
    number = occurrences(bot)[0].id
    await moves(admin, number, "besok jam 5 pagi")
    assert admin.texts[-2] == bot.phrase("activity.too_soon", until="06.00 WIB")
    assert occurrences(bot)[0].version == 0
    await at(bot, clock, wib(11, 29, 6))
    assert kinds_to(bot, siti) == ["invite"]


async def test_a_series_moves_with_all_that_follow(bot: Bot, clock: Clock, admin: Warga):
    """The n-th stays the n-th with its answers; what was before keeps its time."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, repeat="weekly")
    numbers = [row.id for row in occurrences(bot)]
    await ticks(bot)
    await siti.sends("/jadwal")
    await siti.taps_data(
        siti.person.from_bot[-1]["message_id"], f"gotong:answer:{numbers[2]}:come"
    )
    await moves(admin, numbers[1], "5 Desember jam 16.00", span="all")  # Saturday
    await ticks(bot)
    rows = {row.id: row for row in occurrences(bot)}
    assert rows[numbers[0]].starts_at.astimezone(ZONE) == SUNDAY
    moved = [rows[number].starts_at.astimezone(ZONE) for number in numbers[1:]]
    assert moved == [wib(12, 5, 16) + timedelta(weeks=n) for n in range(7)]
    assert bot.rows(select(rsvp.c.occurrence_id)) == [(numbers[2],)]
    assert kinds_to(bot, siti) == ["invite", "replanned"]
    assert bot.phrase("reminder.replanned", title="") in siti.sees
    await at(bot, clock, START + timedelta(days=70))
    starts = [row.starts_at.astimezone(ZONE) for row in occurrences(bot)]
    assert {(t.weekday(), t.hour) for t in starts[1:]} == {(5, 16)}
    assert len(set(starts)) == len(starts) > 8


async def test_only_the_place_of_a_series_changes(bot: Bot, admin: Warga):
    """Times stay, also of one that was moved by itself."""
    await planned(bot, repeat="weekly")
    numbers = [row.id for row in occurrences(bot)]
    await moves(admin, numbers[1], "7 Desember jam 08.00", span="one")
    before = [row.starts_at for row in occurrences(bot)]
    await moves(admin, numbers[0], None, "balai RT", span="all")
    rows = occurrences(bot)
    assert [row.starts_at for row in rows] == before
    assert {row.place for row in rows} == {"balai RT"}


@pytest.mark.parametrize("when", [None, "29 November jam 16.00"])
async def test_one_that_was_called_off_does_not_shift_the_others(
    bot: Bot, clock: Clock, admin: Warga, when: str | None
):
    """Weekly, the second called off: each other one stays in its week, and none is there twice."""
    await planned(bot, repeat="weekly")
    numbers = [row.id for row in occurrences(bot)]
    for off in (1, 7):  # the last one that was made as well
        await calls_off(admin, numbers[off], "one")
    await moves(admin, numbers[0], when, "balai RT", span="all")
    hour = 7 if when is None else 16
    weeks = [wib(11, 29, hour) + timedelta(weeks=n) for n in range(99)]

    def taking_place() -> list[datetime]:
        rows = [row for row in occurrences(bot) if row.state == "planned"]
        return sorted(row.starts_at.astimezone(ZONE) for row in rows)

    assert taking_place() == [weeks[0], *weeks[2:7]]
    later = START + timedelta(days=30)
    await at(bot, clock, later)
    in_time = [week for week in weeks[8:] if week <= later + AHEAD]
    assert taking_place() == [weeks[0], *weeks[2:7], *in_time]
    assert {row.place for row in occurrences(bot) if row.state == "planned"} == {"balai RT"}


async def test_nothing_skipped_is_changed(bot: Bot, admin: Warga):
    """Two times "Lewati" tells nobody anything."""
    number = await planned(bot)
    await moves(admin, number, None)
    assert admin.message["text"] == bot.phrase("activity.nothing_changed")
    assert occurrences(bot)[0].version == 0


async def test_calling_off_reaches_all_who_might_come(bot: Bot, admin: Warga):
    """Also those who moved to another RT after saying yes; the reason is told, nothing reminds."""
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "03")
    number = await planned(bot)
    await ticks(bot)
    await tono.taps("gotong_royong.button.come")

    def moves_house(db: Any) -> None:
        residents.set_home(db, residents.by_telegram_id(db, tono.id).id, "07", "rt")

    await writes(bot, moves_house)
    await calls_off(admin, number)
    await ticks(bot)
    for person in (siti, tono):
        assert kinds_to(bot, person) == ["invite", "cancelled"]
        assert "hujan lebat" in person.sees
        assert person.buttons == []
    assert all(done for _, _, done in to_come(bot, number))
    assert acts(bot)[-1] == ("gotong_royong.cancelled", f"GR-{number}")


async def test_calling_off_a_series_ends_it(bot: Bot, clock: Clock, admin: Warga):
    """One message, and no more occurrences; the ones before stay."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot, repeat="weekly")
    numbers = [row.id for row in occurrences(bot)]
    await ticks(bot)
    await calls_off(admin, numbers[1], "all")
    await ticks(bot)
    states = [row.state for row in occurrences(bot)]
    assert states == ["planned", *["cancelled"] * 7]
    assert kinds_to(bot, siti) == ["invite", "ended"]
    await at(bot, clock, START + timedelta(days=70))
    assert len(occurrences(bot)) == 8


# --- who came ---------------------------------------------------------------------------------


async def test_the_checklist_opens_with_the_start(bot: Bot, clock: Clock, admin: Warga):
    """Not before; and closes after seven days."""
    await lives_here(bot, 301, "Siti", "03")
    number = await planned(bot)
    await opens(admin, number)
    assert bot.phrase("activity.button.attend") not in admin.message_buttons()
    clock.to(SUNDAY + timedelta(seconds=1))
    await opens(admin, number)
    assert bot.phrase("activity.button.attend") in admin.message_buttons()
    clock.to(SUNDAY + TICKING + timedelta(hours=1))
    await admin.sends("/kegiatan")
    data = f"activity:attend:{number}:0"
    await admin.taps_data(admin.person.from_bot[-1]["message_id"], data)
    assert admin.notice == bot.phrase("form.old_button")


async def test_an_rt_head_ticks_who_came_once_and_takes_it_back(bot: Bot, clock: Clock):
    """Who said yes stands first; the log follows the tick."""
    head = await leads(bot, 700, "03")
    people = [await lives_here(bot, 301 + n, f"Warga {n}", "03") for n in range(10)]
    await lives_here(bot, 501, "Tono", "05")
    number = await planned(bot)
    await people[9].sends("/jadwal")
    await people[9].taps("gotong_royong.button.come")
    clock.to(SUNDAY + timedelta(hours=2))
    await opens(head, number)
    await head.taps("activity.button.attend")
    names = head.message_buttons()
    first = bot.phrase("activity.said_yes", name="Warga 9")
    assert names[0] == bot.phrase("activity.button.person", label=first)
    assert len([name for name in names if name.startswith("⬜")]) == 8
    assert not any("Tono" in name for name in names)
    tick = f"activity:tick:{number}:{resident_id(bot, people[9])}"
    shown = head.message["message_id"]
    for _ in range(2):  # the second tap was made before the list changed
        await head.taps_data(shown, f"{tick}:yes:0")
    assert logged(bot)[-1] == ("p310", "gotong_royong_attended", f"GR-{number}")
    assert bot.count(attendance) == 1
    assert len([act for act in acts(bot) if act[0] == "gotong_royong.attended"]) == 1
    assert bot.phrase("form.choice.chosen", label=first) in head.message_buttons()
    await head.taps_data(shown, f"{tick}:no:0")
    assert (bot.count(attendance), len(logged(bot))) == (0, 1)  # the answer stays
    await head.taps("activity.button.after")
    assert len([name for name in head.message_buttons() if name.startswith("⬜")]) == 2


def resident_id(bot: Bot, person: Warga) -> int:
    return int(bot.rows(select(resident.c.id).where(resident.c.telegram_id == person.id))[0][0])


@pytest.mark.parametrize("rts", [None, ("03", "05")])
async def test_an_rt_head_ticks_his_residents_at_a_wider_event(
    bot: Bot, clock: Clock, rts: tuple[str, ...] | None
):
    """From its start on; those of other RTs he neither sees nor ticks, and he changes nothing."""
    head, other = await leads(bot, 700, "05"), await leads(bot, 701, "07")
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "05")
    for person in (siti, tono):
        await planned(bot, rts=rts)
        await person.sends("/jadwal")
        await person.taps("gotong_royong.button.come")
    number = await planned(bot, rts=rts)
    await head.sends("/kegiatan")
    assert not any("·" in label for label in head.buttons)
    clock.to(SUNDAY + timedelta(hours=1))
    await head.sends("/kegiatan")
    assert len([label for label in head.buttons if "·" in label]) == 1
    await head.taps_data(head.person.from_bot[-1]["message_id"], f"activity:open:{number}")
    assert head.message_buttons() == [
        bot.phrase("activity.button.attend"), bot.phrase("contribution.button.list"),
        bot.phrase("activity.button.list"),
    ]  # fmt: skip
    await head.taps("activity.button.attend")
    assert not any("Siti" in label for label in head.message_buttons())
    shown = head.message["message_id"]
    tick = f"activity:tick:{number}"
    await head.taps_data(shown, f"{tick}:{resident_id(bot, siti)}:yes:0")
    assert head.notice == bot.phrase("form.old_button")
    await head.taps_data(shown, f"{tick}:{resident_id(bot, tono)}:yes:0")
    assert bot.rows(select(attendance.c.resident_id)) == [(resident_id(bot, tono),)]
    assert head.message["text"] == bot.phrase("activity.checklist", title="Bersih parit", count=1)
    for data in (f"change:{number}", f"cancel:{number}"):
        await head.taps_data(shown, f"activity:{data}")
        assert head.notice == bot.phrase("role.not_allowed")
    if rts is not None:  # none of it concerns the head of another RT
        await other.sends("/kegiatan")
        assert not any("·" in label for label in other.buttons)
        await other.taps_data(
            other.person.from_bot[-1]["message_id"], f"activity:attend:{number}:0"
        )
        assert other.notice == bot.phrase("role.not_allowed")


async def test_long_names_and_titles_fit_a_button(bot: Bot, clock: Clock, admin: Warga):
    """With everything that stands beside them: the day, the answer, the tick."""
    siti = await lives_here(bot, 301, "Siti Nurhaliza binti Abdurrahman Wahid", "03")
    number = await planned(bot, title="Membersihkan parit di depan masjid dan pasar")
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.come")
    shown = []
    for moment in (SUNDAY - timedelta(hours=1), SUNDAY + timedelta(hours=1)):
        clock.to(moment)
        await admin.sends("/kegiatan")
        shown.append(admin.buttons[0])
    await opens(admin, number)
    await admin.taps("activity.button.attend")
    shown.append(admin.message_buttons()[0])
    await admin.taps(shown[-1])
    shown.append(admin.message_buttons()[0])
    assert [len(label) for label in shown] == [MAX_LABEL] * 4
    assert shown[1].startswith("✅ 29 Nov · Member")
    assert shown[3] == bot.phrase(
        "form.choice.chosen", label=bot.phrase("activity.said_yes", name="Siti Nurhaliza…")
    )


# --- what is not allowed ----------------------------------------------------------------------


async def test_forged_buttons_of_organisers_change_nothing(bot: Bot, clock: Clock):
    """Another RT's head, a resident, numbers that are none: refused or old, never an error."""
    head, siti = await leads(bot, 700, "05"), await lives_here(bot, 301, "Siti", "03")
    tono = await lives_here(bot, 501, "Tono", "05")
    theirs = await planned(bot, "d1", repeat="weekly")
    everybodys = await planned(bot, "d2", rts=None, starts_at=wib(11, 30, 7).astimezone(UTC))
    clock.to(SUNDAY + timedelta(hours=1))
    before = (occurrences(bot), bot.count(audit))
    who = resident_id(bot, siti)
    await head.sends("/kegiatan")
    await tono.sends("/jadwal")
    for number in (theirs, theirs + 1, everybodys, 999_999, "x", "", "9" * 30, "-1"):
        for data in (
            f"open:{number}", f"change:{number}", f"change:{number}:all", f"cancel:{number}:one",
            f"attend:{number}:0", f"tick:{number}:{who}:yes:0", f"tick:{number}", f"attend:{number}:x",
        ):  # fmt: skip
            for person in (head, tono):
                await person.taps_data(
                    person.person.from_bot[-1]["message_id"], f"activity:{data}"
                )
                assert person.notice in (
                    bot.phrase("form.old_button"), bot.phrase("role.not_allowed"),
                )  # fmt: skip
    assert (occurrences(bot), bot.count(audit)) == before
    assert bot.count(attendance) == bot.count(draft) == 0
    assert "Siti" not in text_of(head)
    assert "Bersih parit" not in text_of(head)


async def test_a_resident_of_another_rt_cannot_be_ticked(bot: Bot, clock: Clock):
    """Nor learned of."""
    head, tono = await leads(bot, 700, "03"), await lives_here(bot, 501, "Tono", "05")
    number = await planned(bot)
    clock.to(SUNDAY + timedelta(hours=1))
    await head.sends("/kegiatan")
    data = f"activity:tick:{number}:{resident_id(bot, tono)}:yes:0"
    await head.taps_data(head.person.from_bot[-1]["message_id"], data)
    assert head.notice == bot.phrase("form.old_button")
    assert bot.count(attendance) == bot.count(participation) == 0


async def test_forged_answers_change_nothing(bot: Bot):
    """What is another RT's, what is not there, what is no answer."""
    tono, budi = await lives_here(bot, 501, "Tono", "05"), bot.person(502, "Budi")
    number = await planned(bot)
    await tono.sends("/jadwal")
    await budi.sends("/jadwal")
    for data in (
        f"answer:{number}:come", f"answer:{number}:maybe", "answer:x:come", "answer:99999:come",
        "answer", f"answer:{number}", "more:x", "more",
    ):  # fmt: skip
        for person in (tono, budi):
            await person.taps_data(person.person.from_bot[-1]["message_id"], f"gotong:{data}")
            assert person.notice == bot.phrase("form.old_button")
    assert bot.count(rsvp) == bot.count(participation) == 0
    assert "Bersih parit" not in text_of(tono)


async def test_residents_have_no_command_for_it(bot: Bot):
    """And nothing is told of the list."""
    siti = await lives_here(bot, 301, "Siti", "03")
    await planned(bot)
    await siti.sends("/kegiatan")
    assert siti.sees == bot.phrase("role.not_allowed")


async def test_the_list_of_an_rt_head_holds_only_his(bot: Bot):
    """Neither another RT's nor the whole kelurahan's."""
    head = await leads(bot, 700, "05")
    await planned(bot, "d1", title="Punya RT 03")
    await planned(bot, "d2", title="Semua", rts=None)
    await planned(bot, "d3", title="Punya RT 05", rts=("05",))
    await head.sends("/kegiatan")
    assert [label for label in head.buttons if "·" in label] == ["29 Nov · Punya RT 05"]
