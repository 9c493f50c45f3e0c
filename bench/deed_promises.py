"""What the crash bench holds the bot to in what staff and residents do together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.staff_promises import of_staff
from bench.verdict import Promise, none
from services.participation import Activity
from storage.residents import Notice

if TYPE_CHECKING:
    from bench.crash import Bench

OFFERED = "%_offered"
ATTENDED = Activity.GOTONG_ROYONG_ATTENDED.value[0]


def deeds(bench: Bench) -> list[Promise]:
    """Everything that must hold of it."""
    return [
        *of_staff(bench), *_verdicts(bench), *_presence(bench), *_brought(bench),
        *_lessons(bench), *_notices(bench),
    ]  # fmt: skip


def deed_counts(bench: Bench) -> dict[str, int]:
    """How much of all this there was."""
    seen = bench.tally.deeds
    return {
        "proofs": len(seen.proofs), "taken": seen.taken.total(),
        "released": seen.released.total(), "numbers elsewhere": len(seen.outside),
        "letters": len(seen.letters), "written back": seen.replies, "verdicts": seen.judged,
        "photos of what lacks": len(seen.lacking_photos), "codes": len(seen.codes),
        "came by code": len(seen.came), "claims": len(seen.claims),
        "confirmed": len(seen.confirmed), "declined": len(seen.declined),
        "brought": len(seen.brought), "lessons": seen.planned,
        "lessons answered": len(seen.lesson_answers), "notices set": len(seen.notices),
        "assisted": len(seen.assisted), "corrections": seen.corrections,
        "pauses and resumptions": seen.turns.total(),
    }  # fmt: skip


def _verdicts(bench: Bench) -> list[Promise]:
    """What somebody said last of a ticket is what is kept last."""
    kept = {
        (person, number): bool(good)
        for person, number, good in bench.rows(
            "SELECT telegram_id, number, good FROM verdict"
            " JOIN closing ON closing.event_id = closing_id"
            " JOIN ticket ON ticket.id = closing.ticket_id"
            " JOIN resident ON resident.id = resident_id ORDER BY verdict.at, verdict.id"
        )
    }
    complaints = {
        row[0] for row in bench.rows("SELECT number FROM ticket WHERE type = 'complaint'")
    }
    said = {k: good for k, good in bench.tally.deeds.verdicts.items() if k[1] in complaints}
    wrong = sum(kept.get(key) != good for key, good in said.items())
    return [none(f"verdicts lost or other than said last, of {len(said)}", wrong)]


def _presence(bench: Bench) -> list[Promise]:
    """Who was told that he is noted is, once, in both places; who said so waits or is settled."""
    seen = bench.tally.deeds
    rows = bench.rows(
        "SELECT telegram_id, resident.id, way FROM attendance JOIN resident"
        f" ON resident.id = resident_id WHERE occurrence_id = {seen.hosted}"
    )
    log = Counter(
        row[0]
        for row in bench.rows(
            "SELECT resident.id FROM participation JOIN resident ON pseudonym = person"
            f" WHERE activity = '{ATTENDED}' AND reference = 'GR-{seen.hosted}'"
        )
    )
    claims = Counter(
        row[0]
        for row in bench.rows(
            "SELECT telegram_id FROM presence_claim JOIN resident ON resident.id = resident_id"
            f" WHERE occurrence_id = {seen.hosted}"
        )
    )
    here = {row[0] for row in bench.rows("SELECT id FROM resident")}
    persons, residents = {row[0] for row in rows}, {row[1] for row in rows}
    unasked = [p for p, _r, way in rows if way == "code" and p not in seen.came]
    by_nobody = [r for _p, r, way in rows if way == "confirmed" and r not in seen.confirmed]
    lost = (seen.came - persons, (seen.confirmed & here) - residents)
    return [
        none(f"presence lost, of {len(seen.came | seen.confirmed)}", sum(map(len, lost))),
        none("presence that nobody was told of", len(unasked) + len(by_nobody)),
        none("presence without exactly one log row", (log - Counter(residents)).total()
             + (Counter(residents) - log).total()),
        none(f"claims lost, of {len(seen.claims)}", len(seen.claims - set(claims) - persons)),
        none("claims twice", claims.total() - len(claims)),
    ]  # fmt: skip


def _brought(bench: Bench) -> list[Promise]:
    """What somebody said last that he brings, each kind once in the log."""
    kept: dict[tuple[int, int], tuple[set[str], str]] = {}
    for person, occurrence, kind, words in bench.rows(
        "SELECT telegram_id, occurrence_id, kind, words FROM contribution"
        " JOIN resident ON resident.id = resident_id WHERE offered_at IS NOT NULL"
    ):
        kept.setdefault((person, occurrence), (set(), words or ""))[0].add(kind)
    said = bench.tally.deeds.brought
    wrong = [
        key
        for key, (kinds, marker) in said.items()
        if kept.get(key, (set(), ""))[0] != kinds or marker not in kept[key][1]
    ]
    log = bench.rows(
        "SELECT telegram_id, reference, activity FROM participation JOIN resident"
        f" ON pseudonym = person WHERE activity LIKE '{OFFERED}'"
    )
    rows = {
        (p, f"GR-{n}", f"{kind}_offered") for (p, n), (kinds, _) in kept.items() for kind in kinds
    }
    return [
        none(f"contributions lost or other than said last, of {len(said)}", len(wrong)),
        none("contributions that nobody saw kept", len(set(kept) - set(said))),
        none(
            "contributions without exactly one log row",
            len(rows ^ set(log)) + len(log) - len(set(log)),
        ),
    ]


def _lessons(bench: Bench) -> list[Promise]:
    """Each was planned once; the first answer of a person counts, once."""
    seen = bench.tally.deeds
    told = Counter(
        (p, str(n), "lesson_right" if r else "lesson_wrong") for p, n, r in seen.lesson_answers
    )
    log = Counter(
        bench.rows(
            "SELECT telegram_id, substr(reference, instr(reference, ':') + 1), activity"
            " FROM participation JOIN resident"
            " ON pseudonym = person WHERE activity IN ('lesson_right', 'lesson_wrong')"
        )
    )
    planned = bench.ask("SELECT count(*) FROM lesson")[0]
    audited = bench.ask("SELECT count(*) FROM audit WHERE act = 'lesson.plan'")[0]
    return [
        none(
            "lessons planned twice, or lost", abs(planned - seen.planned) + abs(audited - planned)
        ),
        none(f"answers to lessons lost, of {told.total()}", (told - log).total()),
        none("answers to lessons twice, or never told", (log - told).total()),
    ]


def _notices(bench: Bench) -> list[Promise]:
    """Each kind of notice is as its person set it last."""
    columns = ", ".join(f"wants_{kind}" for kind in Notice)
    kept = {
        (person, str(kind)): bool(wanted)
        for person, *all_ in bench.rows(f"SELECT telegram_id, {columns} FROM resident")
        for kind, wanted in zip(Notice, all_, strict=True)
    }
    said = bench.tally.deeds.notices
    wrong = sum(kept.get((person, str(kind))) != wanted for (person, kind), wanted in said.items())
    return [none(f"notices other than set last, of {len(said)}", wrong)]
