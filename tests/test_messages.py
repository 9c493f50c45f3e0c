"""Messages to staff: asked, answered, asked again; between the sender and staff alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import (
    Bot,
    Warga,
    agrees,
    becomes,
    complaint_in,
    fills_in,
    picture,
    resident_in,
)
from sqlalchemy import Connection, select

from config import Kelurahan
from content import pages, phrases
from content.page_source import MAX_SLUG
from services import desk, exports, messages, tickets
from services.desk import NoReason
from services.messages import StaffMessage
from services.roles import OPERATOR, Actor, NotAllowed, Role
from services.tickets import NotOpen, NotYours, State
from storage.tables import audit, draft, message, participation, ticket, ticket_media

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CLERK = Actor(77, Role.STAFF)
PAGE = pages.load(Kelurahan()).by_slug["sampah"]
PHRASES = phrases.load()
QUESTION = "apakah <sampah> diambil hari Minggu & libur?"


@pytest.fixture
async def rt_head(bot: Bot, admin: Warga) -> Warga:
    """The head of RT 03, where Siti lives."""
    person = bot.person(33, "Pak RT")
    await person.sends("/start")
    await becomes(person, Role.RT_HEAD, "03")
    return person


async def asks(person: Warga, words: str = QUESTION) -> str:
    """Send a message in words and give its number."""
    await person.sends("/petugas")
    await person.sends(words)
    await person.taps("form.button.skip")
    await person.taps("form.button.send")
    return newest(person.bot).number


def newest(bot: Bot) -> Any:
    """The newest ticket."""
    return bot.rows(select(ticket).order_by(ticket.c.id.desc()))[0]


def short(bot: Bot, number: str, state: str = "diterima") -> str:
    """A ticket's button in a list."""
    return f"{number} {bot.phrase(f'short.state.{state}')}"


async def opens(clerk: Warga, number: str) -> None:
    """Open a ticket by the button of its newest card."""
    row = clerk.bot.rows(select(ticket.c.id).where(ticket.c.number == number))[0]
    await clerk.taps_data(clerk.person.from_bot[-1]["message_id"], f"desk:open:{row.id}")


async def carries(clerk: Warga, number: str, to: State, words: str) -> None:
    """Open a message and answer, forward or close it."""
    await opens(clerk, number)
    await clerk.taps(f"message.button.move.{to}")
    await clerk.sends(words)
    if to is State.FORWARDED:  # no number there, no sentence
        await clerk.taps("form.button.skip")
        await clerk.taps("form.button.skip")
    await clerk.taps("form.button.send")


def moved(bot: Bot, number: str, to: State, words: str) -> str:
    """What the sender hears."""
    title = bot.phrase("ticket.type.message")
    return bot.phrase(f"message.moved.{to}", number=number, title=title, reason=words)


# --- asking ---------------------------------------------------------------------------------


async def test_a_question_is_sent_in_two_steps(bot: Bot, admin: Warga, siti: Warga):
    """Words, no photo, Kirim: a number, a card for staff, a row in the log; no place is asked."""
    await agrees(siti)
    await siti.sends("/petugas")
    assert siti.sees.startswith(bot.phrase("message.words.question", about=""))
    await siti.sends(QUESTION)
    assert siti.sees.startswith(bot.phrase("message.photos.question"))
    await siti.taps("form.button.skip")
    assert siti.sees.startswith(bot.phrase("message.summary"))
    await siti.taps("form.button.send")
    row = newest(bot)
    assert row.number.startswith("PSN-2")
    assert siti.message["text"] == bot.phrase("message.filed", number=row.number)
    assert (row.type, row.state, row.rt, row.landmark) == ("message", "diterima", "03", None)
    assert admin.sees.startswith(f"{row.number}: {bot.phrase('ticket.type.message')}\nRT 03\n")
    assert QUESTION in admin.sees
    assert bot.phrase("card.reporter.sender", name="Siti") in admin.sees
    logged = bot.rows(select(participation.c.stage, participation.c.activity))
    assert logged == [("understanding", "message_sent")]
    assert bot.rows(select(message.c.ticket_id, message.c.topic)) == [(row.id, None)]


async def test_a_spoken_question_with_a_photo(bot: Bot, admin: Warga, siti: Warga):
    """A voice note is enough; staff get it and the photo."""
    await agrees(siti)
    await siti.sends("/petugas")
    await siti.sends_voice()
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    row = newest(bot)
    assert row.description is None
    kinds = [r.kind for r in bot.rows(select(ticket_media).order_by(ticket_media.c.id))]
    assert kinds == ["photo", "voice"]
    assert "voice" in admin.message
    await admin.taps("desk.button.open")
    await admin.taps("report.button.photos")
    assert ["photo" in m or "voice" in m for m in admin.person.from_bot[-2:]] == [True, True]


async def test_menu_link_help_and_words_open_the_form(bot: Bot, admin: Warga, siti: Warga):
    """The main menu, /start petugas, the button under /bantuan; each step by words too."""
    await agrees(siti)
    question = bot.phrase("message.words.question", about="")
    for way in (bot.phrase("menu.message"), "/start petugas"):
        await siti.sends(way)
        assert siti.sees.startswith(question)
    await siti.sends("/bantuan")
    await siti.taps("message.button.ask")
    assert siti.sees.startswith(question)
    for words in ("kapan posyandu buka", "lewati", "kirim"):
        await siti.sends(words)
    assert newest(bot).description == "kapan posyandu buka"


async def test_a_page_leads_to_staff_who_see_which_it_was(
    bot: Bot, admin: Warga, clerk: Warga, siti: Warga
):
    """Under every page; the form names it, the page stays, the card carries it."""
    await agrees(siti)
    await siti.sends(f"/start topik_{PAGE.slug}")
    assert bot.phrase("topic.ask") in siti.sees
    shown = siti.message
    assert siti.buttons[-2:] == [
        bot.phrase("message.button.ask"), bot.phrase("topic.button.all"),
    ]  # fmt: skip
    await siti.taps("message.button.ask")
    about = bot.phrase("message.about", topic=PAGE.title)
    assert siti.sees.startswith(bot.phrase("message.words.question", about=about))
    assert shown in siti.person.from_bot
    await siti.sends(QUESTION)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.rows(select(message.c.topic)) == [(PAGE.slug,)]
    number, title = newest(bot).number, bot.phrase("message.title", topic=PAGE.title)
    for person in (admin, clerk):
        assert person.sees.startswith(f"{number}: {title}\n")
    await siti.taps("report.button.open")
    assert title in siti.message["text"]


async def test_the_page_is_remembered_when_another_form_is_left_for_it(
    bot: Bot, admin: Warga, siti: Warga
):
    """A begun complaint is kept until the person says so; then the form knows the page."""
    await agrees(siti)
    await fills_in(siti)
    await siti.sends(f"/start topik_{PAGE.slug}")
    await siti.taps("message.button.ask")
    assert siti.sees == bot.phrase("form.open_already")
    await siti.taps("form.button.restart")
    about = bot.phrase("message.about", topic=PAGE.title)
    assert siti.message["text"].startswith(bot.phrase("message.words.question", about=about))


async def test_free_words_lead_to_staff_and_a_question_there_is_for_staff(
    bot: Bot, admin: Warga, clerk: Warga, siti: Warga
):
    """What is asked in this form, or in an answer, is not answered by a page in between."""
    await agrees(siti)
    await siti.sends("mau bicara dengan petugas kelurahan")
    assert newest_form(bot) == "message"
    await siti.sends("/batal")
    await siti.sends("apa itu bantar?")
    assert bot.phrase("message.button.ask") in siti.message_buttons()
    number = await asks(siti, "apa itu bantar?")
    await carries(clerk, number, State.DONE, "Sudah baca apa itu BANTAR?")
    assert siti.sees == moved(bot, number, State.DONE, "Sudah baca apa itu BANTAR?")
    await siti.taps("message.button.again")
    await siti.sends("apa itu bantar?")
    assert siti.sees.startswith(bot.phrase("addition.photos.question"))


def newest_form(bot: Bot) -> str:
    """The form that is open."""
    return str(bot.rows(select(draft.c.form))[0][0])


async def test_pages_with_the_longest_names_are_told_apart(bot: Bot, admin: Warga, siti: Warga):
    """Also in the button that leaves another form: nothing is too long, no page is mixed up."""
    first, second = "a" * MAX_SLUG, "a" * 5
    assert bot._runtime is not None
    shelf = bot._runtime._pages
    named = {
        slug: replace(PAGE, slug=slug, title=f"Judul {len(slug)}") for slug in (first, second)
    }
    shelf.current = replace(shelf.current, by_slug=named)
    await agrees(siti)
    for slug in (first, second):
        await fills_in(siti)
        await siti.sends(f"/start topik_{slug}")
        await siti.taps("message.button.ask")
        await siti.taps("form.button.restart")
        about = bot.phrase("message.about", topic=named[slug].title)
        asked = bot.phrase("message.words.question", about=about)
        assert siti.message["text"].startswith(asked)
        await siti.sends("/batal")


@pytest.mark.parametrize("data", ["message:ask:x", "message:ask:../x", "message:ask::"])
async def test_a_page_that_is_gone_is_not_named(bot: Bot, admin: Warga, siti: Warga, data: str):
    """Whatever the button says, the question can be asked."""
    await agrees(siti)
    await siti.taps_data(siti.message["message_id"], data)
    assert siti.sees.startswith(bot.phrase("message.words.question", about=""))


async def test_without_consent_the_question_waits(bot: Bot, admin: Warga, siti: Warga):
    """Nothing is kept before; the RT is asked afterwards and staff see it."""
    await siti.sends("/start")
    await siti.sends("/petugas")
    await siti.sends(QUESTION)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.count(ticket) == 0
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 1
    assert f"\n{bot.phrase('message.no_rt')}\n" in admin.sees
    assert siti.sees.startswith(bot.phrase("home.question"))
    await siti.taps("form.choice.rt", number="05")
    await admin.taps("desk.button.open")
    assert "\nRT 05\n" in admin.sees


async def test_a_second_kirim_sends_no_second_question(bot: Bot, admin: Warga, siti: Warga):
    """Telegram may deliver a tap twice."""
    await agrees(siti)
    number = await asks(siti)
    await siti.person.sends_update_again()
    await bot.settles()
    await siti.sends("/laporan")
    assert siti.buttons == [short(bot, number)]
    assert (bot.count(ticket), bot.count(message)) == (1, 1)


# --- answering ------------------------------------------------------------------------------


async def test_it_is_answered_and_the_sender_hears_it(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """The answer with the number; the state is done; the cards say so; nobody sees an account."""
    await agrees(siti)
    number = await asks(siti)
    await opens(clerk, number)
    labels = clerk.message_buttons()
    assert labels[:3] == [
        bot.phrase(f"message.button.move.{state}") for state in messages.MOVES[State.RECEIVED]
    ]
    assert bot.phrase("desk.button.move.diverifikasi") not in labels
    await clerk.taps("message.button.move.selesai")
    ask = bot.phrase("message.ask.selesai")
    assert clerk.sees.startswith(
        bot.phrase("answer.text.question", ask=ask, number=number, words=QUESTION)
    )
    answer = "Tidak, hari Minggu <libur>. Senin diambil lagi."
    await clerk.sends(answer)
    await clerk.taps("form.button.send")
    assert siti.sees == moved(bot, number, State.DONE, answer)
    assert siti.buttons == [
        bot.phrase("message.button.again"), bot.phrase("report.button.open"),
    ]  # fmt: skip
    assert "Wati" not in siti.sees
    [row] = bot.rows(select(ticket.c.state))
    assert row.state == State.DONE
    assert bot.phrase("message.state.selesai") in admin.sees
    assert clerk.notice == bot.phrase("desk.moved", state=bot.phrase("message.state.selesai"))
    [act] = bot.rows(select(audit.c.actor, audit.c.act, audit.c.subject, audit.c.detail))
    assert act == (77, "ticket.move", number, "diterima → selesai")
    for account in ("77", "301"):
        assert not any(account in text for text in (siti.sees, clerk.sees, admin.sees))


async def test_the_whole_answer_can_be_read_again(bot: Bot, siti: Warga, clerk: Warga):
    """Also a long one, in /laporan; with its long question it fits one message."""
    await agrees(siti)
    number = await asks(siti, "x" * 2000)
    answer = "Jawab. " * 140
    await carries(clerk, number, State.DONE, answer.strip())
    await siti.sends(f"/laporan {number}")
    assert siti.sees.endswith(bot.phrase("message.answer", words=answer.strip()))
    assert bot.phrase("message.state.selesai") in siti.sees
    assert bot.phrase("report.button.fixed") not in siti.buttons


async def test_an_answer_that_is_too_long_is_asked_for_again(bot: Bot, siti: Warga, clerk: Warga):
    """It would not fit; what was typed is not sent in part."""
    await agrees(siti)
    number = await asks(siti)
    await opens(clerk, number)
    await clerk.taps("message.button.move.selesai")
    await clerk.sends("x" * 1001)
    assert clerk.sees.startswith(bot.phrase("form.text_too_long", longest=1000))
    assert newest(bot).state == State.RECEIVED


async def test_the_sender_asks_again_and_staff_get_a_card(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """The ticket is open again, first in the desk's new ones; the second answer comes too."""
    await agrees(siti)
    number = await asks(siti)
    await carries(clerk, number, State.DONE, "Hari Senin.")
    await siti.taps("message.button.again")
    await siti.sends("Senin jam berapa?")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert siti.message["text"] == bot.phrase("addition.done", number=number)
    assert newest(bot).state == State.REOPENED
    card = bot.phrase("card.asked_again", number=number, words="Senin jam berapa?", photos=0)
    assert card in admin.texts
    assert card in clerk.texts
    await clerk.sends("/staf")
    assert clerk.buttons[0] == short(bot, number, "dibuka-lagi")
    await opens(clerk, number)
    await clerk.taps("message.button.move.selesai")
    assert "“Senin jam berapa?”" in clerk.sees
    await clerk.sends("Jam tujuh.")
    await clerk.taps("form.button.send")
    assert siti.sees == moved(bot, number, State.DONE, "Jam tujuh.")
    activities = [r[0] for r in bot.rows(select(participation.c.activity).order_by("id"))]
    assert activities == ["message_sent", "message_added_to"]


async def test_more_can_be_told_before_the_answer(bot: Bot, siti: Warga, clerk: Warga):
    """An addition to an open message leaves it as it is."""
    await agrees(siti)
    number = await asks(siti)
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.add")
    await siti.sends_photo(picture(), "yang ini")
    await siti.taps("form.button.send")
    assert newest(bot).state == State.RECEIVED
    assert bot.phrase("card.added", number=number, words="yang ini", photos=1) in clerk.texts


async def test_an_answer_can_be_put_right(bot: Bot, siti: Warga, clerk: Warga):
    """Staff answer once more; that is what the sender finds."""
    await agrees(siti)
    number = await asks(siti)
    await carries(clerk, number, State.DONE, "Hari Selasa.")
    await carries(clerk, number, State.DONE, "Maaf, hari Senin.")
    assert siti.sees == moved(bot, number, State.DONE, "Maaf, hari Senin.")
    await siti.sends(f"/laporan {number}")
    assert siti.sees.endswith(bot.phrase("message.answer", words="Maaf, hari Senin."))


@pytest.mark.parametrize("to", [State.FORWARDED, State.ARCHIVED])
async def test_it_is_forwarded_or_closed_with_words(
    bot: Bot, siti: Warga, clerk: Warga, to: State
):
    """To whom, or why: the sender reads it; after a close nothing can be added."""
    await agrees(siti)
    number = await asks(siti)
    await carries(clerk, number, to, "Puskesmas Pembantu")
    assert siti.sees == moved(bot, number, to, "Puskesmas Pembantu")
    await siti.taps("report.button.open")
    can_add = bot.phrase("report.button.add") in siti.message_buttons()
    assert can_add == (to is State.FORWARDED)
    await siti.taps_data(siti.message["message_id"], f"report:add:{number}")
    closed = bot.phrase("report.closed", number=number)
    assert (siti.message["text"] == closed) == (to is State.ARCHIVED)


async def test_there_is_no_verdict_on_a_message(bot: Bot, siti: Warga, clerk: Warga):
    """Also not by a forged button."""
    await agrees(siti)
    number = await asks(siti)
    await carries(clerk, number, State.DONE, "Hari Senin.")
    for verdict in ("fixed", "unfixed"):
        await siti.taps_data(siti.message["message_id"], f"report:{verdict}:{number}")
        assert siti.notice == bot.phrase("report.no_verdict", number=number)
    assert newest(bot).state == State.DONE


async def test_an_answer_by_two_clerks_is_sent_once(
    bot: Bot, siti: Warga, admin: Warga, clerk: Warga
):
    """Who was slower is told so, and the sender hears one of them."""
    await agrees(siti)
    number = await asks(siti)
    for person in (clerk, admin):
        await opens(person, number)
        await person.taps("message.button.move.selesai")
        await person.sends(f"Jawaban {person.id}.")
    await clerk.taps("form.button.send")
    await admin.taps("form.button.send")
    assert admin.notice == bot.phrase("desk.outdated")
    answers = [text for text in siti.texts if "Jawaban 77" in text or "Jawaban 99" in text]
    assert answers == [moved(bot, number, State.DONE, "Jawaban 77.")]


async def test_it_is_withdrawn_like_a_report(bot: Bot, siti: Warga, clerk: Warga):
    """Then staff cannot answer any more."""
    await agrees(siti)
    number = await asks(siti)
    await siti.sends(f"/laporan {number}")
    await siti.taps("report.button.withdraw")
    await siti.taps("report.button.withdraw_yes")
    assert newest(bot).state == State.WITHDRAWN
    await opens(clerk, number)
    assert bot.phrase("message.button.move.selesai") not in clerk.message_buttons()


# --- who sees it ----------------------------------------------------------------------------


async def test_the_desk_tells_messages_apart(bot: Bot, siti: Warga, clerk: Warga):
    """A filter of their own; the line shows the words, for there is no place."""
    await agrees(siti)
    await fills_in(siti)
    await siti.taps("form.button.send")
    drain = newest(bot).number
    number = await asks(siti)
    await clerk.sends("/staf")
    assert clerk.buttons[:2] == [short(bot, drain), short(bot, number)]
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.type.message")
    assert clerk.buttons[0] == short(bot, number)
    assert QUESTION in clerk.sees
    assert drain not in clerk.sees
    await clerk.taps("desk.button.filters")
    await clerk.taps("desk.button.rt")
    await clerk.taps("form.choice.rt", number="05")
    assert number not in clerk.sees


async def test_an_rt_head_sees_no_message(bot: Bot, siti: Warga, rt_head: Warga):
    """Not in a list, not in a count, not by a forged button; no card; the question says so."""
    await agrees(siti)
    await asks(siti)
    before = len(rt_head.texts)
    await rt_head.sends("/staf")
    assert len(rt_head.texts) == before + 1
    empty = bot.phrase(
        "desk.empty",
        group=bot.phrase("desk.group.new"),
        type=bot.phrase("desk.type.x"),
        rt="RT 03",
        count=0,
    )
    assert rt_head.sees == empty
    assert bot.phrase("desk.button.type.message") not in rt_head.buttons
    assert bot.phrase("desk.button.questions") not in rt_head.buttons
    last = rt_head.message["message_id"]
    await rt_head.taps_data(last, "desk:list:new:message:x:0")
    assert rt_head.notice == bot.phrase("form.old_button")
    for act in ("open", "photos"):
        await rt_head.taps_data(last, f"desk:{act}:{newest(bot).id}")
        assert rt_head.notice == bot.phrase("desk.gone")
    assert not any(QUESTION in text for text in rt_head.texts)


async def test_another_resident_sees_no_message(bot: Bot, admin: Warga, siti: Warga, budi: Warga):
    """Its number opens nothing for him."""
    await agrees(siti)
    await agrees(budi, "03")
    number = await asks(siti)
    await budi.sends(f"/laporan {number}")
    assert budi.sees == bot.phrase("report.not_yours", number=number)
    for act in ("open", "add", "withdraw", "withdrawn", "photos"):
        await budi.taps_data(budi.message["message_id"], f"report:{act}:{number}")
        assert budi.message["text"] == bot.phrase("report.not_yours", number=number)
    assert newest(bot).state == State.RECEIVED


async def test_a_sender_can_be_blocked_but_a_message_not_hidden(
    bot: Bot, siti: Warga, clerk: Warga
):
    """Nobody else sees it anyway."""
    await agrees(siti)
    number = await asks(siti)
    await opens(clerk, number)
    await clerk.taps("desk.button.moderate")
    assert clerk.message["text"] == bot.phrase("message.moderate", number=number)
    assert bot.phrase("desk.button.hide") not in clerk.message_buttons()
    await clerk.taps("desk.button.block")
    assert bot.phrase("card.blocked") in clerk.message["text"]
    await siti.sends("/petugas")
    assert siti.sees == bot.phrase("role.blocked")


# --- rules, on both engines -------------------------------------------------------------------


def message_in(db: Connection, actor: Actor, **changes: Any) -> Any:
    """A filed message, straight into the database."""
    values: dict[str, Any] = {
        "rt": "03", "description": "kapan buka?", "voices": (), "photos": (), "topic": "sampah",
    }  # fmt: skip
    new = StaffMessage(**{**values, **changes})
    return messages.file(db, actor, new, draft_id=f"m{actor.telegram_id}", year=2026, now=NOW)


def moves(db: Connection, row: Any, state: State, reason: str | None = "ya") -> Any:
    """A clerk moves it."""
    return desk.move(db, CLERK, row.id, version=row.version, state=state, reason=reason, now=NOW)


def test_a_message_is_filed_once_and_keeps_its_page(db: Connection):
    """The same draft gives the same ticket; complaints have no page."""
    siti = resident_in(db, 301)
    row = message_in(db, siti)
    assert (row.number, row.topic, row.kind) == ("PSN-2026-0001", "sampah", None)
    assert message_in(db, siti).id == row.id
    assert complaint_in(db, siti).topic is None


@pytest.mark.parametrize("state", list(State))
def test_a_message_has_moves_of_its_own(db: Connection, state: State):
    """Answer, forward, archive, each with words; nothing else from anywhere."""
    row = message_in(db, resident_in(db, 301))
    if state not in messages.MOVES[State.RECEIVED]:
        with pytest.raises(NotOpen):
            moves(db, row, state)
        return
    with pytest.raises(NoReason):
        moves(db, row, state, reason=None)
    with pytest.raises(NotAllowed):
        desk.move(
            db, Actor(5, Role.RT_HEAD, rts=("03",)), row.id, version=0, state=state, reason="x",
            now=NOW,
        )  # fmt: skip
    assert moves(db, row, state).state == state


def test_only_an_answer_can_be_answered_back(db: Connection):
    """By its sender; a message that was closed stays closed."""
    siti, budi = resident_in(db, 301), resident_in(db, 501)
    row = moves(db, message_in(db, siti), State.DONE)
    more: dict[str, Any] = {"words": "lalu?", "voices": (), "photos": (), "now": NOW}
    with pytest.raises(NotYours):
        tickets.add_to(db, budi, row.number, **more)
    row = tickets.add_to(db, siti, row.number, **more)
    assert row.state == State.REOPENED
    row = moves(db, row, State.ARCHIVED)
    with pytest.raises(NotOpen):
        tickets.add_to(db, siti, row.number, **more)
    drain = complaint_in(db, siti)
    for state in (State.VERIFIED, State.DONE):
        drain = moves(db, drain, state)
    with pytest.raises(NotOpen):
        tickets.add_to(db, siti, drain.number, **more)


def rows_of(db: Connection, what: str) -> list[dict[str, Any]]:
    """The rows of an export, with names."""
    source, _ = exports.EXPORTS[what]
    return list(source(db, OPERATOR, PHRASES, Kelurahan().zone, exports.Filter(names=True)))


def test_messages_are_not_exported(db: Connection):
    """Planners get complaints and aspirations; of a message the log has one act, no words."""
    siti = resident_in(db, 301)
    message_in(db, siti, description="rahasia")
    complaint_in(db, siti)
    sheets = {what: rows_of(db, what) for what in exports.IN_CHAT}
    assert [len(sheets[what]) for what in exports.IN_CHAT] == [1, 0, 2]
    assert "rahasia" not in repr(sheets)
