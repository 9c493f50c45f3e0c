"""First contact and the way around: greeting, consent, home, menu, help, groups, the profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Bot, Warga, agrees, settings_for
from sqlalchemy import select

from handlers.routes import Trigger
from handlers.table import ROUTES
from services.roles import PERMISSIONS, Role
from storage.tables import draft, resident, setting
from storage.tables import inbox as inbox_table


def greeting(bot: Bot) -> str:
    """What /start says first."""
    return bot.phrase("start.greeting", kelurahan="Beringin", kecamatan="Pasar Jambi")


def consent(bot: Bot) -> str:
    """The consent question."""
    return bot.phrase("consent.question", kelurahan="Beringin")


def homes(bot: Bot) -> list[tuple[Any, ...]]:
    """Where residents live."""
    return [tuple(row) for row in bot.rows(select(resident.c.rt, resident.c.home))]


async def test_start_greets_and_asks_for_consent(bot: Bot, siti: Warga):
    """Three lines, the menu as keyboard, then one question; nothing is stored yet."""
    await siti.sends("/start")
    assert siti.texts == [greeting(bot), consent(bot)]
    assert siti.person.keyboard == [
        [bot.phrase("menu.topics"), bot.phrase("menu.message")],
        [bot.phrase("menu.complaint"), bot.phrase("menu.aspiration")],
        [bot.phrase("menu.schedule"), bot.phrase("menu.proposals")],
        [bot.phrase("menu.reports"), bot.phrase("menu.help")],
        [bot.phrase("menu.location")],
    ]
    assert bot.count(resident) == 0


@pytest.mark.parametrize(
    ("button", "values", "stored", "home"),
    [
        ("form.choice.rt", {"number": "05"}, ("05", "rt"), "rt"),
        ("home.button.outside", {}, (None, "outside"), "outside"),
        ("home.button.unknown", {}, (None, "unknown"), "unknown"),
    ],
)
async def test_after_consent_the_home_is_asked(
    bot: Bot, siti: Warga, button: str, values: dict[str, str], stored: tuple[Any, ...], home: str
):
    """An RT, another place, or unknown: each is fine."""
    await siti.sends("/start")
    await siti.taps("consent.button.yes")
    assert bot.phrase("consent.thanks") in siti.texts
    assert siti.sees == bot.phrase("home.question")
    await siti.taps(button, **values)
    assert siti.sees == bot.phrase(f"home.thanks.{home}", rt="05")
    assert homes(bot) == [stored]
    assert bot.rows(select(resident.c.name, resident.c.telegram_id)) == [("Siti", siti.id)]


async def test_no_is_no(bot: Bot, siti: Warga):
    """Nothing about the person is stored; asking again later is fine."""
    await siti.sends("/start")
    await siti.taps("consent.button.no")
    assert siti.sees == bot.phrase("consent.declined")
    assert bot.count(resident) == 0
    await siti.sends("/start")
    assert siti.sees == consent(bot)


async def test_an_old_consent_question_changes_nothing(bot: Bot, siti: Warga):
    """Agreed once: an older question, yes or no, neither adds nor claims that nothing is kept."""
    await siti.sends("/start")
    old = siti.person.from_bot[-1]["message_id"]
    await agrees(siti)
    await siti.taps_data(old, "consent:no")
    assert siti.notice == bot.phrase("form.old_button")
    assert bot.phrase("consent.declined") not in siti.texts
    await siti.taps_data(old, "consent:yes")
    assert homes(bot) == [("03", "rt")]


async def test_who_is_known_is_only_greeted(bot: Bot, siti: Warga):
    """No question is asked twice."""
    await agrees(siti)
    before = len(siti.texts)
    await siti.sends("/start")
    assert siti.texts[before:] == [greeting(bot)]


@pytest.mark.parametrize(
    ("payload", "rt"), [("rt05", "05"), ("rt5", "05"), ("rt99", None), ("xyz", None), ("rt", None)]
)
async def test_a_link_may_carry_the_rt(bot: Bot, siti: Warga, payload: str, rt: str | None):
    """From the sticker of an RT; junk is an ordinary start."""
    await siti.sends(f"/start {payload}")
    assert siti.texts == [greeting(bot), consent(bot)]
    await siti.taps("consent.button.yes")
    if rt is None:
        assert siti.sees == bot.phrase("home.question")
    else:
        assert siti.sees == bot.phrase("home.thanks.rt", rt=rt)
    assert homes(bot) == [(rt, "rt" if rt else "unasked")]


async def test_a_link_changes_the_rt_of_who_moved(bot: Bot, siti: Warga):
    """A known resident with the link of another RT."""
    await agrees(siti, rt="03")
    await siti.sends("/start rt05")
    assert siti.sees == bot.phrase("home.thanks.rt", rt="05")
    assert homes(bot) == [("05", "rt")]


async def test_a_link_may_open_the_complaint_form(bot: Bot, siti: Warga):
    """Greeting and first question, without any consent before."""
    await siti.sends("/start lapor")
    assert siti.texts[0] == greeting(bot)
    assert siti.sees.startswith(bot.phrase("complaint.kind.question"))
    assert len(siti.texts) == 2


async def test_the_menu_and_its_labels(bot: Bot, siti: Warga):
    """/menu shows the keyboard; its labels do what the commands do."""
    await siti.sends("/menu")
    assert siti.sees == bot.phrase("start.menu")
    await siti.sends(bot.phrase("menu.help"))
    assert siti.sees.startswith(bot.phrase("help.text", kelurahan="Beringin"))
    await siti.sends(bot.phrase("menu.reports"))
    assert siti.sees == bot.phrase("report.none")
    await siti.sends(bot.phrase("menu.complaint"))
    assert siti.sees.startswith(bot.phrase("complaint.kind.question"))


async def test_help_without_office_facts_says_whom_to_ask(bot: Bot, siti: Warga):
    """No local fact is made up."""
    await siti.sends("/bantuan")
    text = bot.phrase("help.text", kelurahan="Beringin")
    assert siti.sees == f"{text}\n{bot.phrase('help.office_unknown')}"


async def test_help_shows_the_office_facts_that_are_given(bot: Bot, siti: Warga, tmp_path: Path):
    """Only those."""
    await bot.stop()
    bot.settings = settings_for(
        tmp_path,
        bot.simulator.url,
        kelurahan={"name": "Legok", "hours": "Senin–Jumat <08.00>", "phone": "0741"},
    )
    await bot.start()
    await siti.sends("/bantuan")
    facts = [
        bot.phrase("help.text", kelurahan="Legok"),
        bot.phrase("help.hours", value="@").replace("@", "Senin–Jumat <08.00>"),
        bot.phrase("help.phone", value="0741"),
    ]
    assert siti.sees == "\n".join(facts)


async def test_words_that_nobody_understands_get_a_kind_sentence(bot: Bot, siti: Warga):
    """Text, and an unknown command."""
    await siti.sends("resep rendang")
    assert siti.sees == bot.phrase("fallback.text")
    await siti.sends("/apaini")
    assert siti.sees == bot.phrase("fallback.command")


async def test_who_blocks_the_bot_is_noted_and_comes_back(bot: Bot, siti: Warga, budi: Warga):
    """Known or not; nothing is sent meanwhile, and nothing breaks."""
    await agrees(siti)
    await budi.sends("/menu")
    for person in (siti, budi):
        await person._then(person.person.blocks())
    assert bot.rows(select(resident.c.inactive)) == [("blocked",)]
    await siti._then(siti.person.unblocks())
    assert bot.rows(select(resident.c.inactive)) == [(None,)]
    assert bot.rows(select(inbox_table.c.id).where(inbox_table.c.state != "done")) == []


async def test_a_forged_tap_in_a_group_shows_nothing_private(bot: Bot, siti: Warga):
    """The bot has no buttons there: the tap is answered, and nothing else is said."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.sends("1")
    group = bot.simulator.group(-500, "RT 03", [siti.person])
    [form] = bot.rows(select(draft.c.id, draft.c.version))
    for data in (f"form:{form.id}:{form.version}:resume", "report:page:0", "topic:group"):
        await siti._then(siti.person.taps_raw(1, data, chat=group))
        assert siti.notice == bot.phrase("group.tap")
    assert group.from_bot == []
    assert siti.person.unanswered == []


async def test_menus_and_descriptions_are_set_when_they_change(
    bot: Bot, siti: Warga, tmp_path: Path
):
    """Once; not again at the next start; again for another kelurahan."""
    profile, asked = bot.simulator.world.profile, bot.simulator.stats.requests
    await bot.until(lambda: bot.count(setting) == 1)
    names = [command["command"] for command in siti.person.commands()]
    commands = [route for route in ROUTES if route.trigger is Trigger.COMMAND]
    assert set(names) == {r.name for r in commands if r.needs in PERMISSIONS[Role.RESIDENT]}
    assert "staf" not in names
    assert all(bot.phrase(f"command.{name}") for name in names)
    said = bot.phrase("profile.description", kelurahan="Beringin", kota="Jambi")
    assert said in profile.descriptions.values()
    assert asked["setMyCommands"] == 2

    await bot.stop()
    await bot.start()
    await siti.sends("/menu")
    assert (asked["setMyCommands"], asked["setMyDescription"]) == (2, 1)

    await bot.stop()
    bot.settings = settings_for(tmp_path, bot.simulator.url, kelurahan={"name": "Legok"})
    await bot.start()
    await bot.until(lambda: asked["setMyShortDescription"] == 2)
    said = bot.phrase("profile.description", kelurahan="Legok", kota="Jambi")
    assert said in profile.descriptions.values()


async def test_an_admin_is_a_resident_too(bot: Bot, admin: Warga):
    """The administrator meets the same first question."""
    assert admin.texts == [greeting(bot), consent(bot)]


@pytest.mark.parametrize(
    ("typed", "home"),
    [("rt 3", ("03", "rt")), ("5", ("05", "rt")), ("RT05", ("05", "rt")),
     ("tidak tahu", (None, "unknown"))],
)  # fmt: skip
async def test_the_rt_may_be_typed(bot: Bot, siti: Warga, typed: str, home: tuple[Any, ...]):
    """At the question that is open, with or without the letters."""
    await siti.sends("/start")
    await siti.taps("consent.button.yes")
    await siti.sends(typed)
    assert homes(bot) == [home]


async def test_a_wrong_rt_is_named_and_can_be_put_right(bot: Bot, siti: Warga):
    """An RT that is not there, and later a tap on the wrong one."""
    await siti.sends("/start")
    await siti.taps("consent.button.yes")
    await siti.sends("rt 33")
    assert bot.phrase("home.no_such_rt", known="03, 05") in siti.texts
    await siti.taps("form.choice.rt", number="05")
    await siti.taps("home.button.change")
    await siti.taps("form.choice.rt", number="03")
    assert homes(bot) == [("03", "rt")]
