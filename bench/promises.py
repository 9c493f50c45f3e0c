"""What the crash bench holds the bot to, looked up when everything is quiet again."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from bench.deed_promises import deeds
from bench.gone_promises import gone
from bench.mixed_promises import counts, mixed
from bench.own_promises import own
from bench.reply import percentile
from bench.someone import ANSWER_SECONDS
from bench.verdict import EXPECTED, FAILURE, Promise, none
from services import messages
from services.tickets import MESSAGE, MOVES, OPEN_STATES, WAKES, State
from simulator.limits import Refusal

WAITING = (  # but what nobody wants any more, or what something newer took the place of
    "SELECT count(*) FROM outbox WHERE state <> 'sent'"
    " AND coalesce(error, '') NOT IN ('erased', 'muted', 'outdated')"
)
FILED = "activity LIKE '%_filed' OR activity = 'message_sent'"

if TYPE_CHECKING:
    from bench.crash import Bench


def promises(bench: Bench) -> list[Promise]:
    """Everything that must hold after all the kills."""
    beside = (
        [*mixed(bench), *own(bench), *deeds(bench), *gone(bench)] if bench.options.clerks else []
    )
    return [
        *_of_complaints(bench), *_of_staff(bench), *beside, *_of_people(bench), *_of_rows(bench),
    ]  # fmt: skip


def _of_complaints(bench: Bench) -> list[Promise]:
    tally = bench.tally
    filed = {
        number: f"{landmark} {description}"
        for number, landmark, description in bench.rows(
            "SELECT number, landmark, description FROM ticket"
        )
    }
    own = tally.own  # what was sent by another way, or by somebody who left
    others = len(own.wishes) + len(own.messages) + sum(len(one.numbers) for one in own.gone)
    others += len(tally.deeds.assisted)
    found = Counter(marker for words in filed.values() for marker in tally.sent if marker in words)
    wrong = [m for m, number in tally.confirmed.items() if m not in filed.get(number, "")]
    return [
        none("complaints sent, and never confirmed", len(tally.sent - set(tally.confirmed))),
        none("complaints lost", len(tally.sent - set(found))),
        none("complaints doubled", sum(count > 1 for count in found.values())),
        none("confirmed under a wrong number", len(wrong)),
        none("tickets beyond one per complaint", len(filed) - len(tally.sent) - others),
        none(
            "log rows beyond one per ticket",
            bench.ask(f"SELECT count(*) FROM participation WHERE {FILED}")[0] - len(filed),
        ),
    ]


def _of_staff(bench: Bench) -> list[Promise]:
    """Every move is one that was possible, counted once, and in the trail."""
    impossible, miscounted = 0, 0
    for ticket_id, state, version, type_ in bench.rows(
        "SELECT id, state, version, type FROM ticket"
    ):
        here, moves = State.RECEIVED, 0
        possible = messages.MOVES if type_ == MESSAGE else MOVES
        for kind, new in bench.rows(
            f"SELECT kind, state FROM ticket_event WHERE ticket_id = {ticket_id} ORDER BY id"
        ):
            if kind == "moved":
                impossible += new not in possible.get(here, ())
                here, moves = State(new), moves + 1
            elif kind in ("reopened", "broken"):
                impossible += here not in (State.DONE, State.REOPENED)
                moves += here == State.DONE  # the next one who finds it bad opens nothing
                here = State.REOPENED
            elif kind == "withdrawn":
                impossible += here not in OPEN_STATES
                here, moves = State.WITHDRAWN, moves + 1
            elif kind == "edited":
                impossible += here != State.RECEIVED
                moves += 1
            elif kind in ("added", "replied"):
                answered = type_ == MESSAGE and here == State.DONE
                impossible += here not in OPEN_STATES and not answered
                if here in WAKES:  # what was asked for is there, or asked once more
                    here, moves = WAKES[here], moves + 1
        miscounted += (here, moves) != (state, version)
    moved = "SELECT count(*) FROM ticket_event WHERE kind = 'moved'"
    judged = "SELECT count(*) FROM verdict WHERE stage = 'closing'"  # of complaints: by person
    wished = (
        "SELECT count(*) FROM ticket_event JOIN ticket ON ticket.id = ticket_event.ticket_id"
        " WHERE type = 'aspiration' AND kind IN ('confirmed', 'reopened')"
    )
    audited = "SELECT count(*) FROM audit WHERE act = 'ticket.move'"
    logged = "SELECT count(*) FROM participation WHERE activity = 'verdict_given'"
    count = bench.ask(moved)[0]
    return [
        none(f"impossible moves, of {count}", impossible),
        none("tickets whose state is not their history's", miscounted),
        none("moves without their line in the trail", count - bench.ask(audited)[0]),
        none(
            "verdicts without their log row",
            bench.ask(judged)[0] + bench.ask(wished)[0] - bench.ask(logged)[0],
        ),
    ]


def _of_people(bench: Bench) -> list[Promise]:
    people = bench.simulator.world.people.values()
    sent = bench.ask("SELECT count(*) FROM outbox WHERE state = 'sent' AND method LIKE 'send%'")[0]
    repeated = len(bench.simulator.world.sent) - sent
    allowed = bench.seen.sends_in_flight + bench.faults.lost_answers()
    return [
        none(f"acts without an answer in {ANSWER_SECONDS:.0f} s", len(bench.tally.unanswered)),
        none("people who gave up or did not finish", len(bench.troubles)),
        none("taps without an answer", sum(len(human.unanswered) for human in people)),
        (f"repeated messages, allowed {allowed}", repeated, 0 <= repeated <= allowed),
        none("requests that Telegram refuses", len(refusals(bench))),
    ]


def refusals(bench: Bench) -> list[Refusal]:
    """Requests that Telegram would not take, expected ones excepted."""
    params = bench.rows(
        "SELECT params FROM outbox WHERE method = 'deleteMessage' AND possibly_repeated"
    )
    repeated = [json.loads(text) for (text,) in params if text]  # gone already the second time
    return [
        refusal
        for refusal in bench.simulator.refusals
        if not EXPECTED.search(refusal.description) and refusal.parameters not in repeated
    ]


def _of_rows(bench: Bench) -> list[Promise]:
    media, not_kept = bench.ask(
        "SELECT count(*), coalesce(sum(path IS NULL), 0) FROM ticket_media"
    )
    check = bench.ask("PRAGMA integrity_check")[0]
    return [
        none(
            "updates not handled, or given up",
            bench.ask("SELECT count(*) FROM inbox WHERE state <> 'done'")[0],
        ),
        none("messages waiting, or given up", bench.ask(WAITING)[0]),
        none(f"photos not kept, of {media}", not_kept),
        none("starts that ended by themselves", len(bench.seen.deaths)),
        none("failures in the log", len(FAILURE.findall(bench.log.read_text()))),
        none("exit status after SIGTERM", bench.status),
        ("PRAGMA integrity_check", check, check == "ok"),
        none("broken references", len(bench.rows("PRAGMA foreign_key_check"))),
    ]


def show(bench: Bench, seconds: float) -> bool:
    """Print the figures; whether every promise was kept."""
    tally, seen, faults = bench.tally, bench.seen, bench.faults
    possibly = bench.ask("SELECT count(*) FROM outbox WHERE possibly_repeated")[0]
    rows = [
        ("seconds", f"{seconds:.0f}"),
        ("kills", ", ".join(f"{n} {mode}" for mode, n in seen.kills.items())),
        ("acts of people, complaints, photos", f"{tally.acts}, {len(tally.sent)}, {tally.photos}"),
        *([("beside", counts(bench))] if bench.options.clerks else []),
        ("faults", sum(faults.hits.values())),
        ("429", bench.simulator.stats.too_many),
        ("in flight at kills, of these new messages", f"{seen.in_flight}, {seen.sends_in_flight}"),
        ("rows marked possibly repeated", possibly),
        ("times a person saw no question and waited", tally.strays),
    ]
    for name, values in (
        ("act to answer, s", tally.waits),
        ("start to first reply, s", seen.starts),
    ):
        if values:
            shares = [percentile(values, share) for share in (0.5, 0.95, 1.0)]
            rows.append((name, "p50 {:.2f}, p95 {:.2f}, most {:.2f}".format(*shares)))
    print()
    for name, value in rows:
        print(f"{name:45}{value}")
    print()
    kept = promises(bench)
    for name, value, good in kept:
        print(f"{name:55}{value!s:>6}  {'kept' if good else 'BROKEN'}")
    refused = [f"{r.method}: {r.description}" for r in refusals(bench)]
    for trouble in [*seen.deaths, *bench.troubles, *tally.unanswered, *refused, *bench.left_over][
        :20
    ]:
        print("  ", trouble)
    return all(good for _name, _value, good in kept)
