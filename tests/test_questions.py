"""Questions that the bot could not answer: counted without the person, settled by staff."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Bot, Warga, agrees, becomes, writes
from sqlalchemy import Connection, func, select

from config import Kelurahan
from content import pages
from handlers import questions as handler
from services import questions
from services.questions import MAX_WORDS, Settled, clean
from services.roles import CONSENT_VERSION, Actor, NotAllowed, Role
from storage import questions as stored
from storage.residents import Resident
from storage.tables import audit, page_question, question

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CLERK = Actor(77, Role.STAFF)


def warga(number: int = 0) -> Actor:
    """A resident who agreed; another number is somebody else."""
    me = Resident(
        number,
        number,
        "Siti",
        "03",
        "rt",
        f"p{number}",
        CONSENT_VERSION,
        None,
        False,
        True,
        True,
        True,
        True,
    )
    return Actor(number, Role.RESIDENT, me)


PAGE = pages.load(Kelurahan()).by_slug["sampah"]


def asked(db: Connection, *words: str, now: datetime = NOW) -> None:
    """The bot could not answer these, one after the other; each of somebody else."""
    for number, some in enumerate(words):
        questions.unanswered(db, warga(number), some, now + timedelta(seconds=number))


def rows(db: Connection) -> list[tuple[str, int]]:
    """All questions in their order of arrival: words, how often."""
    query = select(question.c.words, question.c.asked).order_by(question.c.id)
    return [tuple(row) for row in db.execute(query)]


def ids(db: Connection) -> list[int]:
    """Ids of what waits, in the order of the list."""
    return [row.id for row in stored.waiting(db, limit=100)]


# --- counting, on both engines ----------------------------------------------------------------


def test_the_same_question_is_counted_however_it_is_typed(db: Connection):
    """As first typed; small and large letters, signs and drawn-out letters do not matter."""
    asked(db, "Kapan POSYANDU buka?", "kapan posyandu buka", "kapaaaan  posyandu, buka??", "lain")
    assert rows(db) == [("Kapan POSYANDU buka?", 3), ("lain", 1)]
    first = db.execute(select(question)).first()
    assert first is not None
    assert (first.first_at, first.last_at) == (NOW, NOW + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hubungi 081234567890 ya", "hubungi … ya"),
        ("hubungi +62 812-3456-7890 ya", "hubungi … ya"),
        ("nik saya 1571.0123.4567.0001", "nik saya …"),
        ("nomor (0741) 12345", "nomor (…"),
        ("lihat https://t.me/siti_jambi?x=1 sekarang", "lihat … sekarang"),
        ("tg://user?id=301 siapa", "… siapa"),
        ("lihat www.contoh.co.id dan contoh.com/siti", "lihat … dan …"),
        ("tanya @siti_jambi, boleh?", "tanya … boleh?"),
        ("surat siti@contoh.co.id masuk?", "surat … masuk?"),
        ("rt 05 no 1234 jam 7-9", "rt 05 no 1234 jam 7-9"),
        ("apa itu\n\n  bantar  ", "apa itu bantar"),
        ("sampah.kapan diambil", "sampah.kapan diambil"),
    ],
)
def test_what_may_lead_to_a_person_is_not_kept(typed: str, kept: str):
    """Numbers of five digits and more, also in groups; links, @names, addresses."""
    assert clean(typed) == kept


def test_long_words_are_cut_after_they_were_cleaned(db: Connection):
    """No half of a number is left at the edge; nothing personal stands in any column."""
    typed = "x" * 194 + " 0812345 siti@contoh.id " + "y" * 5000
    asked(db, typed, typed)
    [(words, count)] = rows(db)
    assert count == 2
    assert len(words) <= MAX_WORDS
    whole = repr(db.execute(select(question)).all())
    assert not any(part in whole for part in ("0812", "siti", "contoh"))


@pytest.mark.parametrize("typed", ["", "  ", "081234567890", "@siti", "?!", "😀"])
def test_words_of_which_nothing_is_left_are_not_kept(db: Connection, typed: str):
    """Nobody could answer them."""
    asked(db, typed)
    assert rows(db) == []
    questions.forget(db, warga(), typed)


def test_looking_for_persons_is_quick():
    """Also in a page-long word."""
    begun = time.process_time()
    for word in ("x", "a.", "1 ", "a@", "a:", "a-", "1"):
        clean(word * 10_000)
    assert time.process_time() - begun < 5  # without a limit "a." alone takes half a minute


def test_one_asking_is_taken_back(db: Connection):
    """By the same words, typed another way; the last one takes the row with it."""
    asked(db, "Kapan posyandu buka?", "kapan posyandu buka", "lain")
    for _ in range(3):  # he takes back his own, and only once
        questions.forget(db, warga(0), "KAPAN posyandu buka!")
        assert rows(db) == [("Kapan posyandu buka?", 1), ("lain", 1)]
    questions.forget(db, warga(1), "kapan posyandu buka")
    assert rows(db) == [("lain", 1)]


def test_of_too_many_the_least_asked_and_oldest_go(
    db: Connection, monkeypatch: pytest.MonkeyPatch
):
    """The new one always has its place."""
    monkeypatch.setattr(stored, "MAX_ROWS", 3)
    asked(db, "satu", "satu", "dua", "tiga", "empat")
    assert rows(db) == [("satu", 2), ("tiga", 1), ("empat", 1)]
    asked(db, "tiga", "empat", now=NOW + timedelta(hours=1))
    asked(db, "lima", now=NOW + timedelta(hours=2))
    assert rows(db) == [("tiga", 2), ("empat", 2), ("lima", 1)]


def test_the_limit_is_the_promised_one():
    """At most 5,000 rows."""
    assert stored.MAX_ROWS == 5_000


def test_nothing_of_the_person_has_a_column():
    """Words, counts, days, page: that is all."""
    assert set(question.c.keys()) == {
        "id", "normal", "words", "asked", "first_at", "last_at", "topic", "settled_at",
    }  # fmt: skip


# --- settling, on both engines ----------------------------------------------------------------


def test_a_question_becomes_one_of_a_page_and_back(db: Connection):
    """The understanding finds it there; off the list, and on it again when staff take it back."""
    asked(db, "kapan truk datang?", "kapan truk datang?", "lain")
    first = ids(db)[0]
    questions.give_to_page(db, CLERK, first, "sampah", NOW)
    assert stored.of_pages(db) == [("sampah", "kapan truk datang?")]
    assert len(ids(db)) == 1
    asked(db, "kapan truk datang?")
    assert len(ids(db)) == 1
    with pytest.raises(Settled):
        questions.give_to_page(db, CLERK, first, "drainase", NOW)
    [row] = stored.given(db, limit=9)
    assert (row.topic, row.by, row.at) == ("sampah", 77, NOW)
    questions.take_from_page(db, CLERK, row.id, NOW)
    assert stored.of_pages(db) == []
    assert ids(db)[0] == first
    with pytest.raises(Settled):
        questions.take_from_page(db, CLERK, row.id, NOW)
    acts = db.execute(select(audit.c.act, audit.c.subject, audit.c.detail).order_by(audit.c.id))
    assert [tuple(act) for act in acts] == [
        ("question.assign", f"question {first}", "sampah"),
        ("question.remove", f"page question {row.id}", "sampah"),
    ]


def test_a_question_of_a_page_outlives_its_counting(db: Connection):
    """Forgotten by residents, it stays what staff made of it; asked and given anew, it moves."""
    asked(db, "kapan truk datang?")
    questions.give_to_page(db, CLERK, ids(db)[0], "sampah", NOW)
    questions.forget(db, warga(0), "kapan truk datang?")
    assert rows(db) == []
    assert stored.of_pages(db) == [("sampah", "kapan truk datang?")]
    asked(db, "Kapan truk datang")
    questions.give_to_page(db, CLERK, ids(db)[0], "drainase", NOW)
    assert stored.of_pages(db) == [("drainase", "Kapan truk datang")]


def test_what_is_none_of_ours_stays_away_until_it_is_put_back(db: Connection):
    """Also when it is asked again; an act for each, none for what changes nothing."""
    asked(db, "nomor togel?")
    number = ids(db)[0]
    questions.dismiss(db, CLERK, number, NOW)
    asked(db, "nomor togel?")
    assert ids(db) == []
    with pytest.raises(Settled):
        questions.dismiss(db, CLERK, number, NOW)
    questions.restore(db, CLERK, number, NOW)
    questions.restore(db, CLERK, number, NOW)
    assert ids(db) == [number]
    acts = db.scalars(select(audit.c.act).order_by(audit.c.id)).all()
    assert acts == ["question.dismiss", "question.restore"]


def test_a_question_that_a_page_has_is_not_put_back(db: Connection):
    """It would be answered and waiting at once."""
    asked(db, "kapan truk datang?")
    number = ids(db)[0]
    questions.give_to_page(db, CLERK, number, "sampah", NOW)
    for unknown in (number, 10**9):
        with pytest.raises(Settled):
            questions.restore(db, CLERK, unknown, NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.STAFF, Role.ADMIN)])
def test_only_who_handles_tickets_settles(db: Connection, role: Role):
    """Everybody else changes nothing."""
    asked(db, "kapan truk datang?", "lain")
    first, second = ids(db)
    questions.give_to_page(db, CLERK, second, "sampah", NOW)
    other, given = Actor(5, role), stored.given(db, limit=1)[0].id
    for act in (
        lambda: questions.give_to_page(db, other, first, "sampah", NOW),
        lambda: questions.dismiss(db, other, first, NOW),
        lambda: questions.restore(db, other, first, NOW),
        lambda: questions.take_from_page(db, other, given, NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert (ids(db), len(stored.of_pages(db))) == ([first], 1)


# --- in the chat ------------------------------------------------------------------------------


async def have_been_asked(bot: Bot, *words: str) -> None:
    """The bot could not answer these."""
    await writes(bot, lambda db: asked(db, *words))


def listed(bot: Bot, *lines: tuple[str, int], count: int | None = None) -> str:
    """The list as staff see it."""
    head = bot.phrase("question.list", count=count or len(lines))
    shown = [
        bot.phrase("question.line", number=number, words=words, count=asked)
        for number, (words, asked) in enumerate(lines, start=1)
    ]
    return "\n\n".join([head, *shown])


def audited(bot: Bot) -> list[Any]:
    """What staff did."""
    return [row[0] for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]


async def test_staff_read_the_most_asked_first_and_give_one_to_a_page(bot: Bot, clerk: Warga):
    """From the desk: the list, the question, group, page; then the page has it."""
    await have_been_asked(bot, "ktp hilang", "kapan <truk> & gerobak?", "kapan <truk> & gerobak?")
    await clerk.sends(bot.phrase("menu.desk"))
    await clerk.taps("desk.button.questions")
    words = "kapan <truk> & gerobak?"
    assert clerk.sees == listed(bot, (words, 2), ("ktp hilang", 1))
    await clerk.taps("question.button.number", number=1)
    day = bot.rows(select(question.c.first_at))[0].first_at
    assert words in clerk.sees
    assert str(day.astimezone(bot.settings.kelurahan.zone).year) in clerk.sees
    await clerk.taps("question.button.to_page")
    await clerk.taps(f"topic.button.{PAGE.group}")
    assert clerk.sees == bot.phrase("question.which_page", words=words)
    await clerk.taps(PAGE.label)
    assert clerk.sees == bot.phrase("question.assigned", words=words, topic=PAGE.title)
    given = bot.rows(select(page_question.c.topic, page_question.c.words, page_question.c.by))
    assert given == [(PAGE.slug, words, 77)]
    await clerk.taps("desk.button.list")
    assert clerk.sees == listed(bot, ("ktp hilang", 1))
    assert len(clerk.texts) == 2 + 1  # greeting and consent; then one message that changes
    assert audited(bot) == ["question.assign"]


async def test_what_staff_gave_can_be_seen_and_taken_back(bot: Bot, clerk: Warga):
    """A list with ❌; the question waits again."""
    await have_been_asked(bot, "kapan truk datang")
    await writes(bot, lambda db: questions.give_to_page(db, CLERK, ids(db)[0], PAGE.slug, NOW))
    await clerk.sends("/pertanyaan")
    assert clerk.sees == bot.phrase("question.none")
    await clerk.taps("question.button.given")
    line = bot.phrase("question.given_line", number=1, words="kapan truk datang", topic=PAGE.title)
    assert clerk.sees == f"{bot.phrase('question.given', count=1)}\n\n{line}"
    await clerk.taps("question.button.remove", number=1)
    assert clerk.notice == bot.phrase("question.removed")
    assert clerk.sees == bot.phrase("question.none_given")
    await clerk.taps("desk.button.list")
    assert clerk.sees == listed(bot, ("kapan truk datang", 1))
    assert audited(bot) == ["question.assign", "question.remove"]


async def test_what_is_not_ours_is_put_aside_and_back(bot: Bot, clerk: Warga):
    """One tap, and one that undoes it."""
    await have_been_asked(bot, "nomor togel")
    await clerk.sends("/pertanyaan")
    await clerk.taps("question.button.number", number=1)
    await clerk.taps("question.button.dismiss")
    assert clerk.sees == bot.phrase("question.dismissed", words="nomor togel")
    assert bot.rows(select(question.c.settled_at))[0].settled_at is not None
    await clerk.taps("question.button.restore")
    assert clerk.sees.startswith("“nomor togel”")
    await clerk.taps("desk.button.list")
    assert clerk.sees == listed(bot, ("nomor togel", 1))
    assert audited(bot) == ["question.dismiss", "question.restore"]


async def test_a_long_list_has_pages(bot: Bot, clerk: Warga):
    """Six in one message, numbered on; the same for what pages have."""
    words = [f"tanya {'abcdefgh'[n]}" for n in range(8)]
    await have_been_asked(bot, *words)
    await clerk.sends("/pertanyaan")
    newest_first = [(some, 1) for some in reversed(words)]
    assert clerk.sees == listed(bot, *newest_first[: handler.PAGE], count=8)
    await clerk.taps("desk.button.after")
    assert bot.phrase("question.line", number=7, words="tanya b", count=1) in clerk.sees
    await clerk.taps("question.button.number", number=8)
    assert clerk.sees.startswith("“tanya a”")
    await clerk.taps("desk.button.list")

    def give_all(db: Connection) -> None:
        for number in ids(db):
            questions.give_to_page(db, CLERK, number, "gone-page", NOW)

    await writes(bot, give_all)
    await clerk.taps("question.button.given")
    await clerk.taps("desk.button.after")
    assert "tanya" in clerk.sees
    assert "gone-page" in clerk.sees
    await clerk.taps("desk.button.before")
    assert bot.phrase("question.button.remove", number=1) in clerk.buttons


async def test_two_clerks_settle_a_question_once(bot: Bot, admin: Warga, clerk: Warga):
    """Who is slower is told, and sees the list; rubbish in a button changes nothing."""
    await have_been_asked(bot, "kapan truk datang")
    for person in (clerk, admin):
        await person.sends("/pertanyaan")
        await person.taps("question.button.number", number=1)
    await clerk.taps("question.button.dismiss")
    await admin.taps("question.button.to_page")
    assert admin.notice == bot.phrase("question.settled")
    assert admin.sees == bot.phrase("question.none")
    last, number = admin.message["message_id"], bot.rows(select(question.c.id))[0].id
    for data in (
        f"question:assign:{number}:{PAGE.slug}", "question:assign:x", "question:open:" + "9" * 20,
        "question:pages", "question:remove:7", "question:restore:7", "question:given:x",
    ):  # fmt: skip
        await admin.taps_data(last, data)
    assert bot.count(page_question) == 0
    await writes(bot, lambda db: stored.settle(db, number, topic=None, now=None))
    await admin.taps_data(last, f"question:assign:{number}:no-page")
    assert admin.notice == bot.phrase("form.old_button")
    assert audited(bot) == ["question.dismiss"]


@pytest.mark.parametrize("role", [None, Role.RT_HEAD, Role.PLANNER])
async def test_nobody_else_reads_questions(bot: Bot, admin: Warga, siti: Warga, role: Role | None):
    """Neither by the command nor by a forged button."""
    await agrees(siti)
    if role is not None:
        await becomes(siti, role, *(["03"] if role is Role.RT_HEAD else []))
    await have_been_asked(bot, "kapan truk datang")
    await siti.sends("/pertanyaan")
    assert siti.sees == bot.phrase("role.not_allowed")
    number = bot.rows(select(question.c.id))[0].id
    for act in ("list", f"open:{number}", f"dismiss:{number}", "given", "remove:1"):
        await siti.taps_data(siti.message["message_id"], f"question:{act}")
        assert siti.notice == bot.phrase("role.not_allowed")
    assert not any("truk" in text for text in siti.texts)
    settled = select(func.count()).select_from(question).where(question.c.settled_at.is_not(None))
    assert bot.rows(settled)[0][0] == 0
