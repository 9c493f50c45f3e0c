"""BANTAR explained in the chat: people walk the menu, read, read on; what is kept of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from conftest import Bot, Warga, agrees, fills_in, resident_in, writes
from sqlalchemy import select

from config import Kelurahan
from content import kosakata, pages
from content.page_source import GROUPS
from content.pages import Page, Shelf
from handlers import topics as handler
from handlers.buttons import CALLBACK_BYTES
from handlers.table import world
from handlers.unit import Unit
from services import topics
from services.learning import Learned
from services.participation import Activity
from services.roles import PERMISSIONS, Actor, NotAllowed, Role
from storage.tables import draft, participation, resident

PAGES = pages.load(Kelurahan())
BANTAR = PAGES.by_slug["apa-itu-bantar"]
ZONE = ZoneInfo("Asia/Jakarta")


def shown(bot: Bot, page: Page, *, whole: bool = False) -> str:
    """A page as a person reads it."""
    part = page.whole if whole else page.first
    reviewed = bot.phrase(
        "topic.reviewed", when=format_date(page.reviewed, "d MMMM y", locale="id")
    )
    sources = bot.phrase("topic.sources", sources="; ".join(page.sources))
    return f"{page.title}\n\n{part.text}\n\n{bot.phrase('topic.ask')}\n\n{reviewed}\n{sources}"


async def opens(person: Warga, page: Page = BANTAR) -> None:
    """Walk from the menu to a page."""
    await person.sends("/bantar")
    await person.taps(f"topic.button.{page.group}")
    await person.taps(page.label)


def logged(bot: Bot) -> list[tuple[Any, ...]]:
    """What was read, by whom."""
    query = select(
        participation.c.activity, participation.c.stage, participation.c.reference,
        participation.c.rt, participation.c.person,
    ).order_by(participation.c.id)  # fmt: skip
    return [tuple(row) for row in bot.rows(query)]


# --- walking ----------------------------------------------------------------------------------


async def test_the_menu_leads_to_groups_topics_and_a_page(bot: Bot, siti: Warga):
    """In one message that changes; without any consent, and nothing is stored."""
    await siti.sends(bot.phrase("menu.topics"))
    assert siti.sees == bot.phrase("topic.menu")
    assert siti.buttons == [bot.phrase(f"topic.button.{group}") for group in GROUPS]
    await siti.taps("topic.button.umum")
    assert siti.sees == bot.phrase("topic.group.umum")
    back = bot.phrase("topic.button.all")
    assert siti.buttons == [*(page.label for page in PAGES.of("umum")), back]
    await siti.taps(BANTAR.label)
    assert siti.sees == shown(bot, BANTAR)
    related = [page.label for page in PAGES.related(BANTAR)]
    below = [bot.phrase("message.button.ask"), back]
    assert siti.buttons == [bot.phrase("topic.button.more"), *related, *below]
    await siti.taps("topic.button.more")
    assert siti.sees == shown(bot, BANTAR, whole=True)
    assert siti.buttons == [*related, *below]
    await siti.taps("topic.button.all")
    assert siti.sees == bot.phrase("topic.menu")
    assert len(siti.texts) == 1
    assert (bot.count(resident), bot.count(participation), bot.count(draft)) == (0, 0, 0)


async def test_the_command_does_the_same(bot: Bot, siti: Warga):
    """/bantar, and a new message each time."""
    await siti.sends("/bantar")
    await siti.sends("/bantar")
    assert siti.texts == [bot.phrase("topic.menu")] * 2


@pytest.mark.parametrize("page", PAGES.by_slug.values(), ids=lambda page: page.slug)
async def test_every_page_can_be_reached_and_read(bot: Bot, siti: Warga, page: Page):
    """Telegram takes each with all its entities."""
    await opens(siti, page)
    assert siti.sees == shown(bot, page)
    await siti.taps("topic.button.more")
    assert siti.sees == shown(bot, page, whole=True)
    message = siti.message
    assert "parse_mode" not in message
    kinds = [entity["type"] for entity in message["entities"]]
    assert kinds.count("bold") == 1 + sum(e["type"] == "bold" for e in page.whole.entities)
    text = message["text"].encode("utf-16-le")
    cut = {
        entity["type"]: text[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])]
        for entity in reversed(message["entities"])
    }
    assert cut["bold"].decode("utf-16-le") == page.title
    quoted = cut[handler.FOLDED].decode("utf-16-le")
    assert quoted == message["text"][-len(quoted) :]
    assert page.sources[-1] in quoted


async def test_related_pages_are_a_tap_away(bot: Bot, siti: Warga):
    """From one page to the next, still in the same message."""
    await opens(siti)
    other = PAGES.related(BANTAR)[0]
    await siti.taps(other.label)
    assert siti.sees == shown(bot, other)
    assert len(siti.texts) == 1


async def test_reading_does_not_disturb_an_open_form(bot: Bot, siti: Warga):
    """The report is offered again; the page is shown all the same."""
    await agrees(siti)
    await fills_in(siti)
    await siti.sends("/bantar")
    assert siti.texts[-2:] == [bot.phrase("topic.menu"), bot.phrase("form.resume_question")]
    await siti.taps("topic.button.umum")
    await siti.taps("form.button.resume")
    assert bot.phrase("complaint.summary") in siti.sees


# --- forged and old buttons -------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    ["topic:open:hilang", "topic:open:", "topic:open", "topic:more:../../config", "topic:more:a:b",
     "topic:group:indah", "topic:open:APA-ITU-BANTAR", "topic:openapa-itu-bantar", "topic:", "topic"],
)  # fmt: skip
async def test_forged_and_old_buttons_get_a_kind_notice(bot: Bot, siti: Warga, data: str):
    """Nothing is shown or kept of a page that does not exist."""
    await agrees(siti)
    await siti.sends("/bantar")
    before = siti.texts
    await siti.taps_data(siti.message["message_id"], data)
    assert siti.notice == bot.phrase("form.old_button")
    assert siti.texts == before
    assert logged(bot) == []


# --- what is kept -----------------------------------------------------------------------------


async def test_a_topic_counts_once_a_day_for_who_consented(bot: Bot, siti: Warga, budi: Warga):
    """Reading on and reading again add nothing; another topic and another person do."""
    await agrees(siti, rt="03")
    await agrees(budi, rt="05")
    await opens(siti)
    await siti.taps("topic.button.more")
    await opens(siti)
    await opens(siti, PAGES.by_slug["sampah"])
    await opens(budi)
    rows = logged(bot)
    assert [row[:4] for row in rows] == [
        ("topic_read", "understanding", "apa-itu-bantar", "03"),
        ("topic_read", "understanding", "sampah", "03"),
        ("topic_read", "understanding", "apa-itu-bantar", "05"),
    ]
    assert len({row[4] for row in rows}) == 2


async def test_looking_at_the_menu_is_not_reading(bot: Bot, siti: Warga):
    """Only a page counts."""
    await agrees(siti)
    await siti.sends("/bantar")
    await siti.taps("topic.button.umum")
    assert logged(bot) == []


def readings(db: Any) -> int:
    """How many rows the log has."""
    return len(db.execute(select(participation.c.id)).all())


def test_the_day_is_the_kelurahans(db: Any):
    """16.59 and 17.00 UTC are two days in Jambi; 17.00 and 16.59 of the next are one."""
    actor = resident_in(db, 4001)
    evening = datetime(2026, 11, 23, 16, 59, tzinfo=UTC)
    for moment, count in (
        (evening, 1),
        (evening + timedelta(minutes=1), 2),
        (evening + timedelta(hours=23), 2),
        (evening + timedelta(days=1, minutes=1), 3),
        (evening - timedelta(days=1), 4),  # the machine's clock was set back
    ):
        topics.read(db, actor, "sampah", ZONE, moment)
        assert readings(db) == count


def test_another_act_of_the_same_name_does_not_count_as_reading(db: Any):
    """The log is asked for the activity, the person and the topic."""
    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    siti, budi = resident_in(db, 4001), resident_in(db, 4002)
    topics.log(db, siti.resident, Activity.COMPLAINT_FILED, "sampah", now)
    for actor, slug in ((siti, "sampah"), (budi, "sampah"), (siti, "aman"), (siti, "sampah")):
        topics.read(db, actor, slug, ZONE, now)
    assert readings(db) == 4


def test_of_others_nothing_is_kept(db: Any, monkeypatch: pytest.MonkeyPatch):
    """Without consent there is no row, without permission an error."""
    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    topics.read(db, Actor(4003, Role.RESIDENT), "sampah", ZONE, now)
    assert readings(db) == 0
    monkeypatch.setitem(PERMISSIONS, Role.RESIDENT, frozenset())
    with pytest.raises(NotAllowed):
        topics.read(db, resident_in(db, 4001), "sampah", ZONE, now)


# --- links ------------------------------------------------------------------------------------


async def test_a_link_opens_a_page(bot: Bot, siti: Warga):
    """As a new message; of an unknown page nothing is shown, and the caller is told."""
    await siti.sends("/bantar")
    before = siti.texts
    shared = world(
        bot.settings, bot.phrases, kosakata.load(), Shelf(PAGES), Learned(Path()), "bot"
    )

    def follow(slug: str) -> Any:
        def work(db: Any) -> bool:
            actor = Actor(siti.id, Role.RESIDENT)
            unit = Unit(db, shared, datetime.now(UTC), siti.id, actor, "Siti", None)
            return handler.open_from_link(unit, slug)

        return writes(bot, work)

    assert await follow("hilang") is False
    assert await follow("sampah") is True
    await bot.until(lambda: len(siti.texts) > len(before))
    assert siti.texts == [*before, shown(bot, PAGES.by_slug["sampah"])]


def test_names_of_pages_fit_links_and_buttons():
    """64 bytes each, in a link only letters, digits, _ and -."""
    for slug in PAGES.by_slug:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", f"topik_{slug}")
        assert len(f"topic:more:{slug}") <= CALLBACK_BYTES
