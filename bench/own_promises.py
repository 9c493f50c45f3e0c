"""What the crash bench holds the bot to in what residents said of their own: aspirations,
messages and their answers, questions, names, news."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bench.told import DETAILS
from bench.verdict import Promise, none
from services.questions import clean

if TYPE_CHECKING:
    from bench.crash import Bench

WORD = re.compile(r"\b[a-z]{12}\b")  # what a marker looks like


def own(bench: Bench) -> list[Promise]:
    """Everything that must hold of residents' own words."""
    return [
        *_numbers(bench), *_wishes(bench), *_messages(bench), *_replies(bench),
        *_questions(bench), *_persons(bench),
    ]  # fmt: skip


def own_counts(bench: Bench) -> dict[str, int]:
    """How much of all this there was."""
    said = bench.tally.own
    detailed = sum(wish.problem is not None for wish in said.wishes.values())
    return {
        "wishes": len(said.wishes), "of these with details": detailed,
        "similar ones joined": said.joined, "edits": said.edits.total(),
        "messages": len(said.messages), "answers of staff": len(said.replies),
        "forms opened by free words": said.opened, "questions": said.asked,
        "names": len(said.names), "times without news": sum(map(len, said.quiet.values())),
        "deletions": len(said.gone),
    }  # fmt: skip


def _numbers(bench: Bench) -> list[Promise]:
    """A number is told once, is there once, and none is skipped."""
    told = Counter(bench.tally.own.numbers)
    there = {row[0] for row in bench.rows("SELECT number FROM ticket")}
    drawn = bench.ask("SELECT coalesce(sum(last), 0) FROM ticket_counter")[0]
    return [
        none(f"numbers told for two things, of {len(told)}", told.total() - len(told)),
        none("numbers told and not there", len(set(told) - there)),
        none("numbers there and never told", len(there - set(told))),
        none("numbers drawn and not used", drawn - len(there)),
    ]


def _wishes(bench: Bench) -> list[Promise]:
    """Each says what its author saw saved last, once, with its details."""
    said = bench.tally.own
    rows = {
        number: (description or "", problem or "", details)
        for number, description, problem, *details in bench.rows(
            "SELECT number, description, problem, households, pillar, field, volume, unit"
            " FROM ticket JOIN aspiration ON ticket_id = ticket.id"
        )
    }
    words = Counter(word for text, *_ in rows.values() for word in WORD.findall(text))
    lost = [n for n, wish in said.wishes.items() if wish.marker not in rows.get(n, ("",))[0]]
    bare = [
        number
        for number, wish in said.wishes.items()
        if wish.problem
        and (
            wish.problem not in rows.get(number, ("", ""))[1] or tuple(rows[number][2]) != DETAILS
        )
    ]
    edited = Counter(
        number
        for (number,) in bench.rows(
            "SELECT number FROM ticket_event JOIN ticket ON ticket.id = ticket_id"
            " WHERE kind = 'edited' AND reporter_id IS NOT NULL"
        )
    )
    return [
        none(f"aspirations that say another thing, of {len(rows)}", len(lost)),
        none("aspirations whose words are there twice", sum(n > 1 for n in words.values())),
        none("details lost or changed", len(bare)),
        none(f"edits lost, of {said.edits.total()}", (said.edits - edited).total()),
        none("edits doubled, or never seen saved", (edited - said.edits).total()),
    ]


def _messages(bench: Bench) -> list[Promise]:
    """Each is there once, under the number that its sender was told."""
    said = bench.tally.own
    rows = {
        number: text or ""
        for number, text in bench.rows(
            "SELECT number, description FROM ticket WHERE type = 'message'"
        )
    }
    words = Counter(word for text in rows.values() for word in WORD.findall(text))
    lost = [n for n, marker in said.messages.items() if marker not in rows.get(n, "")]
    kept = bench.ask("SELECT count(*) FROM message")[0]
    log = bench.ask("SELECT count(*) FROM participation WHERE activity = 'message_sent'")[0]
    return [
        none(f"messages lost, of {len(rows)}", len(lost)),
        none("messages doubled", sum(count > 1 for count in words.values())),
        none("messages without their row", len(rows) - kept),
        none("messages without their log row, or with two", abs(kept - log)),
    ]


def _replies(bench: Bench) -> list[Promise]:
    """An answer is an event once, and came to who asked, if he wants news and is still there."""
    said = bench.tally.own
    gone = {number for one in said.gone for number in one.numbers}
    events = bench.rows(
        "SELECT number, text, at, telegram_id FROM ticket_event"
        " JOIN ticket ON ticket.id = ticket_id AND type = 'message'"
        " LEFT JOIN resident ON resident.id = reporter_id"
        " WHERE kind = 'moved' AND ticket_event.state = 'selesai'"
    )
    stored = Counter(
        (word, number) for number, text, *_ in events for word in WORD.findall(text or "")
    )
    seen = Counter(said.replies.items())
    lost = [key for key in seen - stored if key[1] not in gone]
    arrived = Counter(
        (word, message["chat_id"])
        for message in bench.simulator.world.sent
        for word in set(WORD.findall(message["text"])) & set(said.replies)
    )
    missing = [
        word
        for _number, text, at, person in events
        for word in WORD.findall(text or "")
        if person is not None and not said.was_quiet(person, at) and not arrived[word, person]
    ]
    return [
        none(f"answers of staff lost, of {len(seen)}", len(lost)),
        none("answers of staff doubled, or never seen sent", abs(len(events) - len(seen))),
        none("answers of staff that never came", len(missing)),
    ]


def _questions(bench: Bench) -> list[Promise]:
    """A question is counted once for each resident who asked it and is still one."""
    wanted = Counter(clean(words) for _person, words in bench.tally.own.questions)
    rows = bench.rows("SELECT words, asked, id FROM question")
    stored = Counter({words: asked for words, asked, _number in rows})
    askers = Counter(row[0] for row in bench.rows("SELECT question_id FROM question_asker"))
    counted = Counter({number: asked for _words, asked, number in rows})
    return [
        none(f"questions not counted, of {wanted.total()}", (wanted - stored).total()),
        none("questions counted twice, or of nobody", (stored - wanted).total()),
        none("counts other than those who asked", (counted - askers).total()),
        none("people who asked and are not counted", (askers - counted).total()),
    ]


def _persons(bench: Bench) -> list[Promise]:
    """The name that was told last, and news as was said last; none while they were not wanted."""
    said = bench.tally.own
    rows = {
        person: (name, bool(muted))
        for person, name, muted in bench.rows(
            "SELECT telegram_id, name, NOT (wants_announcements OR wants_gotong_royong"
            " OR wants_follow_ups OR wants_lessons) FROM resident"
        )
    }
    names = [p for p, name in said.names.items() if rows.get(p, ("", False))[0] != name]
    news = [p for p, muted in said.muted.items() if rows.get(p, ("", False))[1] != muted]
    return [
        none(f"names other than told, of {len(said.names)}", len(names)),
        none(f"news other than wanted, of {len(said.muted)}", len(news)),
    ]
