"""The desk: what staff see and do with tickets, and what residents hear of it."""

from __future__ import annotations

import asyncio

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    complaint_in,
    files,
    picture,
    proposes,
    says_done,
    writes,
)
from conftest import resident_in as resident_of
from sqlalchemy import Connection, func, select

from services import desk, tickets
from services.desk import NoReason, Outdated
from services.roles import Actor, NotAllowed, Role
from services.tickets import MOVES, OPEN_STATES, REASONED, NotOpen, State
from storage import roles
from storage import tickets as stored
from storage.roles import Grant
from storage.tables import audit, participation, resident, ticket, ticket_event, ticket_follower

STAFF = Actor(77, Role.STAFF)


def move_label(bot: Bot, state: State) -> str:
    return bot.phrase(f"desk.button.move.{state}")


async def opens(clerk: Warga, number: str, state: str = "diterima") -> None:
    """The desk, then the ticket."""
    await clerk.sends("/staf")
    await clerk.taps(f"{number} {clerk.bot.phrase(f'short.state.{state}')}")


async def moves(clerk: Warga, number: str, was: State, to: State, reason: str = "") -> None:
    """Open a ticket and move it, with a reason where one is due."""
    bot = clerk.bot
    await clerk.sends("/staf")
    await clerk.taps(
        "desk.button.group.open" if was in OPEN_STATES else "desk.button.group.closed"
    )
    await clerk.taps(f"{number} {bot.phrase(f'short.state.{was}')}")
    await clerk.taps(f"desk.button.move.{to}")
    if to is State.DONE:
        await says_done(clerk)
    if to in REASONED:
        await clerk.sends(reason)
        if to is State.FORWARDED:  # no number there, no sentence
            await clerk.taps("form.button.skip")
            await clerk.taps("form.button.skip")
        await clerk.taps("form.button.send")


async def test_the_desk_lists_what_is_new_by_type_and_rt(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Both types and all RTs first; filters narrow it; an empty list says so."""
    await agrees(siti)
    await agrees(budi, "05")
    drain = await files(siti)
    wish = await proposes(budi, rt="05")
    await clerk.sends(bot.phrase("menu.desk"))
    state = bot.phrase("short.state.diterima")
    assert clerk.buttons[:2] == [f"{drain} {state}", f"{wish} {state}"]
    assert "depan masjid" in clerk.sees
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.type.aspiration")
    assert clerk.buttons[0] == f"{wish} {state}"
    assert drain not in clerk.sees
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.rt")
    await clerk.taps("form.choice.rt", number="03")
    assert clerk.sees.startswith(bot.phrase(
        "desk.empty", group=bot.phrase("desk.group.new"), count=0, rt="RT 03",
        type=bot.phrase("desk.type.aspiration"),
    ))  # fmt: skip


async def test_a_long_list_has_pages(bot: Bot, siti: Warga, clerk: Warga):
    """Six a page, oldest first, and back."""
    await agrees(siti)
    await writes(bot, lambda db: [complaint_in(db, resident_of(db, siti.id)) for _ in range(8)])
    await clerk.sends("/staf")
    assert sum("DRN-" in label for label in clerk.buttons) == 6
    await clerk.taps("desk.button.after")
    assert sum("DRN-" in label for label in clerk.buttons) == 2
    await clerk.taps("desk.button.before")
    assert sum("DRN-" in label for label in clerk.buttons) == 6


async def test_the_card_shows_words_photos_and_place(bot: Bot, siti: Warga, clerk: Warga):
    """And from the card that was pushed, one tap leads to the desk."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet")
    await siti.sends_location(-1.6, 103.6)
    await siti.taps("form.button.send")
    await clerk.taps("desk.button.open")
    assert "parit mampet" in clerk.sees
    assert "-1.60000, 103.60000" in clerk.sees
    assert bot.phrase("card.reporter.shown", name="Siti") in clerk.sees
    await clerk.taps("report.button.photos")
    assert "photo" in clerk.person.from_bot[-1]


async def test_a_ticket_is_carried_to_its_end_and_people_hear_it(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Verified, forwarded with the body named, in progress, done, "Belum", done again, "Ya"."""
    await agrees(siti)
    await agrees(budi, "03")
    number = await files(siti)
    row = bot.rows(select(ticket))[0]
    await writes(
        bot,
        lambda db: stored.follow(db, row.id, resident_of(db, budi.id).resident.id, row.created_at),
    )
    title = "Mampet / tersumbat, RT 03, depan masjid"
    for was, to, reason in (
        (State.RECEIVED, State.VERIFIED, ""),
        (State.VERIFIED, State.FORWARDED, "Dinas <Taman> Kota"),
        (State.FORWARDED, State.IN_PROGRESS, ""),
        (State.IN_PROGRESS, State.DONE, ""),
    ):
        await moves(clerk, number, was, to, reason)
        said = bot.phrase(f"ticket.moved.{to}", number=number, title="##", reason="@@")
        said = said.replace("@@", reason).replace("##", title)
        assert siti.sees == budi.sees == said
    await siti.taps("report.button.not_fixed")
    asked = bot.phrase("lacking.what.question", number=number)
    assert siti.message["text"].startswith(asked)
    assert clerk.sees == bot.phrase("card.reopened", number=number)
    await moves(clerk, number, State.REOPENED, State.DONE)
    await budi.taps("report.button.fixed")
    await budi.sends(f"/laporan {number}")
    assert bot.phrase("report.event.confirmed.self", when="@", words="").split("@")[1] in budi.sees
    assert bot.rows(select(ticket.c.state)) == [("selesai",)]
    verdicts = select(func.count()).where(participation.c.activity == "verdict_given")
    assert bot.rows(verdicts)[0][0] == 2
    trail = [row.detail for row in bot.rows(select(audit).order_by(audit.c.id))]
    assert trail[0] == "diterima → diverifikasi"
    assert len(trail) == 5
    assert "PUPR" not in str(trail)


async def test_a_second_yes_counts_once(bot: Bot, siti: Warga, clerk: Warga):
    """Who taps twice has given one verdict."""
    await agrees(siti)
    number = await files(siti)
    await moves(clerk, number, State.RECEIVED, State.VERIFIED)
    await moves(clerk, number, State.VERIFIED, State.DONE)
    message = siti.person.from_bot[-1]["message_id"]
    await siti.taps("report.button.fixed")
    await siti.sends("/menu")
    await siti.taps_data(message, f"report:fixed:{number}")
    verdicts = select(func.count()).where(participation.c.activity == "verdict_given")
    assert bot.rows(verdicts)[0][0] == 1
    bot.simulator.refusals.clear()  # the same answer again changes nothing on the screen


async def test_what_is_missing_is_asked_for_and_added(bot: Bot, siti: Warga, clerk: Warga):
    """The resident reads what to send; what he adds puts the ticket back among the new ones."""
    await agrees(siti)
    number = await files(siti)
    await moves(clerk, number, State.RECEIVED, State.NEEDS_DATA, "mohon foto dari dekat")
    assert "mohon foto dari dekat" in siti.sees
    await siti.taps("report.button.add")
    await siti.sends_photo(picture())
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.rows(select(ticket.c.state)) == [("diterima",)]
    await opens(clerk, number)
    assert bot.phrase("desk.event.added", when="@", words="").split("@")[1] in clerk.sees


async def test_two_clerks_at_once_never_overwrite_each_other(
    bot: Bot, admin: Warga, siti: Warga, clerk: Warga
):
    """Both opened the same state: the second tap changes nothing and shows what became of it."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    await opens(admin, number)
    before = len(siti.texts)
    await asyncio.gather(
        clerk.taps(f"desk.button.move.{State.VERIFIED}"),
        admin.taps(f"desk.button.move.{State.IN_PROGRESS}"),
    )
    moved = bot.rows(select(ticket_event.c.state).where(ticket_event.c.kind == "moved"))
    assert len(moved) == 1
    notices = {clerk.notice, admin.notice}
    assert bot.phrase("desk.outdated") in notices
    assert bot.rows(select(ticket.c.state, ticket.c.version)) == [(moved[0].state, 1)]
    assert len([text for text in siti.texts[before:] if number in text]) == 1


async def test_a_reason_written_while_another_was_faster_changes_nothing(
    bot: Bot, admin: Warga, siti: Warga, clerk: Warga
):
    """The form is closed and the ticket shown as it is."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    await clerk.taps(f"desk.button.move.{State.ARCHIVED}")
    await clerk.sends("bukan parit")
    await moves(admin, number, State.RECEIVED, State.VERIFIED)
    await clerk.taps("form.button.send")
    assert clerk.notice == bot.phrase("desk.outdated")
    assert bot.rows(select(ticket.c.state)) == [("diverifikasi",)]
    assert "bukan parit" not in str(siti.texts)


async def test_merging_lets_people_follow_the_other_one(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """A number that fits nothing is asked again; the right one joins both groups of people."""
    await agrees(siti)
    await agrees(budi, "05")
    first, second = await files(siti), await files(budi, rt="05", landmark="pasar")
    await moves(clerk, second, State.RECEIVED, State.MERGED, "DRN-2026-9999")
    assert bot.rows(select(ticket.c.state).distinct()) == [("diterima",)]
    await clerk.taps("reason.text.button.edit")
    await clerk.sends(first.lower())
    await clerk.taps("form.button.send")
    assert budi.sees == bot.phrase(
        "ticket.moved.digabung", number=second, title="Mampet / tersumbat, RT 05, pasar",
        reason=first,
    )  # fmt: skip
    assert bot.count(ticket_follower) == 1
    await moves(clerk, first, State.RECEIVED, State.VERIFIED)
    assert first in budi.sees


async def test_a_hidden_item_is_seen_by_its_reporter_alone(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Not among the similar ones, not opened by who joined; shown again on demand."""
    await agrees(siti)
    await agrees(budi, "03")
    number = await files(siti)
    row = bot.rows(select(ticket))[0]
    await writes(
        bot,
        lambda db: stored.follow(db, row.id, resident_of(db, budi.id).resident.id, row.created_at),
    )
    await opens(clerk, number)
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.hide")
    assert bot.phrase("card.hidden") in clerk.message["text"]
    await budi.sends(f"/laporan {number}")
    assert budi.sees == bot.phrase("report.not_yours", number=number)
    await budi.sends("/laporan")
    assert budi.sees == bot.phrase("report.none")
    await siti.sends(f"/laporan {number}")
    assert number in siti.sees
    other = await files(budi)
    assert other != number
    await opens(clerk, number)
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.show")
    await budi.sends(f"/laporan {number}")
    assert number in budi.sees
    acts = [row.act for row in bot.rows(select(audit).order_by(audit.c.id))]
    assert acts == ["ticket.hide", "ticket.show"]


async def test_a_blocked_person_may_only_read(bot: Bot, siti: Warga, clerk: Warga):
    """Kindly told; his reports stay readable; unblocked he goes on. Both are in the trail."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.block")
    assert bot.rows(select(resident.c.blocked)) == [(True,)]
    for text in ("/lapor", "/aspirasi", "parit mampet lagi"):
        await siti.sends(text)
        assert siti.sees == bot.phrase("role.blocked")
    await siti.sends(f"/laporan {number}")
    assert siti.sees.startswith(number)
    await siti.taps("report.button.withdraw")
    assert siti.notice == bot.phrase("role.blocked")
    await opens(clerk, number)
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.unblock")
    await siti.sends("/lapor")
    assert siti.sees.startswith(bot.phrase("complaint.kind.question"))
    assert [row.act for row in bot.rows(select(audit))] == ["person.block", "person.unblock"]


async def test_an_rt_head_sees_his_rts_only_and_moves_nothing(
    bot: Bot, siti: Warga, budi: Warga, rt_head: Warga
):
    """No buttons to move; a hidden name stays hidden; other RTs are not there for him."""
    await agrees(siti)
    await agrees(budi, "05")
    other = await files(siti)
    await budi.sends("/lapor")
    await budi.taps("complaint.kind.choice.blocked")
    await budi.taps("form.choice.rt", number="05")
    await budi.sends("pasar")
    await budi.sends("parit mampet")
    await budi.taps("form.button.skip")
    await budi.taps("form.button.details")
    await budi.taps("form.button.skip")
    await budi.taps("form.button.skip")
    await budi.taps("complaint.hide_name.choice.yes")
    await budi.taps("form.button.send")
    mine = bot.rows(select(ticket).where(ticket.c.rt == "05"))[0]
    theirs = bot.rows(select(ticket).where(ticket.c.number == other))[0]
    await rt_head.sends("/staf")
    assert mine.number in rt_head.sees
    assert other not in rt_head.sees
    await rt_head.taps(f"{mine.number} {bot.phrase('short.state.diterima')}")
    assert "Budi" not in rt_head.message["text"]
    assert not any(move_label(bot, state) in rt_head.buttons for state in MOVES[State.RECEIVED])
    message = rt_head.person.from_bot[-1]["message_id"]
    for data in (f"desk:open:{theirs.id}", "desk:open:x", "desk:photos:999"):
        await rt_head.taps_data(message, data)
        assert rt_head.notice == bot.phrase("desk.gone")
    for data in (f"desk:move:{mine.id}:0:diverifikasi", f"desk:block:{mine.id}"):
        await rt_head.taps_data(message, data)
        assert rt_head.notice == bot.phrase("role.not_allowed")
    assert bot.rows(select(ticket.c.state).distinct()) == [("diterima",)]


async def test_nobody_is_sent_to_a_hidden_ticket(bot: Bot, siti: Warga, budi: Warga, clerk: Warga):
    """Merging into it is refused: its followers could not see it."""
    await agrees(siti)
    await agrees(budi, "05")
    first, second = await files(siti), await files(budi, rt="05", landmark="pasar")
    hidden = bot.rows(select(ticket).where(ticket.c.number == first))[0]
    await writes(bot, lambda db: stored.set_hidden(db, hidden.id, True))
    await moves(clerk, second, State.RECEIVED, State.MERGED, first)
    assert bot.phrase("reason.no_ticket") in clerk.texts
    assert bot.rows(select(ticket.c.state).distinct()) == [("diterima",)]


async def test_who_lost_the_role_sees_no_more_of_it(
    bot: Bot, admin: Warga, siti: Warga, clerk: Warga
):
    """His cards stay as they were, his open form is gone, his words are heard as a resident's."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    await clerk.taps(f"desk.button.move.{State.ARCHIVED}")
    await writes(bot, lambda db: roles.remove(db, clerk.id))
    await clerk.sends_location(-1.6, 103.6)
    assert clerk.sees.startswith(bot.phrase("form.kept.location"))
    assert bot.phrase("complaint.kind.question") in clerk.sees
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    withdrawn = bot.phrase("report.state.dicabut")
    assert withdrawn in str(admin.texts)
    assert withdrawn not in str(clerk.texts)


async def test_an_rt_head_sees_no_name_on_a_wish(
    bot: Bot, budi: Warga, rt_head: Warga, clerk: Warga
):
    """Nobody was asked whether he may; the clerk sees it."""
    await agrees(budi, "05")
    number = await proposes(budi, rt="05")
    for person, sees in ((rt_head, False), (clerk, True)):
        await opens(person, number)
        assert ("Budi" in person.message["text"]) is sees


async def test_residents_do_not_reach_the_desk(bot: Bot, siti: Warga):
    """Not by the command, not by the label, and the menu does not show it."""
    await agrees(siti)
    for way in ("/staf", bot.phrase("menu.desk")):
        await siti.sends(way)
        assert siti.sees == bot.phrase("role.not_allowed")
    shown = [label for row in siti.person.keyboard or [] for label in row]
    assert bot.phrase("menu.desk") not in shown


@pytest.mark.parametrize("state", list(State))
def test_only_the_moves_of_the_table_are_possible(db: Connection, state: State):
    """From every state to every other one."""
    actor = resident_of(db, 1)
    for to in State:
        row = complaint_in(db, actor)
        stored.move(db, row.id, version=0, state=state, now=row.created_at)
        other = complaint_in(db, actor)
        reason = other.number if to is State.MERGED else "sebab"

        def act(row=row, to=to, reason=reason):
            return desk.move(
                db, STAFF, row.id, version=1, state=to, reason=reason, now=row.created_at
            )

        if to in MOVES[state]:
            assert act().state == to
        else:
            with pytest.raises(NotOpen):
                act()
            assert stored.get(db, row.id).state == state


def test_a_move_needs_its_reason_its_version_and_its_permission(db: Connection):
    """Each missing one leaves the ticket as it is."""
    row = complaint_in(db, resident_of(db, 1))
    for state in REASONED & set(MOVES[State.RECEIVED]):
        with pytest.raises(NoReason):
            desk.move(db, STAFF, row.id, version=0, state=state, reason=None, now=row.created_at)
    with pytest.raises(Outdated):
        desk.move(
            db, STAFF, row.id, version=3, state="diverifikasi", reason=None, now=row.created_at
        )
    for role in (Role.RESIDENT, Role.RT_HEAD, Role.PLANNER, Role.BLOCKED):
        with pytest.raises(NotAllowed):
            desk.move(
                db, Actor(5, role, None, ("03",)), row.id, version=0, state="diverifikasi",
                reason=None, now=row.created_at,
            )  # fmt: skip
    assert stored.get(db, row.id).version == 0


@pytest.mark.parametrize("person", [5, 99])
def test_staff_with_a_role_cannot_be_blocked(db: Connection, person: int):
    """A clerk cannot lock out a colleague through his report, nor an administrator."""
    actor = resident_of(db, person)
    row = complaint_in(db, actor)
    if person != 99:
        roles.put(db, Grant(person, "planner", [], "x"), by=1, now=row.created_at)
    with pytest.raises(NotAllowed):
        desk.block_reporter(db, STAFF, row.id, blocked=True, admins=(99,), now=row.created_at)


def test_every_state_is_open_or_closed_and_has_an_end():
    """From every open state a closed one can be reached; merged and withdrawn are final."""
    for state in OPEN_STATES:
        seen, todo = set(), [state]
        while todo:
            here = todo.pop()
            if here not in seen:
                seen.add(here)
                todo += MOVES[here]
        assert State.DONE in seen
        assert State.ARCHIVED in seen
    assert MOVES[State.MERGED] == MOVES[State.WITHDRAWN] == ()
    assert tickets.NEW_STATES == (State.RECEIVED, State.REOPENED)


async def test_done_is_asked_twice_and_a_question_left_alone_is_let_go(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """One tap tells nobody that it is done; words never go to the ticket before."""
    await agrees(siti)
    await agrees(budi, "05")
    first, second = await files(siti), await files(budi, rt="05", landmark="pasar")
    await moves(clerk, first, State.RECEIVED, State.VERIFIED)
    await opens(clerk, second)
    await clerk.taps(f"desk.button.move.{State.NEEDS_DATA}")
    await clerk.sends("/staf")
    await clerk.taps("desk.button.group.open")
    await clerk.taps(f"{first} {bot.phrase('short.state.diverifikasi')}")
    await clerk.sends("ada nama orang di foto")
    told = bot.rows(select(ticket_event.c.text).where(ticket_event.c.text.is_not(None)))
    assert told == []
    await clerk.sends("/staf")
    await clerk.taps("desk.button.group.open")
    await clerk.taps(f"{first} {bot.phrase('short.state.diverifikasi')}")
    await clerk.taps(f"desk.button.move.{State.DONE}")
    question = bot.phrase("proof.photos.question", number=first, title="@").split("@")[0]
    assert clerk.message["text"].startswith(question)
    await clerk.taps("form.button.cancel")
    assert set(bot.rows(select(ticket.c.state))) == {("diverifikasi",), ("diterima",)}


async def test_a_ticket_is_forwarded_without_writing(bot: Bot, siti: Warga, clerk: Warga):
    """Those who own drains are buttons; the resident reads the name in full."""
    await agrees(siti)
    number = await files(siti)
    await opens(clerk, number)
    await clerk.taps(f"desk.button.move.{State.FORWARDED}")
    await clerk.taps("authority.choice.city_works")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")
    assert bot.phrase("authority.name.city_works") in siti.sees


async def test_the_way_back_leads_to_the_list_one_came_from(bot: Bot, siti: Warga, clerk: Warga):
    """With its filters and its page, also after the ticket was moved or a question was asked."""

    def work(db: Connection) -> None:
        for n in range(8):
            complaint_in(db, resident_of(db, siti.id, "Siti"), rt="05", landmark=f"lorong {n}")

    await writes(bot, work)
    siti.person.chat.started = True
    await clerk.sends("/staf")
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.type.complaint")
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.rt")
    await clerk.taps("form.choice.rt", number="05")
    await clerk.taps("desk.button.after")
    page = clerk.message["text"]
    assert "DRN-2026-0007" in page
    label = next(label for label in clerk.message_buttons() if "0007" in label)

    await clerk.taps(label)
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.back")
    await clerk.taps("desk.button.list")
    assert clerk.message["text"] == page

    await clerk.taps(label)
    await clerk.taps("desk.button.move.diproses")
    await clerk.taps("desk.button.move.selesai")
    await says_done(clerk)
    await clerk.taps("desk.button.list")
    assert "DRN-2026-0007" not in clerk.message["text"]
    assert "DRN-2026-0008" in clerk.message["text"]
    assert bot.phrase("form.choice.rt", number="05") in clerk.message["text"]


async def test_a_forged_way_back_is_the_first_list(bot: Bot, siti: Warga, clerk: Warga):
    """Whatever a button carries."""
    await writes(bot, lambda db: complaint_in(db, resident_of(db, siti.id, "Siti")))
    await clerk.sends("/staf")
    shown = clerk.message["message_id"]
    await clerk.taps_data(shown, "desk:open:1:nowhere:x:99:7")
    rows = clerk.message["reply_markup"]["inline_keyboard"]
    assert rows[-1][0]["callback_data"] == "desk:list:new:x:x:0"
