"""What the crash bench holds the bot to, looked up when everything is quiet again."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.people import ANSWER_SECONDS
from bench.reply import percentile
from services.tickets import MOVES, State

if TYPE_CHECKING:
    from bench.crash import Bench

# An edit repeated after a kill changes nothing; a dead poller's request meets the next mode.
EXPECTED = re.compile("not modified|can't use getUpdates|terminated by other")

FAILURE = re.compile(r"^Traceback| ERROR | WARNING worker: ", re.MULTILINE)


Promise = tuple[str, Any, bool]  # what it is called, the figure, whether it was kept


def promises(bench: Bench) -> list[Promise]:
    """Everything that must hold after all the kills."""
    return [
        *_of_complaints(bench), *_of_staff(bench), *_of_people(bench), *_of_rows(bench),
    ]  # fmt: skip


def _of_complaints(bench: Bench) -> list[Promise]:
    tally = bench.tally
    filed = {
        number: f"{landmark} {description}"
        for number, landmark, description in bench.rows(
            "SELECT number, landmark, description FROM ticket"
        )
    }
    found = Counter(marker for words in filed.values() for marker in tally.sent if marker in words)
    wrong = [m for m, number in tally.confirmed.items() if m not in filed.get(number, "")]
    return [
        _none("complaints sent, and never confirmed", len(tally.sent - set(tally.confirmed))),
        _none("complaints lost", len(tally.sent - set(found))),
        _none("complaints doubled", sum(count > 1 for count in found.values())),
        _none("confirmed under a wrong number", len(wrong)),
        _none("tickets beyond one per complaint", len(filed) - len(tally.sent)),
        _none(
            "log rows beyond one per ticket",
            bench.ask("SELECT count(*) FROM participation WHERE activity LIKE '%_filed'")[0]
            - len(filed),
        ),
    ]


def _of_staff(bench: Bench) -> list[Promise]:
    """Every move is one that was possible, counted once, and in the trail."""
    impossible, miscounted = 0, 0
    for ticket_id, state, version in bench.rows("SELECT id, state, version FROM ticket"):
        here, moves = State.RECEIVED, 0
        for kind, new in bench.rows(
            f"SELECT kind, state FROM ticket_event WHERE ticket_id = {ticket_id} ORDER BY id"
        ):
            if kind == "moved":
                impossible += new not in MOVES[here]
                here, moves = State(new), moves + 1
            elif kind == "reopened":
                impossible += here != State.DONE
                here, moves = State.REOPENED, moves + 1
        miscounted += (here, moves) != (state, version)
    moved = "SELECT count(*) FROM ticket_event WHERE kind = 'moved'"
    judged = "SELECT count(*) FROM ticket_event WHERE kind IN ('confirmed', 'reopened')"
    audited = "SELECT count(*) FROM audit WHERE act = 'ticket.move'"
    logged = "SELECT count(*) FROM participation WHERE activity = 'verdict_given'"
    count = bench.ask(moved)[0]
    return [
        _none(f"impossible moves, of {count}", impossible),
        _none("tickets whose state is not their history's", miscounted),
        _none("moves without their line in the trail", count - bench.ask(audited)[0]),
        _none("verdicts without their log row", bench.ask(judged)[0] - bench.ask(logged)[0]),
    ]


def _of_people(bench: Bench) -> list[Promise]:
    people = bench.simulator.world.people.values()
    refused = [r for r in bench.simulator.refusals if not EXPECTED.search(r.description)]
    sent = bench.ask("SELECT count(*) FROM outbox WHERE state = 'sent' AND method LIKE 'send%'")[0]
    repeated = len(bench.simulator.world.sent) - sent
    allowed = bench.seen.sends_in_flight + bench.faults.lost_answers()
    return [
        _none(f"acts without an answer in {ANSWER_SECONDS:.0f} s", len(bench.tally.unanswered)),
        _none("people who gave up or did not finish", len(bench.troubles)),
        _none("taps without an answer", sum(len(human.unanswered) for human in people)),
        (f"repeated messages, allowed {allowed}", repeated, 0 <= repeated <= allowed),
        _none("requests that Telegram refuses", len(refused)),
    ]


def _of_rows(bench: Bench) -> list[Promise]:
    media, not_kept = bench.ask(
        "SELECT count(*), coalesce(sum(path IS NULL), 0) FROM ticket_media"
    )
    check = bench.ask("PRAGMA integrity_check")[0]
    return [
        _none(
            "updates not handled, or given up",
            bench.ask("SELECT count(*) FROM inbox WHERE state <> 'done'")[0],
        ),
        _none(
            "messages waiting, or given up",
            bench.ask("SELECT count(*) FROM outbox WHERE state <> 'sent'")[0],
        ),
        _none(f"photos not kept, of {media}", not_kept),
        _none("starts that ended by themselves", len(bench.seen.deaths)),
        _none("failures in the log", len(FAILURE.findall(bench.log.read_text()))),
        _none("exit status after SIGTERM", bench.status),
        ("PRAGMA integrity_check", check, check == "ok"),
        _none("broken references", len(bench.rows("PRAGMA foreign_key_check"))),
    ]


def _none(name: str, count: int) -> Promise:
    return name, count, count == 0


def show(bench: Bench, seconds: float) -> bool:
    """Print the figures; whether every promise was kept."""
    tally, seen, faults = bench.tally, bench.seen, bench.faults
    possibly = bench.ask("SELECT count(*) FROM outbox WHERE possibly_repeated")[0]
    rows = [
        ("seconds", f"{seconds:.0f}"),
        ("kills", ", ".join(f"{n} {mode}" for mode, n in seen.kills.items())),
        ("acts of people, complaints, photos", f"{tally.acts}, {len(tally.sent)}, {tally.photos}"),
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
        print(f"{name:45}{value!s:>6}  {'kept' if good else 'BROKEN'}")
    for trouble in [*seen.deaths, *bench.troubles, *tally.unanswered][:10]:
        print("  ", trouble)
    return all(good for _name, _value, good in kept)
