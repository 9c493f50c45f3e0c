"""The desk between two visitors: filters, search, taking, history, map, similar ones, merging."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    complaint_in,
    files,
    picture,
    writes,
)
from conftest import resident_in as resident_of
from sqlalchemy import Connection, select, update

from content.phrases import utf16_length
from handlers import desk_view
from handlers.buttons import CALLBACK_BYTES
from handlers.desk_view import KINDS, MAX_WORDS, PILES, View, searchable
from services import assignments, desk, invites, neighbours
from services.assignments import Taken
from services.roles import Actor, NotAllowed, Role
from services.tickets import OPEN_STATES, TYPES, NotOpen, State
from storage import desk as stored
from storage import roles, tickets
from storage.desk import Filter, Pile
from storage.roles import Grant
from storage.tables import audit, complaint, resident, ticket, ticket_event

STAFF = Actor(77, Role.STAFF)
OTHER = Actor(78, Role.STAFF)
ADMIN = Actor(99, Role.ADMIN)


@pytest.fixture
async def second(bot: Bot, admin: Warga) -> Warga:
    """Another clerk."""
    person = bot.person(78, "Rahmat")
    await person.sends("/start")
    await becomes(person, Role.STAFF)
    return person


def line(bot: Bot, number: str, state: State = State.RECEIVED) -> str:
    """The button that opens a ticket from a list."""
    return f"{number} {bot.phrase(f'short.state.{state}')}"


def listed(person: Warga) -> list[str]:
    """Numbers of the tickets in the list that is shown."""
    labels = person.message_buttons()
    return [label.split(" ")[0] for label in labels if label[3:4] == "-"]


async def searches(person: Warga, words: str) -> None:
    """Desk, Cari, and what is looked for."""
    await person.sends("/staf")
    await person.taps("desk.button.search")
    await person.sends(words)


def buttons_of(person: Warga) -> dict[str, str]:
    """Callback data of the newest message's buttons, by label."""
    rows = person.message.get("reply_markup", {}).get("inline_keyboard", [])
    return {b["text"]: str(b.get("callback_data")) for row in rows for b in row}


# --- filters --------------------------------------------------------------------------------


async def test_a_list_is_narrowed_by_kind_rt_and_mine_and_widened_again(
    bot: Bot, siti: Warga, clerk: Warga
):
    """Each filter adds to the others; one tap takes them all away."""

    def work(db: Connection) -> list[Any]:
        me = resident_of(db, siti.id)
        rows = [
            complaint_in(db, me, kind="flooding", rt="05"),
            complaint_in(db, me, kind="flooding", rt="03"),
            complaint_in(db, me, kind="blocked", rt="05"),
        ]
        assignments.take(db, STAFF, rows[0].id, seen=None, now=rows[0].created_at)
        return rows

    rows = await writes(bot, work)
    numbers = [row.number for row in rows]
    await clerk.sends("/staf")
    assert listed(clerk) == numbers
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.kind")
    await clerk.taps("complaint.kind.choice.flooding")
    assert listed(clerk) == numbers[:2]
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.rt")
    await clerk.taps("form.choice.rt", number="03")
    assert listed(clerk) == numbers[1:2]
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.mine")
    assert listed(clerk) == []
    assert bot.phrase("desk.only_mine") in clerk.message["text"]
    assert bot.phrase("complaint.kind.choice.flooding") in clerk.message["text"]
    await clerk.taps("desk.button.unfiltered")
    assert listed(clerk) == numbers
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.mine")
    assert listed(clerk) == numbers[:1]


async def test_the_way_back_keeps_kind_mine_and_words(bot: Bot, siti: Warga, clerk: Warga):
    """Opening, moving with a reason in words, and back: the same filtered list."""

    def work(db: Connection) -> None:
        me = resident_of(db, siti.id, "Siti")
        for n in range(2):
            row = complaint_in(db, me, kind="flooding", landmark=f"pasar {n}")
            assignments.take(db, STAFF, row.id, seen=None, now=row.created_at)

    await writes(bot, work)
    siti.person.chat.started = True
    await searches(clerk, "pasar")
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.kind")
    await clerk.taps("complaint.kind.choice.flooding")
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.mine")
    head = clerk.message["text"].splitlines()[:6]
    assert bot.phrase("desk.only_mine") in head
    assert bot.phrase("desk.only_words", words="pasar") in head
    await clerk.taps(line(bot, "DRN-2026-0001"))
    await clerk.taps(f"desk.button.move.{State.NEEDS_DATA}")
    await clerk.sends("mohon foto dari dekat")
    await clerk.taps("form.button.send")
    assert bot.rows(select(ticket.c.state).where(ticket.c.id == 1)) == [("perlu-data",)]
    await clerk.taps("desk.button.list")
    assert clerk.message["text"].splitlines()[:6] == head
    assert listed(clerk) == ["DRN-2026-0001", "DRN-2026-0002"]  # what changed last is first


async def test_a_pushed_card_leads_back_to_the_list_one_looked_at(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """A new card comes in between; from it the way back is the filtered list."""
    await agrees(siti)
    await agrees(budi, "05")
    await files(siti)
    await clerk.sends("/staf")
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.rt")
    await clerk.taps("form.choice.rt", number="03")
    await files(budi, rt="05", landmark="pasar")
    await clerk.taps("desk.button.open")
    await clerk.taps("desk.button.list")
    assert listed(clerk) == ["DRN-2026-0001"]
    assert bot.phrase("form.choice.rt", number="03") in clerk.message["text"].splitlines()[1]


async def test_a_page_that_became_empty_shows_the_one_before(bot: Bot, siti: Warga, clerk: Warga):
    """The last ticket of the second page was moved away."""
    await writes(bot, lambda db: [complaint_in(db, resident_of(db, siti.id)) for _ in range(7)])
    siti.person.chat.started = True
    await clerk.sends("/staf")
    await clerk.taps("desk.button.after")
    await clerk.taps(line(bot, "DRN-2026-0007"))
    await clerk.taps(f"desk.button.move.{State.IN_PROGRESS}")
    await clerk.taps("desk.button.list")
    assert len(listed(clerk)) == 6


async def test_an_rt_head_filters_within_his_rts_and_takes_nothing(
    bot: Bot, siti: Warga, rt_head: Warga
):
    """No message, no other RT, no "mine"; a search finds nothing of another RT."""
    rows = await writes(
        bot,
        lambda db: [
            complaint_in(db, resident_of(db, siti.id), rt=rt, landmark="masjid")
            for rt in ("03", "05")
        ],
    )
    await searches(rt_head, "masjid")
    assert listed(rt_head) == [rows[1].number]
    await searches(rt_head, rows[0].number)
    assert rows[0].number not in str(rt_head.message_buttons())
    await rt_head.taps("desk.button.filters")
    assert bot.phrase("desk.button.mine") not in rt_head.message_buttons()
    assert bot.phrase("desk.button.type.message") not in rt_head.message_buttons()
    await searches(rt_head, "2")
    assert rows[1].number in rt_head.message["text"]
    assert bot.phrase("desk.button.take") not in rt_head.message_buttons()
    await rt_head.taps_data(rt_head.message["message_id"], f"desk:take:{rows[1].id}:0")
    assert rt_head.notice == bot.phrase("role.not_allowed")


def test_every_list_fits_a_button():
    """The longest names, id, page and words together; and it reads back as it was."""
    words = searchable("belakang pasar: hanyut é" * 3)
    assert 20 <= len(words.encode()) <= MAX_WORDS
    for group in PILES:
        for type_, kind in [(t, "x") for t in TYPES] + [("complaint", kind) for kind in KINDS]:
            view = View(group, type_, "005", 999, kind, mine=True, words=words)
            data = view.ticket_button("x", 9_999_999).data
            assert len(data.encode()) <= CALLBACK_BYTES, data
            assert desk_view.NAMES[data.split(":")[4]] in (type_, kind)


# --- search ---------------------------------------------------------------------------------


async def test_words_are_found_in_text_and_place_whatever_their_capitals(
    bot: Bot, siti: Warga, clerk: Warga
):
    """All of them must be there; a closed ticket is found too; an RT in the words counts."""

    def work(db: Connection) -> None:
        me = resident_of(db, siti.id)
        complaint_in(db, me, landmark="Depan MASJID Raya", description="air hitam")
        row = complaint_in(db, me, landmark="masjid kecil", description="parit dalam", rt="05")
        tickets.move(db, row.id, version=0, state="selesai", now=row.created_at)
        complaint_in(db, me, landmark="pasar", description="parit")

    await writes(bot, work)
    await searches(clerk, "masjid")
    assert sorted(listed(clerk)) == ["DRN-2026-0001", "DRN-2026-0002"]
    await searches(clerk, "HITAM masjid")
    assert listed(clerk) == ["DRN-2026-0001"]
    await searches(clerk, "masjid rt 5")
    assert listed(clerk) == ["DRN-2026-0002"]
    await searches(clerk, "tidak ada ini")
    assert listed(clerk) == []
    assert bot.phrase("desk.only_words", words="tidak ada ini") in clerk.message["text"]


@pytest.mark.parametrize("typed", ["2", "0002", "drn 2", "DRN-2026-0002", "no 2"])
async def test_a_number_opens_its_ticket(bot: Bot, siti: Warga, clerk: Warga, typed: str):
    """However it is written."""
    await writes(bot, lambda db: [complaint_in(db, resident_of(db, siti.id)) for _ in range(3)])
    await searches(clerk, typed)
    assert clerk.message["text"].startswith("DRN-2026-0002")


async def test_a_number_of_several_tickets_lists_them(bot: Bot, siti: Warga, clerk: Warga):
    """A complaint and an aspiration may both be number 1."""

    def work(db: Connection) -> None:
        me = resident_of(db, siti.id)
        complaint_in(db, me)
        aspiration_in(db, me)

    await writes(bot, work)
    await searches(clerk, "1")
    assert sorted(listed(clerk)) == ["ASP-2026-0001", "DRN-2026-0001"]


async def test_a_search_that_is_left_is_let_go(bot: Bot, siti: Warga, clerk: Warga):
    """What is typed later is no search; the question can be left as every form."""
    await agrees(siti)
    await files(siti)
    await clerk.sends("/staf")
    shown = clerk.message["message_id"]
    await clerk.taps("desk.button.search")
    await clerk.taps_data(shown, buttons_at(clerk, shown)[bot.phrase("desk.button.group.open")])
    await clerk.sends("masjid")
    assert bot.phrase("desk.only_words", words="masjid") not in clerk.texts


def buttons_at(person: Warga, message_id: int) -> dict[str, str]:
    """Callback data of one message's buttons, by label."""
    message = next(m for m in person.person.from_bot if m["message_id"] == message_id)
    rows = message["reply_markup"]["inline_keyboard"]
    return {b["text"]: str(b.get("callback_data")) for row in rows for b in row}


def found(db: Connection, words: str = "", **more: Any) -> list[str]:
    """Numbers that a search finds in all piles."""
    rows = stored.at_desk(
        db, Pile(), types=TYPES, rts=None, wanted=Filter(words=words, **more), limit=10
    )
    count = stored.count_at_desk(
        db, Pile(), types=TYPES, rts=None, wanted=Filter(words=words, **more)
    )
    assert count == len(rows)
    return sorted(row.number for row in rows)


def test_a_search_takes_signs_as_they_are(db: Connection):
    """% and _ and the escape itself are letters like others, on both engines."""
    me = resident_of(db, 1)
    for words in ("100% penuh", "1000 penuh", "pintu_air", "pintuXair", "satu/dua", "a\\b"):
        complaint_in(db, me, description=words, landmark="x")
    assert found(db, "100%") == ["DRN-2026-0001"]
    assert found(db, "u_a") == ["DRN-2026-0003"]
    assert found(db, "satu/dua") == ["DRN-2026-0005"]
    assert found(db, "a\\b") == ["DRN-2026-0006"]
    assert found(db, "PENUH") == ["DRN-2026-0001", "DRN-2026-0002"]
    assert found(db, "drn-2026-0004") == ["DRN-2026-0004"]
    assert found(db, "'; DROP TABLE ticket") == []


def test_a_filter_knows_kind_and_hands(db: Connection):
    """On both engines; words of an aspiration's problem count as its words."""
    me = resident_of(db, 1)
    one = complaint_in(db, me, kind="smell")
    complaint_in(db, me)
    aspiration_in(db, me, problem="gelap gulita")
    stored.assign(db, one.id, seen=None, to=77)
    assert found(db, kind="smell") == found(db, assignee=77) == [one.number]
    assert found(db, kind="smell", assignee=78) == []
    assert found(db, "gulita") == ["ASP-2026-0001"]


# --- taking ---------------------------------------------------------------------------------


async def test_a_ticket_is_taken_shown_and_given_back(
    bot: Bot, siti: Warga, clerk: Warga, second: Warga
):
    """Colleagues see whose it is, on the card and in the list; the resident never does."""
    await agrees(siti)
    number = await files(siti)
    before = len(siti.texts)
    await clerk.taps("desk.button.open")
    await clerk.taps("desk.button.take")
    assert clerk.notice == bot.phrase("desk.taken", number=number)
    handled = bot.phrase("card.handled_by", name="Wati")
    assert handled in clerk.message["text"]
    assert handled in second.message["text"]
    await second.sends("/staf")
    assert "Wati" in second.sees
    await siti.sends(f"/laporan {number}")
    assert "Wati" not in str(siti.texts)
    assert len(siti.texts) == before + 1
    await clerk.taps("desk.button.release")
    assert handled not in clerk.message["text"]
    assert bot.rows(select(ticket.c.assignee_id)) == [(None,)]
    acts = [(row.act, row.subject) for row in bot.rows(select(audit).order_by(audit.c.id))]
    assert acts == [("ticket.take", number), ("ticket.release", number)]


async def test_of_two_who_take_at_once_the_second_learns_who_was_faster(
    bot: Bot, siti: Warga, clerk: Warga, second: Warga
):
    """One has it, the other is told the name, and sees it on the card."""
    await agrees(siti)
    await files(siti)
    await clerk.taps("desk.button.open")
    await second.taps("desk.button.open")
    await asyncio.gather(clerk.taps("desk.button.take"), second.taps("desk.button.take"))
    [(taker,)] = bot.rows(select(ticket.c.assignee_id))
    fast, slow = (clerk, second) if taker == clerk.id else (second, clerk)
    name = {clerk.id: "Wati", second.id: "Rahmat"}[fast.id]
    assert slow.notice == bot.phrase("desk.taken_by_other", name=name)
    assert bot.phrase("card.handled_by", name=name) in slow.message["text"]
    assert len(bot.rows(select(audit))) == 1


async def test_a_colleague_takes_over_and_the_first_hears_it(
    bot: Bot, siti: Warga, clerk: Warga, second: Warga
):
    """Somebody may be ill; a double tap says it once."""
    await agrees(siti)
    number = await files(siti)
    await clerk.taps("desk.button.open")
    await clerk.taps("desk.button.take")
    await searches(second, number)
    data = buttons_of(second)[bot.phrase("desk.button.take_over")]
    await second.taps("desk.button.take_over")
    await second.taps_data(second.message["message_id"], data)
    told = bot.phrase("desk.taken_over", number=number, name="Rahmat")
    assert clerk.texts.count(told) == 1
    await clerk.taps_data(clerk.message["message_id"], "desk:release:1")  # an old button
    assert clerk.notice == bot.phrase("desk.taken_by_other", name="Rahmat")
    assert bot.rows(select(ticket.c.assignee_id)) == [(second.id,)]


async def test_who_moves_a_free_ticket_handles_it_and_only_a_free_one(
    bot: Bot, siti: Warga, clerk: Warga, second: Warga
):
    """A colleague's move on it changes nothing of that."""
    await agrees(siti)
    number = await files(siti)
    await clerk.taps("desk.button.open")
    await clerk.taps(f"desk.button.move.{State.VERIFIED}")
    assert bot.rows(select(ticket.c.assignee_id)) == [(clerk.id,)]
    assert bot.phrase("card.handled_by", name="Wati") in clerk.message["text"]
    await searches(second, number)
    await second.taps(f"desk.button.move.{State.IN_PROGRESS}")
    assert bot.rows(select(ticket.c.assignee_id)) == [(clerk.id,)]


def test_taking_needs_the_permission_an_open_ticket_and_the_hands_one_saw(db: Connection):
    """Each missing one changes nothing; releasing what another has changes nothing."""
    row = complaint_in(db, resident_of(db, 1))
    now = row.created_at
    for role in (Role.RESIDENT, Role.RT_HEAD, Role.PLANNER, Role.BLOCKED):
        with pytest.raises(NotAllowed):
            assignments.take(db, Actor(5, role, None, ("03",)), row.id, seen=None, now=now)
        with pytest.raises(NotAllowed):
            assignments.release(db, Actor(5, role, None, ("03",)), row.id, now=now)
    assignments.take(db, STAFF, row.id, seen=None, now=now)
    for seen in (None, 5):
        with pytest.raises(Taken):
            assignments.take(db, OTHER, row.id, seen=seen, now=now)
    assignments.release(db, OTHER, row.id, now=now)
    assert tickets.get(db, row.id).assignee_id == 77
    tickets.move(db, row.id, version=0, state="selesai", now=now)
    with pytest.raises(NotOpen):
        assignments.take(db, OTHER, row.id, seen=77, now=now)


@pytest.mark.parametrize("new", [None, Role.PLANNER])
def test_who_loses_the_role_gives_all_back(db: Connection, new: Role | None):
    """Removed, or given a role that handles no tickets; another clerk keeps his."""
    now = datetime.now(UTC)
    roles.put(db, Grant(77, "staff", [], "Wati"), by=99, now=now)
    rows = [complaint_in(db, resident_of(db, 1)) for _ in range(2)]
    assignments.take(db, STAFF, rows[0].id, seen=None, now=now)
    assignments.take(db, OTHER, rows[1].id, seen=None, now=now)
    if new is None:
        invites.remove(db, ADMIN, 77, now)
    else:
        invites.change(db, ADMIN, 77, new, (), known_rts=("03",), now=now)
    assert stored.assigned_to(db, 77) == []
    assert stored.assigned_to(db, 78) == [rows[1].id]


# --- more about one ticket --------------------------------------------------------------------


async def test_the_whole_history_has_pages_and_names(bot: Bot, siti: Warga, clerk: Warga):
    """From the beginning, staff by name; and back to the ticket and its list."""

    def work(db: Connection) -> None:
        row = complaint_in(db, resident_of(db, siti.id, "Siti"))
        for n in range(9):
            tickets.add_event(
                db, row.id, "added", resident_id=1, now=row.created_at, text=f"kata {n}"
            )
        desk.move(
            db, STAFF, row.id, version=0, state="diverifikasi", reason=None, now=row.created_at
        )

    await writes(bot, work)
    await searches(clerk, "1")
    assert "kata 3" not in clerk.message["text"]
    await clerk.taps("desk.button.history")
    text = clerk.message["text"]
    assert text.startswith(bot.phrase("desk.history", number="DRN-2026-0001", page=1, count=2))
    assert "kata 0" in text
    assert "Wati" not in text
    await clerk.taps("desk.button.after")
    assert "kata 8" in clerk.message["text"]
    assert bot.phrase("desk.event_by", name="Wati").strip() in clerk.message["text"]
    await clerk.taps("desk.button.to_ticket", number="DRN-2026-0001")
    assert bot.phrase("desk.button.list") in clerk.message_buttons()


async def test_the_point_is_sent_as_a_place(bot: Bot, siti: Warga, clerk: Warga):
    """Only where there is one."""
    point = (-1.61, 103.61)
    rows = await writes(
        bot,
        lambda db: [complaint_in(db, resident_of(db, siti.id), point=p) for p in (point, None)],
    )
    await searches(clerk, rows[1].number)
    assert bot.phrase("desk.button.map") not in clerk.message_buttons()
    shown = clerk.message["message_id"]
    await clerk.taps_data(shown, f"desk:map:{rows[1].id}")
    assert clerk.notice == bot.phrase("desk.no_point")
    await searches(clerk, rows[0].number)
    await clerk.taps("desk.button.map")
    assert clerk.person.from_bot[-1]["location"] == {"latitude": -1.61, "longitude": 103.61}


async def test_similar_ones_are_listed_and_each_opens(bot: Bot, siti: Warga, clerk: Warga):
    """From a ticket, to a similar one, and back to the list one came from."""
    rows = await writes(
        bot,
        lambda db: [
            complaint_in(db, resident_of(db, siti.id), landmark=f"masjid {n}") for n in range(2)
        ],
    )
    await clerk.sends("/staf")
    await clerk.taps("desk.button.group.open")
    await clerk.taps(line(bot, rows[0].number))
    await clerk.taps("desk.button.similar")
    assert listed(clerk) == [rows[1].number]
    await clerk.taps(line(bot, rows[1].number))
    assert clerk.message["text"].startswith(rows[1].number)
    await clerk.taps("desk.button.list")
    assert bot.phrase("desk.group.open") in clerk.message["text"]


def test_like_is_near_or_reads_alike_and_is_open_or_of_late(db: Connection):
    """Kind, place, words, age, and what the actor may see; on both engines."""
    me, now = resident_of(db, 1), datetime.now(UTC)
    here, far = (-1.6, 103.6), (-1.7, 103.7)

    def one(**changes: Any) -> Any:
        return complaint_in(db, me, **{"rt": None, "point": here, **changes})

    mine = one()
    near, other_kind = one(), one(kind="smell")
    one(point=far)
    same_rt = [complaint_in(db, me, rt="03") for _ in range(2)]
    complaint_in(db, me, rt="05")
    closed, old, wish = one(), one(), aspiration_in(db, me, point=here)
    for row, at in ((closed, now - timedelta(days=100)), (old, now - timedelta(days=200))):
        done = update(ticket).where(ticket.c.id == row.id)
        db.execute(done.values(state="selesai", updated_at=at))

    def like(row: Any, actor: Actor = STAFF) -> list[int]:
        return [r.id for r in neighbours.like(db, actor, row, lambda text: text, now)]

    assert like(mine) == [near.id, closed.id]
    assert like(same_rt[0]) == [same_rt[1].id]
    assert like(other_kind) == like(wish) == []
    assert like(mine, Actor(5, Role.RT_HEAD, None, ("05",))) == []
    assert [r.id for r in neighbours.mergeable(db, STAFF, mine, str, now)] == [near.id]
    with pytest.raises(NotAllowed):
        like(mine, Actor(5, Role.RESIDENT))


# --- merging ----------------------------------------------------------------------------------


async def test_a_ticket_is_merged_by_a_button_and_people_hear_where_to(
    bot: Bot, siti: Warga, budi: Warga, clerk: Warga
):
    """Number and place stand on the button; it is shown once more before it is done."""
    await agrees(siti)
    await agrees(budi)
    first = await files(siti)
    second = await files(budi, words="parit mampet juga")
    if second == first:  # the form shows a similar one first
        await budi.taps("similar.button.different")
        second = bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0]
    await searches(clerk, second)
    await clerk.taps(f"desk.button.move.{State.MERGED}")
    [label] = [one for one in clerk.buttons if one.startswith(first)]
    assert "masjid" in clerk.sees
    await clerk.taps(label)
    assert bot.rows(select(ticket.c.state).distinct()) == [("diterima",)]
    assert first in clerk.message["text"]
    await clerk.taps("form.button.send")
    states = dict(bot.rows(select(ticket.c.number, ticket.c.state)))
    assert states == {first: "diterima", second: "digabung"}
    assert bot.rows(select(ticket_event.c.text).where(ticket_event.c.kind == "moved")) == [
        (first,)
    ]
    assert f"{first}" in budi.sees
    await budi.taps("report.button.open")
    assert budi.message["text"].startswith(first)


async def test_a_number_may_still_be_typed_when_similar_ones_are_offered(
    bot: Bot, siti: Warga, clerk: Warga
):
    """Another one than those on the buttons."""
    rows = await writes(
        bot,
        lambda db: [
            complaint_in(db, resident_of(db, siti.id), rt=rt, landmark=f"masjid {rt}")
            for rt in ("03", "03", "05")
        ],
    )
    siti.person.chat.started = True
    await searches(clerk, rows[0].number)
    await clerk.taps(f"desk.button.move.{State.MERGED}")
    assert any(one.startswith(rows[1].number) for one in clerk.buttons)
    await clerk.sends(rows[2].number.lower())
    await clerk.taps("form.button.send")
    assert bot.rows(select(ticket_event.c.text).where(ticket_event.c.kind == "moved")) == [
        (rows[2].number,)
    ]


async def test_an_old_merge_button_merges_nothing(
    bot: Bot, siti: Warga, clerk: Warga, second: Warga
):
    """A colleague moved the ticket meanwhile: said so, and shown as it is."""
    rows = await writes(
        bot, lambda db: [complaint_in(db, resident_of(db, siti.id)) for _ in range(2)]
    )
    siti.person.chat.started = True
    await searches(clerk, rows[0].number)
    await clerk.taps(f"desk.button.move.{State.MERGED}")
    offered = clerk.message["message_id"]
    data = f"desk:merge:{rows[0].id}:0:{rows[1].id}"
    assert data in buttons_of(clerk).values()
    await searches(second, rows[0].number)
    await second.taps(f"desk.button.move.{State.VERIFIED}")
    await clerk.taps_data(offered, data)
    assert clerk.notice == bot.phrase("desk.outdated")
    states = {row.state for row in bot.rows(select(ticket.c.state))}
    assert states == {"diverifikasi", "diterima"}
    assert states <= set(OPEN_STATES)


async def test_the_longest_card_fits_under_a_photo(bot: Bot, siti: Warga, clerk: Warga):
    """With everything that a complaint can hold, and the longest names."""
    await agrees(siti)
    await siti.sends_photo(picture(), "parit mampet")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.taps("form.button.send")

    def work(db: Connection) -> None:
        db.execute(update(resident).values(name="N" * 64, blocked=True))
        long = {"landmark": "x" * 1900, "description": "y" * 2000, "hide_name": True}
        db.execute(update(ticket).values(latitude=-1.612345, longitude=103.612345, **long))
        db.execute(update(complaint).values(depth="above", since="z" * 200))
        stored_ticket = db.execute(select(ticket.c.id)).scalar_one()
        tickets.set_hidden(db, stored_ticket, True)
        roles.put(db, Grant(clerk.id, "staff", [], "W" * 64), by=99, now=datetime.now(UTC))

    await writes(bot, work)
    await searches(clerk, "1")
    await clerk.taps("desk.button.take")
    [card] = [m["caption"] for m in clerk.person.from_bot if "caption" in m]
    assert bot.phrase("card.handled_by", name="") in card
    assert 1000 < utf16_length(card) <= 1024
