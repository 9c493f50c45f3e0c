"""What the people of the monkey bench do in private chats: one function an act.

Each act does it, notes it, and adds to `wanted` how many answers it must bring.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from bench.monkey_cast import Button, Play, Visitor
from bench.monkey_read import sort_of
from bench.monkey_sends import (
    blocks,
    comes_again,
    moves,
    sends_album,
    sends_kind,
    sends_photo,
    sends_place,
    sends_service,
    sends_unknown,
    sends_voice,
)
from bench.monkey_work import opens
from handlers.menu import ROWS
from handlers.routes import Trigger
from handlers.table import ROUTES, forms_of
from services.forms import Kind, Step
from services.roles import Permission

Act = Callable[[Play, Visitor], Awaitable[None]]
EVERYBODYS = (Permission.READ, Permission.USE)
COMMANDS = sorted({r.name for r in ROUTES if r.trigger is Trigger.COMMAND})
WORK = sorted(
    {r.name for r in ROUTES if r.trigger is Trigger.COMMAND and r.needs not in EVERYBODYS}
)
PREFIXES = sorted({r.name for r in ROUTES if r.trigger is Trigger.TAP})
FORMS = forms_of(("01", "02", "03", "04"))
DATA_BYTES = 64
MENU = [key for row in ROWS for key in row]  # of everybody; that of staff stands above
AWAY = re.compile(r"cancel|discard|:back$|:clear$|:edit:|:no$|keep|restart|topic:")
PUSHED = re.compile("^(desk|report):open:")
SENDS = re.compile(
    r":send|different|:yes|_yes|confirm|:come|:same|resume|:new$|role:invite|agree|fixed|lasting|broken|:named"
)
ARGUMENTS = (
    "DRN-2026-0001", "drn-2026-0003", "ASP-2026-0001", "PSN-2026-0001", "x", "9" * 60, "<b>",
    "rt05", "semua", "-1", "\u202e", "'; --",
)  # fmt: skip
VALUES = (
    "", "x", "0", "1", "2", "7", "33", "-1", "9" * 15, "9" * 20, "1e9", "٣", "³", "new", "open",
    "01", "99", "page", "one", "list", "yes", "no", "again", "send", "come", "bersih", "drainase",
    "selesai", "diverifikasi", "butuh_data", "DRN-2026-0001", "ASP-2026-0002", "301", "501", "701",
    "complaints", "aspirations", "2026", "announcement", "role_invite", "<b>", "\u202e", "👍",
    "\x00", "%", "a" * 30,
)  # fmt: skip
PAYLOADS = (
    "rt01", "rt05", "rt999", "rt", "lapor", "aspirasi", "jadwal", "topik_sampah", "topik_",
    "topik_x", "topik_../../x", "undang_", "undang_x", "a" * 64, "A-_9" * 16, "ünïcødé",
    "<b>", "lapor x", "  ", "rt01 rt02", "x" * 500, "\u202e", "undang_" + "a" * 57,
)  # fmt: skip


# Taps


async def _tap(play: Play, who: Visitor, button: Button, times: int = 1) -> None:
    message, data = button
    play.tapped[sort_of(data)] += 1
    for _ in range(times):
        play.taps.append(await who.person.taps_raw(message, data))
    who.did(f"taps {data!r} under {message}" + (f" {times} times" if times > 1 else ""))


async def goes_on(play: Play, who: Visitor) -> None:
    """A button that leads on, not back and not away, of what was shown last; no pushed card."""
    for message, buttons in reversed(who.fresh):
        leading = [data for data in buttons if not AWAY.search(data)]
        if leading and not (len(buttons) == 1 and PUSHED.search(buttons[0])):
            sends = [data for data in leading if SENDS.search(data)]
            data = play.chance.choice(sends if sends and play.chance.random() < 0.7 else leading)
            return await _tap(play, who, (message, data))
    await begins(play, who)


async def answers(play: Play, who: Visitor) -> None:
    """What the open form asks for; without one, something that leads on."""
    step = _step(play, who)
    if step is None or (step.optional and play.chance.random() < 0.3):
        return await goes_on(play, who)
    kind = play.chance.choice(sorted(step.kinds))
    if kind == Kind.MOMENT:
        return await _say(play, who, play.words.moment())
    fitting: dict[str, Act] = {
        Kind.TEXT: says_sense, Kind.PHOTO: sends_photo, Kind.VOICE: sends_voice,
        Kind.LOCATION: sends_place,
    }  # fmt: skip
    await fitting.get(kind, goes_on)(play, who)


def _step(play: Play, who: Visitor) -> Step | None:
    """The question that a person is asked now."""
    assert play.db is not None
    query = "SELECT form, step FROM draft WHERE telegram_id = ?"
    for form, step in play.db.execute(query, (who.number,)):
        page = FORMS.get(form)
        return next((s for s in page.form.steps if s.name == step), None) if page else None
    return None


async def begins(play: Play, who: Visitor) -> None:
    """A label of the menu or a command: something new, of his work if he has any."""
    labels = [label for row in who.person.keyboard or [] for label in row]
    if len(labels) > len(MENU) and play.chance.random() < 0.8:
        work = [*labels[: len(labels) - len(MENU)], *(f"/{name}" for name in WORK)]
        return await _say(play, who, play.chance.choice(work))
    await (says_command if play.chance.random() < 0.4 else presses_menu)(play, who)


async def seeks(play: Play, who: Visitor) -> None:
    """A button that can be seen, of the sort that was tapped least until now."""
    seen = [
        (message, data)
        for message, buttons in who.fresh
        for data in buttons
        if not AWAY.search(data) or play.chance.random() < 0.1
    ]
    if not seen:
        return await begins(play, who)
    least = min(play.tapped[sort_of(data)] for _, data in seen)
    rare = [button for button in seen if play.tapped[sort_of(button[1])] == least]
    await _tap(play, who, play.chance.choice(rare))


async def taps_newest(play: Play, who: Visitor) -> None:
    """A button of the message that asks last, once or more often."""
    if not who.fresh:
        return await says_command(play, who)
    message, buttons = who.fresh[-1]
    times = play.chance.choices((1, 2, 3), (88, 10, 2))[0]
    await _tap(play, who, (message, play.chance.choice(buttons)), times)


async def taps_recent(play: Play, who: Visitor) -> None:
    """Any button that can be seen without scrolling far."""
    if not who.fresh:
        return await says_command(play, who)
    message, buttons = play.chance.choice(who.fresh)
    await _tap(play, who, (message, play.chance.choice(buttons)))


async def taps_old(play: Play, who: Visitor) -> None:
    """A button of long ago, perhaps edited away since."""
    if not who.ever:
        return await says_command(play, who)
    await _tap(play, who, play.chance.choice(who.ever), play.chance.choice((1, 1, 2)))


def forged(play: Play) -> str:
    """Callback data that no button carries, or one of somebody else."""
    chance = play.chance
    others = chance.choice(play.visitors).ever
    if others and chance.random() < 0.4:
        return chance.choice(others)[1]
    if others and chance.random() < 0.4:  # one part of a real one is another
        parts = chance.choice(others)[1].split(":")
        parts[chance.randrange(len(parts))] = chance.choice(VALUES)
        data = ":".join(parts)
    else:
        values = chance.choices(VALUES, k=chance.randint(0, 5))
        data = ":".join((chance.choice(PREFIXES), *values))
    while len(data.encode()) > DATA_BYTES:
        data = data[:-1]
    return data or ":"


async def taps_forged(play: Play, who: Visitor) -> None:
    """Callback data of one's own making, under a message that may not be there."""
    message = who.fresh[-1][0] if who.fresh and play.chance.random() < 0.7 else 10**9
    await _tap(play, who, (message, forged(play)))


async def taps_elsewhere(play: Play, who: Visitor) -> None:
    """A button of an inline message, or of none at all."""
    own = play.chance.choice(who.ever)[1] if who.ever else "x"
    data = own if play.chance.random() < 0.5 else forged(play)
    inline = play.chance.choice((None, "AAMC" + "x" * 20))
    play.taps.append(await who.person.taps_inline(data, inline))
    who.did(f"taps {data!r} of {'no' if inline is None else 'an inline'} message")


# Texts


async def _say(play: Play, who: Visitor, text: str, wanted: int = 1) -> None:
    update = await who.person.sends(text)
    who.own.append(update["message"]["message_id"])
    who.wanted += wanted
    who.did(f"writes {text!r}")


async def says_sense(play: Play, who: Visitor) -> None:
    """Something that a report could say."""
    await _say(play, who, play.words.marked(who.number))


async def says_answer(play: Play, who: Visitor) -> None:
    """What answers some question, or the label of a button that is seen."""
    label = who.labels and play.chance.random() < 0.4
    await _say(play, who, play.chance.choice(who.labels) if label else play.words.answer())


async def says_question(play: Play, who: Visitor) -> None:
    """A free question."""
    await _say(play, who, play.words.question())


async def says_malice(play: Play, who: Visitor) -> None:
    """Markup, injections, odd letters."""
    await _say(play, who, play.words.malice(who.number))


async def says_much(play: Play, who: Visitor) -> None:
    """Five thousand characters, in two messages or three."""
    for text in play.words.long(who.number):
        await _say(play, who, text)


async def says_command(play: Play, who: Visitor) -> None:
    """Any command of the bot, with or without something behind it, or one that it lacks."""
    chance = play.chance
    least = min(who.commands[name] for name in COMMANDS)
    rare = [name for name in COMMANDS if who.commands[name] == least]
    name = chance.choice(rare if chance.random() < 0.5 else (*COMMANDS, "x", "a_b", "help"))
    who.commands[name] += 1
    ending = chance.choice(("", "", "", "@bantar_demo_bot", "@other_bot"))
    rest = f" {chance.choice(ARGUMENTS)}" if chance.random() < 0.2 else ""
    await _say(play, who, f"/{name}{ending}{rest}")


async def presses_menu(play: Play, who: Visitor) -> None:
    """A label of the keyboard below the chat."""
    labels = [label for row in who.person.keyboard or [] for label in row]
    if not labels:
        return await says_command(play, who)
    await _say(play, who, play.chance.choice(labels))


async def starts(play: Play, who: Visitor) -> None:
    """/start, also from links that are old, used or rubbish."""
    payload = play.chance.choice(("", *PAYLOADS))
    if play.chance.random() < 0.5:
        payload = play.chance.choice(play.links)
    await _say(play, who, f"/start {payload}" if payload else "/start")


async def says_code(play: Play, who: Visitor) -> None:
    """A code of presence that somebody saw, or one that nobody has."""
    if not play.codes:
        return await starts(play, who)
    code = play.chance.choice((play.codes[-1], *play.codes, "QWE234"))
    said = (f"hadir {code}", f"Hadir {code.lower()}!", code, f"{code[:3]} {code[3:]}")
    await _say(play, who, play.chance.choice(said))


# Everything else


async def edits(play: Play, who: Visitor) -> None:
    """Change a text that was sent before."""
    if not who.own:
        return await says_sense(play, who)
    text = play.chance.choice(("", "/lapor", play.words.marked(who.number), "<i>"))
    text = text or play.words.malice(who.number)
    await who.person.edits(play.chance.choice(who.own), text)
    who.wanted += 1
    who.did(f"edits a text into {text!r}")


PRIVATE: tuple[tuple[Act, float], ...] = (  # with how often each is drawn
    (taps_newest, 22), (seeks, 8), (taps_recent, 6), (taps_old, 5), (taps_forged, 7),
    (taps_elsewhere, 1.5), (says_sense, 12), (says_answer, 9), (says_question, 4),
    (says_malice, 6), (says_much, 1), (says_command, 8), (presses_menu, 5), (starts, 4),
    (says_code, 1), (sends_photo, 3), (sends_album, 1), (sends_voice, 1.5), (sends_place, 2),
    (sends_kind, 4), (sends_service, 1), (sends_unknown, 1), (edits, 2), (moves, 1),
    (comes_again, 1), (blocks, 0.5),
)  # fmt: skip
EARNEST: tuple[tuple[Act, float], ...] = (  # of somebody who wants to get somewhere
    (answers, 60), (goes_on, 12), (seeks, 14), (says_answer, 4), (says_sense, 3), (sends_album, 1),
    (begins, 8), (says_code, 0.6), (starts, 1),
)  # fmt: skip
AT_WORK: tuple[tuple[Act, float], ...] = (  # of staff who want to
    (answers, 44), (goes_on, 7), (seeks, 30), (opens, 8), (begins, 10), (says_answer, 3),
    (says_sense, 2), (sends_album, 1), (starts, 1),
)  # fmt: skip
