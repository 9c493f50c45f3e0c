"""The aspirations of the kelurahan: read by everybody, supported once, and no name in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    aspiration_in,
    becomes,
    picture,
    proposes,
    resident_in,
    writes,
)
from sqlalchemy import Connection, select

from services import aspirations as rules
from services import desk, tickets
from services.aspirations import UNLISTED, UNSEEN, OwnAspiration
from services.roles import OPERATOR, Actor, NotAllowed, Role
from services.tickets import NotOpen, State
from storage import aspirations, residents, ticket_files
from storage import tickets as stored
from storage.aspirations import View
from storage.tables import (
    aspiration,
    audit,
    participation,
    resident,
    ticket,
    ticket_event,
    ticket_follower,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)


async def seeded(bot: Bot, **changes: Any) -> Any:
    """An aspiration that Tono, who never appears, sent before."""
    return await writes(bot, lambda db: aspiration_in(db, resident_in(db, 777), **changes))


def texts(person: Warga) -> str:
    """Everything that a person was told."""
    return "\n".join(person.texts)


# --- browsing -------------------------------------------------------------------------------


async def test_anybody_browses_without_consent_and_nothing_is_kept(bot: Bot, siti: Warga):
    """By command, by menu, by link; words, place, details, supporters and state, and no name."""
    await seeded(
        bot, description="mohon <lampu> & tiang", problem="gelap", households=20, pillar="aman"
    )
    for way in ("/usulan", bot.phrase("menu.proposals"), "/start usulan"):
        await siti.sends(way)
        assert "mohon <lampu> & tiang" in siti.sees
    await siti.taps("proposal.button.open", n=1)
    shown = siti.message["text"]
    for words in ("mohon <lampu> & tiang", "RT 03, depan musala", "gelap", "20", "Aman"):
        assert words in shown
    assert bot.phrase("proposal.supporters", count=0) in shown
    assert bot.phrase("aspiration.state.diterima") in shown
    assert "Tono" not in texts(siti)
    assert siti.person.id not in [row[0] for row in bot.rows(select(resident.c.telegram_id))]


async def test_without_any_the_list_says_how_to_begin(bot: Bot, siti: Warga):
    """No empty list."""
    await siti.sends("/usulan")
    assert siti.sees.startswith(bot.phrase("proposal.none", rt="", pillar="", sort="")[:20])


async def test_it_is_narrowed_by_rt_and_pillar_and_sorted(bot: Bot, siti: Warga, budi: Warga):
    """The way back from one leads to the same list; "Tampilkan semua" opens everything again."""
    await seeded(bot, description="pos ronda baru", rt="05", pillar="aman")
    loved = await seeded(bot, description="taman baca anak", rt="03", pillar="pintar")
    await seeded(bot, description="tempat sampah umum", rt="03")
    await agrees(budi)
    await writes(bot, lambda db: rules.support(db, resident_in(db, budi.id), loved.id, NOW))

    def order() -> list[str]:
        shown = siti.message["text"]
        words = ("pos ronda baru", "taman baca anak", "tempat sampah umum")
        return sorted((w for w in words if w in shown), key=shown.index)

    await siti.sends("/usulan")
    assert order() == ["tempat sampah umum", "taman baca anak", "pos ronda baru"]
    await siti.taps("proposal.button.sort.top")
    assert order() == ["taman baca anak", "tempat sampah umum", "pos ronda baru"]
    await siti.taps("desk.button.rt")
    await siti.taps("form.choice.rt", number="03")
    assert order() == ["taman baca anak", "tempat sampah umum"]
    await siti.taps("proposal.button.pillar.other")  # what nobody sorted
    assert order() == ["tempat sampah umum"]
    await siti.taps("proposal.button.open", n=1)
    await siti.taps("proposal.button.list")
    assert order() == ["tempat sampah umum"]
    await siti.taps("proposal.button.pillar.bersih")
    assert order() == []
    await siti.taps("proposal.button.all")
    assert order() == ["taman baca anak", "tempat sampah umum", "pos ronda baru"]


async def test_long_lists_are_turned(bot: Bot, siti: Warga):
    """Five at a time, numbered on; a page that does not exist is no error."""
    for number in range(7):
        await seeded(bot, description=f"usulan nomor {number}")
    await siti.sends("/usulan")
    assert "usulan nomor 6" in siti.sees
    assert "usulan nomor 1" not in siti.sees
    await siti.taps("desk.button.after")
    assert "usulan nomor 1" in siti.message["text"]
    await siti.taps("proposal.button.open", n=7)
    assert "usulan nomor 0" in siti.message["text"]
    message = siti.message["message_id"]
    for forged in ("new:x:x:99", "new:x:x:-1", "new:x:99:0", "old:x:x:0", "", "new:x"):
        await siti.taps_data(message, f"proposal:list:{forged}")
    assert bot.phrase("form.old_button") == siti.notice


async def test_photos_are_those_of_the_author(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """What is added later, and every voice, is for staff."""
    await agrees(siti)
    await siti.sends("/aspirasi")
    await siti.sends_voice()
    await siti.sends_location(-1.6, 103.6)
    await siti.sends_photo(picture())
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.add")
    await siti.sends("rumah saya yang biru")
    await siti.sends_photo(picture(90))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    await agrees(budi)
    await budi.sends("/usulan")
    assert bot.phrase("proposal.spoken") in budi.sees
    await budi.taps("proposal.button.open", n=1)
    await budi.taps("proposal.button.support")
    for way in ("proposal.button.photos", f"report:photos:{number}"):
        if way in bot.phrases:
            await budi.taps(way)
        else:
            await budi.taps_data(budi.person.from_bot[-1]["message_id"], way)
    got = [m for m in budi.person.from_bot if "photo" in m or "voice" in m]
    assert len(got) == 1
    assert "photo" in got[0]
    assert "rumah saya yang biru" not in texts(budi)


async def test_a_supporter_sees_no_more_in_his_list(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """Kiriman saya leads to what everybody sees, where the support can be taken back."""
    await agrees(siti)
    number = await proposes(siti)
    await writes(
        bot,
        lambda db: tickets.add_to(
            db, resident_in(db, siti.id), number, words="rumah saya yang biru", voices=(),
            photos=(), now=NOW,
        ),
    )  # fmt: skip
    await agrees(budi)
    await budi.sends("/usulan")
    await budi.taps("proposal.button.open", n=1)
    await budi.taps("proposal.button.support")
    await budi.sends(f"/laporan {number}")
    assert bot.phrase("proposal.supported") in budi.sees
    assert "rumah saya yang biru" not in texts(budi)
    await budi.taps("proposal.button.unsupport")
    await budi.sends(f"/laporan {number}")
    assert budi.sees == bot.phrase("report.not_yours", number=number)


def test_what_is_listed(db: Connection):
    """Not what was hidden, withdrawn, merged, left by its author, or sent before it was public."""
    me = resident_in(db, 1)
    rows = {name: aspiration_in(db, me) for name in ("open", "gone", "merged", "hidden", "old")}
    rows["erased"] = aspiration_in(db, me)
    tickets.withdraw(db, me, rows["gone"].number, NOW)
    stored.move(db, rows["merged"].id, version=0, state=State.MERGED, now=NOW)
    desk.hide(db, OPERATOR, rows["hidden"].id, hidden=True, now=NOW)
    db.execute(aspiration.delete().where(aspiration.c.ticket_id == rows["old"].id))
    db.execute(ticket.update().where(ticket.c.id == rows["erased"].id).values(reporter_id=None))
    for view in (View(UNLISTED), View(UNLISTED, rt="03"), View(UNLISTED, most_supported=True)):
        found = aspirations.browse(db, view, limit=9, offset=0)
        assert [row.id for row in found] == [rows["open"].id]
        assert aspirations.count(db, view) == 1
    seen = {name for name, row in rows.items() if aspirations.shown(db, row.id, UNSEEN)}
    assert seen == {"open", "merged"}  # who supported what was merged can read what became of it
    assert aspirations.count(db, View(UNLISTED, rt="05")) == 0


def test_pages_and_orders_on_both_engines(db: Connection):
    """The newest first, or the most supported and then the newest."""
    me = resident_in(db, 1)
    ids = [aspiration_in(db, me, pillar="bersih" if n % 2 else None).id for n in range(4)]
    for person, wish in ((2, ids[0]), (3, ids[0]), (2, ids[1])):
        rules.support(db, resident_in(db, person), wish, NOW)

    def listed(offset: int = 0, **view: Any) -> list[tuple[int, int]]:
        found = aspirations.browse(db, View(UNLISTED, **view), limit=3, offset=offset)
        return [(row.id, row.supporters) for row in found]

    assert listed() == [(ids[3], 0), (ids[2], 0), (ids[1], 1)]
    assert listed(3) == [(ids[0], 2)]
    assert listed(most_supported=True) == [(ids[0], 2), (ids[1], 1), (ids[3], 0)]
    assert listed(pillar="bersih") == [(ids[3], 0), (ids[1], 1)]
    assert listed(pillar="other") == [(ids[2], 0), (ids[0], 2)]


# --- supporting -----------------------------------------------------------------------------


async def test_support_is_counted_once_and_can_be_taken_back(bot: Bot, admin: Warga, siti: Warga):
    """A double tap counts once; taken back it leaves no act in the log, given again just one."""
    await agrees(siti)
    row = await seeded(bot)
    await siti.sends("/usulan")
    await siti.taps("proposal.button.open", n=1)
    message, data = siti.message["message_id"], f"proposal:support:{row.id}:new:x:x:0"
    for _ in range(2):
        await siti.taps_data(message, data)
    assert siti.notice == bot.phrase("proposal.thanks")
    assert bot.phrase("proposal.supporters", count=1) in siti.message["text"]
    assert bot.count(ticket_follower) == 1

    def acts() -> list[Any]:
        query = select(participation.c.stage, participation.c.activity, participation.c.reference)
        return bot.rows(query.where(participation.c.activity == "aspiration_supported"))

    assert acts() == [("planning", "aspiration_supported", row.number)]
    await siti.taps("proposal.button.unsupport")
    await siti.taps_data(message, f"proposal:unsupport:{row.id}:new:x:x:0")
    assert bot.phrase("proposal.supporters", count=0) in siti.message["text"]
    assert (bot.count(ticket_follower), acts()) == (0, [])
    await siti.taps("proposal.button.support")
    assert (bot.count(ticket_follower), len(acts())) == (1, 1)


async def test_consent_is_asked_before_support_is_kept(bot: Bot, siti: Warga):
    """After it the support goes on by itself."""
    await seeded(bot)
    await siti.sends("/usulan")
    await siti.taps("proposal.button.open", n=1)
    await siti.taps("proposal.button.support")
    assert siti.sees == bot.phrase("consent.question", kelurahan="Beringin")
    assert (bot.count(ticket_follower), bot.count(resident)) == (0, 1)
    await siti.taps("consent.button.yes")
    assert (bot.count(ticket_follower), bot.count(resident)) == (1, 2)
    assert siti.sees == bot.phrase("home.question")


async def test_nobody_supports_his_own(bot: Bot, admin: Warga, siti: Warga):
    """No button for it, and a forged one is refused."""
    await agrees(siti)
    await proposes(siti)
    await siti.sends("/usulan")
    await siti.taps("proposal.button.open", n=1)
    assert bot.phrase("proposal.own") in siti.message["text"]
    assert bot.phrase("proposal.button.support") not in siti.message_buttons()
    wish = bot.rows(select(ticket.c.id))[0][0]
    await siti.taps_data(siti.message["message_id"], f"proposal:support:{wish}:new:x:x:0")
    assert siti.notice == bot.phrase("proposal.is_own")
    assert bot.count(ticket_follower) == 0


async def test_a_blocked_person_only_reads(bot: Bot, siti: Warga):
    """The list and each one, without the button; a forged tap is refused."""
    await agrees(siti)
    row = await seeded(bot)
    me = bot.rows(select(resident.c.id).where(resident.c.telegram_id == siti.id))[0][0]
    await writes(bot, lambda db: residents.set_blocked(db, me, True))
    await siti.sends("/usulan")
    await siti.taps("proposal.button.open", n=1)
    assert "mohon lampu jalan" in siti.message["text"]
    assert bot.phrase("proposal.button.support") not in siti.message_buttons()
    for act in ("support", "unsupport", "agree"):
        await siti.taps_data(siti.message["message_id"], f"proposal:{act}:{row.id}:new:x:x:0")
        assert siti.notice == bot.phrase("role.blocked")
    assert bot.count(ticket_follower) == 0


async def test_staff_hide_it_here_as_well(bot: Bot, admin: Warga, siti: Warga):
    """From the list, from an old button, and from support; shown again it is back."""
    await agrees(siti)
    row = await seeded(bot)
    await siti.sends("/usulan")
    clerk = bot.person(700, "Wati")
    await becomes(clerk, Role.STAFF)
    await clerk.sends("/staf")
    await clerk.taps("report.button.line", number=row.number, state="menunggu")
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.hide")
    await siti.taps("proposal.button.open", n=1)
    assert siti.message["text"] == bot.phrase("proposal.gone")
    await siti.taps_data(siti.message["message_id"], f"proposal:support:{row.id}:new:x:x:0")
    assert siti.notice == bot.phrase("proposal.not_open")
    await siti.sends("/usulan")
    assert "mohon lampu" not in siti.sees
    assert bot.count(ticket_follower) == 0
    await clerk.taps("desk.button.moderate")
    await clerk.taps("desk.button.show")
    await siti.sends("/usulan")
    assert "mohon lampu" in siti.sees
    assert bot.count(audit) == 2


async def test_supporters_hear_of_every_change(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Of staff's moves, and of changes by the author; the desk shows how many there are."""
    await agrees(siti)
    number = await proposes(siti)
    await agrees(budi)
    await budi.sends("/usulan")
    await budi.taps("proposal.button.open", n=1)
    await budi.taps("proposal.button.support")
    await siti.sends(f"/laporan {number}")
    await siti.taps("aspiration.button.edit")
    await siti.taps("aspiration.description.button.edit")
    await siti.sends("mohon dua lampu jalan")
    await siti.taps("form.button.send")
    assert budi.sees == bot.phrase("proposal.changed", number=number)
    await budi.taps("report.button.open")
    assert "mohon dua lampu jalan" in budi.message["text"]
    await admin.taps("desk.button.open")
    assert bot.phrase("proposal.supporters", count=1) in admin.message["text"]
    await admin.taps("aspiration.button.move.diverifikasi")
    title = f"{bot.phrase('ticket.type.aspiration')}, RT 03, depan musala"
    moved = bot.phrase("proposal.moved.diverifikasi", number=number, title=title, reason="")
    assert budi.sees == moved
    assert "Budi" not in texts(siti)


def test_what_can_be_supported(db: Connection):
    """Open, shown aspirations of others; a complaint is joined and not supported."""
    me, other = resident_in(db, 1), resident_in(db, 2)
    wish = aspiration_in(db, me)
    with pytest.raises(OwnAspiration):
        rules.support(db, me, wish.id, NOW)
    stored.move(db, wish.id, version=0, state=State.ARCHIVED, now=NOW)
    for unknown in (wish.id, 10**12, 0):
        with pytest.raises(NotOpen):
            rules.support(db, other, unknown, NOW)
    with pytest.raises(NotOpen):
        rules.stop_supporting(db, other, 10**12)
    with pytest.raises(NotAllowed):
        rules.support(db, Actor(2, Role.BLOCKED, other.resident), wish.id, NOW)
    with pytest.raises(NotAllowed):
        rules.stop_supporting(db, Actor(2, Role.BLOCKED, other.resident), wish.id)


def test_support_of_what_is_closed_can_still_be_taken_back(db: Connection):
    """Nobody has to be told of something for ever."""
    wish, other = aspiration_in(db, resident_in(db, 1)), resident_in(db, 2)
    rules.support(db, other, wish.id, NOW)
    stored.move(db, wish.id, version=0, state=State.DONE, now=NOW)
    rules.stop_supporting(db, other, wish.id)
    assert stored.followers(db, wish.id) == []


def test_merging_brings_the_supporters_along(db: Connection):
    """Two aspirations become one: who proposed and who supported the one support the other."""
    kept = aspiration_in(db, resident_in(db, 1))
    merged = aspiration_in(db, resident_in(db, 2))
    for person in (3, 4):
        rules.support(db, resident_in(db, person), merged.id, NOW)
    rules.support(db, resident_in(db, 3), kept.id, NOW)
    desk.move(db, OPERATOR, merged.id, version=0, state=State.MERGED, reason=kept.number, now=NOW)
    [row] = aspirations.browse(db, View(UNLISTED), limit=9, offset=0)
    assert (row.id, row.supporters) == (kept.id, 3)


def test_files_of_the_author_are_told_from_those_of_others(db: Connection):
    """Those that came with the aspiration, or with its change."""
    me = resident_in(db, 1)
    wish = aspiration_in(db, me, photos=("first",), voices=("spoken",))
    tickets.add_to(db, me, wish.number, words="x", voices=(), photos=("later",), now=NOW)
    own = [(m.kind, m.file_id) for m in aspirations.own_media(db, wish.id)]
    assert own == [("photo", "first"), ("voice", "spoken")]
    assert len(ticket_files.media(db, wish.id, "photo")) == 2
    assert [m.file_id for m in aspirations.own_media(db, wish.id, "photo")] == ["first"]
    assert [e.kind for e in db.execute(select(ticket_event))] == ["filed", "added"]
