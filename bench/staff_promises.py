"""What the crash bench holds the bot to in what staff do: proof, hands, numbers, letters, help."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bench.own_promises import WORD
from bench.verdict import Promise, none

if TYPE_CHECKING:
    from bench.crash import Bench

TAKE, RELEASE = "ticket.take", "ticket.release"
OUTSIDE = re.compile(r"\bN-[a-z]{10}\b")  # a number elsewhere, as clerks make them up


def of_staff(bench: Bench) -> list[Promise]:
    """Everything that must hold of it."""
    return [
        *_closings(bench), *_hands(bench), *_outside(bench), *_letters(bench),
        *_assisted(bench), *_announcements(bench),
    ]  # fmt: skip


def _closings(bench: Bench) -> list[Promise]:
    """A photo that proved work is kept with its closing, one of what lacks with its addition."""
    seen = bench.tally.deeds
    rows = bench.rows(
        "SELECT file_id, ticket_event.ticket_id, number, ticket_event.kind, ticket_event.state,"
        " path FROM ticket_media JOIN ticket_event ON ticket_event.id = event_id"
        " JOIN ticket ON ticket.id = ticket_event.ticket_id"
    )
    times = Counter(row[0] for row in rows)
    proofs = {row[0]: row[1] for row in rows if row[3:5] == ("moved", "selesai") and row[5]}
    added = {row[0]: row[2] for row in rows if row[3] == "added" and row[5]}
    left = _left(bench)
    kept = {file: ticket for file, ticket in seen.proofs.items() if ticket not in left}
    lost = [file for file, ticket in kept.items() if proofs.get(file) != ticket]
    of_residents = seen.lacking_photos
    lacking = [f for f, (_, number) in of_residents.items() if added.get(f) != number]
    return [
        none(f"proof photos not kept with their closing, of {len(kept)}", len(lost)),
        none(f"photos of what lacks lost, of {len(of_residents)}", len(lacking)),
        none("photos kept twice", sum(number > 1 for number in times.values())),
    ]


def _left(bench: Bench) -> set[int]:
    """Tickets of people who deleted their data: what staff wrote and showed there went along."""
    return {row[0] for row in bench.rows("SELECT id FROM ticket WHERE reporter_id IS NULL")}


def _hands(bench: Bench) -> list[Promise]:
    """Who took a ticket, or gave it back, is in the trail so often, and has it if he was last."""
    numbers = dict(bench.rows("SELECT number, id FROM ticket"))
    trail = bench.rows(
        "SELECT act, actor, subject FROM audit"
        " WHERE act IN ('ticket.take', 'ticket.release', 'ticket.move') ORDER BY id"
    )
    stored: dict[str, Counter[tuple[int, int]]] = {act: Counter() for act in (TAKE, RELEASE)}
    last: dict[int, int | None] = {}
    for act, actor, subject in trail:
        ticket = numbers[subject]
        if act in stored:
            stored[act][actor, ticket] += 1
            last[ticket] = actor if act == TAKE else None
        else:  # who moves what is in nobody's hands has taken it
            last[ticket] = last.get(ticket) or actor
    held = dict(bench.rows("SELECT id, assignee_id FROM ticket"))
    seen = bench.tally.deeds
    wrong = sum(held[ticket] != last.get(ticket) for ticket in held)
    lost = [
        key
        for told, kept in ((seen.taken, TAKE), (seen.released, RELEASE))
        for key in set(told) - set(stored[kept])
    ]
    beyond = (stored[TAKE] - seen.taken) + (stored[RELEASE] - seen.released)
    return [
        none(
            f"tickets taken or given back in vain, of {len(seen.taken) + len(seen.released)}",
            len(lost),
        ),
        none("taken or given back twice, or by nobody", beyond.total()),
        none("tickets in other hands than the trail says", wrong),
    ]


def _outside(bench: Bench) -> list[Promise]:
    """A number elsewhere is said once, and is the one that was said last."""
    said = bench.tally.deeds.outside
    events = bench.rows(
        "SELECT ticket_id, kind, text FROM ticket_event WHERE kind = 'numbered'"
        " OR (kind = 'moved' AND state = 'diteruskan') ORDER BY id"
    )
    times: Counter[tuple[str, int]] = Counter()
    newest: dict[int, str] = {}
    for ticket, _kind, text in events:
        newest[ticket] = text or ""
        times.update((number, ticket) for number in set(OUTSIDE.findall(newest[ticket])))
    kept = dict(bench.rows("SELECT id, outside_number FROM ticket WHERE authority IS NOT NULL"))
    left = _left(bench)
    seen = Counter({(n, ticket): 1 for n, ticket in said.items() if ticket not in left})
    newest = {ticket: text for ticket, text in newest.items() if ticket not in left}
    return [
        none(f"numbers elsewhere lost, of {len(said)}", (seen - times).total()),
        none("numbers elsewhere twice, or never seen kept", (times - seen).total()),
        none(
            "numbers elsewhere other than the last",
            sum(not _is_last(kept.get(ticket), text) for ticket, text in newest.items()),
        ),
    ]


def _is_last(kept: str | None, text: str) -> bool:
    """Whether a line of the history says this number; a clerk may have typed other words for it.

    A question that is repeated after a kill can have him name the authority twice, then the second
    time where the number is asked.
    """
    return kept in text if kept else not OUTSIDE.search(text)


def _letters(bench: Bench) -> list[Promise]:
    """A letter is one line of the timeline, and reached who filed the ticket."""
    said = bench.tally.deeds.letters
    events = bench.rows(
        "SELECT ticket_event.ticket_id, text, ticket_event.at, telegram_id FROM ticket_event"
        " JOIN ticket ON ticket.id = ticket_event.ticket_id"
        " LEFT JOIN resident ON resident.id = reporter_id WHERE kind = 'written'"
    )
    stored = Counter((w, ticket) for ticket, text, *_ in events for w in WORD.findall(text or ""))
    seen = Counter(said.items())
    erased = {t for t, text, *_ in events if text is None}  # he left: what was written to him too
    arrived = {
        (word, message["chat_id"])
        for message in bench.simulator.world.sent
        for word in set(WORD.findall(message["text"])) & set(said)
    }
    missing = [
        word
        for _ticket, text, at, person in events
        for word in WORD.findall(text or "")
        if person is not None
        and not bench.tally.own.was_quiet(person, at)
        and (word, person) not in arrived
    ]
    lost = [key for key in seen - stored if key[1] not in erased]
    return [
        none(f"letters lost, of {len(said)}", len(lost)),
        none("letters twice, or never seen written", (stored - seen).total()),
        none("letters that never came", len(missing)),
    ]


def _assisted(bench: Bench) -> list[Promise]:
    """What was filed for somebody is there once, as such, in the log and the trail."""
    said = bench.tally.deeds.assisted
    rows = {
        number: words or ""
        for number, words in bench.rows(
            "SELECT number, description FROM ticket WHERE assisted_as IS NOT NULL"
        )
    }
    logged = bench.ask(
        "SELECT count(*) FROM participation WHERE channel = 'assisted'"
        " AND activity = 'complaint_filed'"
    )[0]
    audited = bench.ask("SELECT count(*) FROM audit WHERE act = 'ticket.assist'")[0]
    lost = [number for number, marker in said.items() if marker not in rows.get(number, "")]
    return [
        none(f"assisted reports lost, of {len(said)}", len(lost)),
        none("assisted reports twice, or never told", len(set(rows) - set(said))),
        none("assisted reports not once in log and trail",
             abs(logged - len(rows)) + abs(audited - len(rows))),
    ]  # fmt: skip


def _announcements(bench: Bench) -> list[Promise]:
    """Corrected and paused as said last, each so often as said; all copies say the new words."""
    seen = bench.tally.deeds
    rows = bench.rows("SELECT id, html, state FROM announcement")
    acts = dict(bench.rows("SELECT act, count(*) FROM audit GROUP BY act"))
    wrong, old = 0, 0
    for marker, fresh in seen.corrected.items():
        for number, words, _state in rows:
            if marker in words:
                wrong += fresh not in words
                old += _copies_without(bench, number, fresh)
    states = {number: state for number, _words, state in rows}
    paused = sum((states.get(n) == "paused") != last for n, last in seen.paused.items())
    turned = [acts.get("announcement.pause", 0), acts.get("announcement.resume", 0)]
    wrong += abs(acts.get("announcement.correct", 0) - seen.corrections)
    return [
        none(f"corrections lost, of {seen.corrections}", wrong),
        none("copies of announcements with old words", old),
        none("announcements paused or not, other than said last", paused),
        none("pauses and resumptions lost or twice",
             abs(turned[0] - seen.turns[True]) + abs(turned[1] - seen.turns[False])),
    ]  # fmt: skip


def _copies_without(bench: Bench, number: int, words: str) -> int:
    """Messages of an announcement that the bot knows of and that do not say these words."""
    sent = bench.rows(
        f"SELECT chat_id, message_id FROM outbox WHERE announcement_id = {number}"
        " AND state = 'sent' AND message_id > 0 AND method LIKE 'send%'"
        " AND coalesce(error, '') <> 'erased'"
    )
    chats = bench.simulator.world.chats
    shown = [chats[chat].messages.get(message) for chat, message in sent]
    return sum(m is not None and words not in f"{m.get('text')} {m.get('caption')}" for m in shown)
