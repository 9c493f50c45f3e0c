"""What residents bring besides their hands: offered by kind, seen by organisers, ticked as given."""

from __future__ import annotations

import json
from datetime import UTC, timedelta

from calendar_rig import (
    MANY_MESSAGES,
    START,
    SUNDAY,
    Clock,
    bot_at_clock,
    clock_at,
    leads,
    lives_here,
    opens,
    planned,
    ticks,
)
from conftest import Bot, Warga
from sqlalchemy import select

from services.contributions import GIVEN, KINDS, OFFERED
from services.participation import Stage
from storage.tables import audit, contribution, draft, participation, resident, rsvp

clock = clock_at(START)
bot = bot_at_clock(limits=MANY_MESSAGES)


def name_of(bot: Bot, kind: str) -> str:
    return bot.phrase(f"aspiration.contributions.choice.{kind}")


async def offers(person: Warga, *kinds: str, words: str | None = None) -> None:
    """Choose kinds in the form that is open, say what exactly or skip it, and send."""
    for kind in kinds:
        await person.taps(name_of(person.bot, kind))
    await person.taps("form.button.continue")
    if words is None:
        await person.taps("form.button.skip")
    else:
        await person.sends(words)
    await person.taps("form.button.send")


async def helps(person: Warga, *kinds: str, words: str | None = None) -> None:
    """ "Bantu cara lain" under the schedule, and the form behind it."""
    await person.sends("/jadwal")
    await person.taps("gotong_royong.button.help")
    await offers(person, *kinds, words=words)


def me(bot: Bot, person: Warga) -> int:
    return int(bot.rows(select(resident.c.id).where(resident.c.telegram_id == person.id))[0][0])


def kept(bot: Bot) -> list[tuple[str, str | None, bool, bool]]:
    """Kinds with words, offered?, given?"""
    c = contribution.c
    rows = bot.rows(select(contribution).order_by(c.resident_id, c.kind))
    return [(r.kind, r.words, r.offered_at is not None, r.given_at is not None) for r in rows]


def logged(bot: Bot) -> list[tuple[str, str]]:
    """What the participation log holds of what was brought: stage and activity."""
    c = participation.c
    its = c.activity.like("%_offered") | c.activity.like("%_given")
    rows = bot.rows(select(c.stage, c.activity).where(its, c.activity != "verdict_given"))
    return sorted(tuple(row) for row in rows)


async def test_helping_otherwise_asks_what_and_keeps_it(bot: Bot, clock: Clock):
    """Several kinds and a few words: one intention a kind, beside the answer itself."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await helps(siti, "tools", "food", words="gerobak 1")
    assert bot.rows(select(rsvp.c.answer)) == [("help",)]
    assert kept(bot) == [("food", "gerobak 1", True, False), ("tools", "gerobak 1", True, False)]
    assert logged(bot) == [("planning", "food_offered"), ("planning", "tools_offered")]
    references = bot.rows(select(participation.c.reference).distinct())
    assert references == [(f"GR-{number}",)]
    said = f"{name_of(bot, 'tools')}, {name_of(bot, 'food')}"
    assert siti.message["text"] == bot.phrase(
        "contribution.kept", title="Bersih parit", kinds=said
    )
    assert bot.count(draft) == 0


async def test_kinds_can_be_typed_and_left_for_later(bot: Bot, clock: Clock):
    """ "alat, konsumsi" in words; without an answer to the form the person still helps."""
    siti, _ = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.help")
    assert bot.rows(select(rsvp.c.answer)) == [("help",)]
    assert bot.count(contribution) == 0
    await siti.sends("alat, konsumsi")
    await siti.taps("form.button.continue")
    await siti.sends("lewati")
    await siti.sends("kirim")
    assert [kind for kind, *_ in kept(bot)] == ["food", "tools"]


async def test_who_comes_may_bring_something_and_change_it(bot: Bot, clock: Clock):
    """The form begins with what was said; what is taken out is out of the log as well."""
    siti, _ = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.come")
    await siti.taps("contribution.button.mine")
    await offers(siti, "tools", "place", words="sekop 2")
    await siti.taps("contribution.button.mine")
    assert "sekop 2" in siti.sees
    await siti.taps("contribution.kinds.button.edit")
    await siti.taps("form.choice.chosen", label=name_of(bot, "place"))
    await siti.taps(name_of(bot, "ideas"))
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    assert kept(bot) == [("ideas", "sekop 2", True, False), ("tools", "sekop 2", True, False)]
    assert logged(bot) == [("planning", "ideas_offered"), ("planning", "tools_offered")]
    assert bot.rows(select(rsvp.c.answer)) == [("come",)]


async def test_who_cannot_after_all_takes_it_back(bot: Bot, clock: Clock):
    """What he offered goes with the answer, and so does the question that is still open."""
    siti, _ = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await helps(siti, "tools")
    await siti.taps("contribution.button.mine")
    await siti.taps("gotong_royong.button.cannot")
    assert (kept(bot), logged(bot), bot.count(draft)) == ([], [], 0)


async def test_residents_see_counts_and_organisers_names(bot: Bot, clock: Clock, admin: Warga):
    """ "Alat: 2 warga" for everybody; who brings what, in whose words, for organisers."""
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 302, "Tono", "03")
    number = await planned(bot)
    await helps(siti, "tools", words="gerobak <1>")
    await helps(tono, "tools", "food")
    budi = await lives_here(bot, 303, "Budi", "03")
    await budi.sends("/jadwal")
    counted = [
        bot.phrase("gotong_royong.brought_kind", kind=name_of(bot, kind), count=count)
        for kind, count in (("tools", 2), ("food", 1))
    ]
    assert bot.phrase("gotong_royong.brought", kinds=", ".join(counted)) in budi.sees
    assert not any(name in "".join(budi.texts) for name in ("Siti", "Tono", "gerobak"))
    await opens(admin, number)
    assert "Siti" not in admin.message["text"]
    await admin.taps("contribution.button.list")
    lines = admin.message["text"].split("\n")
    tools, food = name_of(bot, "tools"), name_of(bot, "food")
    assert (
        bot.phrase(
            "contribution.line_words", name="Siti", kinds=tools, words="gerobak <1>"
        ).replace("&lt;", "<")
        in admin.message["text"]
    )
    assert bot.phrase("contribution.line", name="Tono", kinds=f"{tools}, {food}") in lines
    assert bot.phrase("contribution.button.other") not in admin.message_buttons()  # not yet


async def test_what_is_given_is_a_deed_of_its_own(bot: Bot, clock: Clock, admin: Warga):
    """Ticked by an organiser, once, from the start on; coming alone gives nothing."""
    siti, number = await lives_here(bot, 301, "Siti", "03"), await planned(bot)
    await helps(siti, "tools", "labour")
    give = f"activity:give:{number}:{me(bot, siti)}:tools"
    await opens(admin, number)
    await admin.taps_data(admin.message["message_id"], f"{give}:yes")
    assert admin.notice == bot.phrase("form.old_button")  # not before the start
    clock.to(SUNDAY + timedelta(hours=1))
    await opens(admin, number)
    await admin.taps_data(
        admin.message["message_id"], f"activity:tick:{number}:{me(bot, siti)}:yes:0"
    )
    assert {stage for stage, _ in logged(bot)} == {"planning"}
    await opens(admin, number)
    await admin.taps("contribution.button.list")
    await admin.taps("contribution.button.person", label="Siti")
    await admin.taps("activity.button.person", label=name_of(bot, "tools"))
    await admin.taps_data(admin.message["message_id"], f"{give}:yes")  # a double tap
    assert logged(bot) == [
        ("implementation", "tools_given"),
        ("planning", "labour_offered"), ("planning", "tools_offered"),
    ]  # fmt: skip
    acts = [row.act for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]
    assert acts[-1] == "gotong_royong.given"
    await admin.taps("contribution.button.list")
    given = bot.phrase("form.choice.chosen", label=name_of(bot, "tools"))
    assert given in admin.message["text"]
    await admin.taps_data(admin.message["message_id"], f"{give}:no")
    assert kept(bot) == [("labour", None, True, False), ("tools", None, True, False)]
    assert {stage for stage, _ in logged(bot)} == {"planning"}


async def test_an_organiser_adds_what_nobody_announced(bot: Bot, clock: Clock, admin: Warga):
    """Tono said nothing and brought coffee: a deed without an intention; untick removes it."""
    tono, number = await lives_here(bot, 302, "Tono", "03"), await planned(bot)
    clock.to(SUNDAY + timedelta(hours=1))
    await opens(admin, number)
    await admin.taps("contribution.button.list")
    assert admin.message["text"] == bot.phrase("contribution.none", title="Bersih parit")
    await admin.taps("contribution.button.other")
    await admin.taps("contribution.button.person", label="Tono")
    await admin.taps("activity.button.person", label=name_of(bot, "food"))
    assert kept(bot) == [("food", None, False, True)]
    assert logged(bot) == [("implementation", "food_given")]
    await tono.taps_data(1, f"contribution:mine:{number}")  # it has begun: nothing to announce
    assert tono.notice == bot.phrase("form.old_button")
    await admin.taps("form.choice.chosen", label=name_of(bot, "food"))
    assert (kept(bot), logged(bot)) == ([], [])


async def test_an_rt_head_sees_and_ticks_his_residents_only(bot: Bot, clock: Clock):
    """At an event of all, those of the other RT are neither on his list nor his to tick."""
    head, number = await leads(bot, 700, "05"), await planned(bot, rts=None)
    siti, tono = await lives_here(bot, 301, "Siti", "03"), await lives_here(bot, 501, "Tono", "05")
    for person in (siti, tono):
        await helps(person, "tools", words=f"sekop {person.person.human.name}")
    clock.to(SUNDAY + timedelta(hours=1))
    await opens(head, number)
    await head.taps("contribution.button.list")
    assert "Tono" in head.message["text"]
    assert "Siti" not in head.message["text"]
    at = head.message["message_id"]
    await head.taps_data(at, f"activity:giver:{number}:{me(bot, siti)}")
    await head.taps_data(at, f"activity:give:{number}:{me(bot, siti)}:tools:yes")
    for rubbish in ("money:yes", ":yes", "tools", "tools:x"):
        await head.taps_data(at, f"activity:give:{number}:{me(bot, tono)}:{rubbish}")
    assert all(not given for *_, given in kept(bot))
    assert "Siti" not in json.dumps(head.person.from_bot)


async def test_a_form_that_is_sent_too_late_says_so(bot: Bot, clock: Clock):
    """Opened before the start, sent after it: nothing is kept as an intention any more."""
    siti, soon = await lives_here(bot, 301, "Siti", "03"), START + timedelta(days=1)
    await planned(bot, starts_at=soon.astimezone(UTC))
    await siti.sends("/jadwal")
    await siti.taps("gotong_royong.button.help")
    clock.to(soon)
    await offers(siti, "tools")
    assert siti.message["text"] == bot.phrase("contribution.too_late")
    assert kept(bot) == []


async def test_a_newcomer_answers_first_and_says_what_later(bot: Bot, clock: Clock):
    """After his consent one question comes, the RT; the button for the rest is there."""
    await planned(bot, rts=None)
    await ticks(bot)
    eko = bot.person(801, "Eko")
    await eko.sends("/jadwal")
    await eko.taps("gotong_royong.button.help")
    await eko.taps("consent.button.yes")
    assert bot.rows(select(rsvp.c.answer)) == [("help",)]
    await eko.taps("form.choice.rt", number="03")
    await eko.taps("contribution.button.mine")
    await offers(eko, "ideas")
    assert [kind for kind, *_ in kept(bot)] == ["ideas"]


async def test_many_helpers_come_in_pages(bot: Bot, clock: Clock, admin: Warga):
    """Nine people: eight on the first page, a way to the ninth and back."""
    number = await planned(bot)
    for n in range(9):
        person = await lives_here(bot, 301 + n, f"Warga {n}", "03")
        await helps(person, "labour")
    await opens(admin, number)
    await admin.taps("contribution.button.list")
    assert "Warga 8" not in admin.message["text"]
    await admin.taps("activity.button.after")
    assert "Warga 8" in admin.message["text"]
    await admin.taps("activity.button.before")
    assert "Warga 0" in admin.message["text"]


def test_every_kind_has_an_intention_and_a_deed():
    """At their stages, under names of their own; money is no kind."""
    assert set(KINDS) == {"labour", "tools", "material", "food", "ideas", "place"}
    assert {one.value[1] for one in OFFERED.values()} == {Stage.PLANNING}
    assert {one.value[1] for one in GIVEN.values()} == {Stage.IMPLEMENTATION}
    assert [one.value[0] for one in OFFERED.values()] == [f"{kind}_offered" for kind in KINDS]
