"""What the crash bench holds the bot to beside tickets: announcements, gotong royong and more."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from bench.deed_promises import deed_counts
from bench.export_promises import exports
from bench.own_promises import WORD, own_counts
from bench.verdict import Promise, audited, none
from services.attendance import ANSWERS
from services.invites import PAYLOAD
from services.participation import Activity

if TYPE_CHECKING:
    from bench.crash import Bench

NOT_YET, NEVER = ("scheduled", "paused"), "0000"  # nobody agreed before that
QUEUED_SECONDS = 60.0  # an announcement leaves out who wanted no news when it was queued
LOCAL = "+7 hours"  # the zone of the kelurahan, in which a day counts
SUPPORTED = Activity.ASPIRATION_SUPPORTED.value[0]
ATTENDED = Activity.GOTONG_ROYONG_ATTENDED.value[0]
WORDS = {answer: activity.value[0] for answer, activity in ANSWERS.items()}


def mixed(bench: Bench) -> list[Promise]:
    """Everything that must hold of what people did beside complaints and aspirations."""
    return [
        *_announcements(bench), *_activities(bench), *_answers(bench), *_attendance(bench),
        *_topics(bench), *_tickets(bench), *_support(bench), *_invites(bench), *exports(bench),
    ]  # fmt: skip


def counts(bench: Bench) -> str:
    """How much of all this there was."""
    seen = bench.tally.mixed
    found = {
        "announcements": len(seen.announced), "activities": len(seen.planned),
        "answers": len(seen.answers), "ticks": seen.tick_acts, "topics": len(seen.read),
        "additions": len(seen.added), "withdrawn": len(seen.withdrawn),
        "supported": len(seen.support), "invites": len(seen.links), "exports": len(seen.exports),
        **own_counts(bench), **deed_counts(bench),
    }  # fmt: skip
    return ", ".join(f"{number} {name}" for name, number in found.items())


def _announcements(bench: Bench) -> list[Promise]:
    """Each confirmed one is there once, and came to everybody who was a resident by then."""
    made: dict[str, list[tuple[int, str]]] = {m: [] for m in bench.tally.mixed.announced}
    rows = bench.rows("SELECT id, html, created_at, state FROM announcement")
    senders = {row[0] for row in bench.rows("SELECT created_by FROM announcement")}
    for number, words, at, state in rows:
        for marker in made:
            if marker in words:
                goes_out = state not in NOT_YET
                made[marker].append((number, at if goes_out else NEVER))
    arrived = Counter(
        (marker, message["chat_id"])
        for message in bench.simulator.world.sent
        for marker in made
        if marker in message["text"]
    )
    due, missing, doubled = 0, 0, 0
    for marker, found in made.items():
        for number, at in found[:1]:
            for (chat,) in bench.rows(
                f"SELECT telegram_id FROM resident WHERE consent_at <= '{at}'"
            ):
                times = arrived[marker, chat]
                if bench.tally.own.was_quiet(chat, at, QUEUED_SECONDS):
                    continue
                due += 1
                missing += times == 0
                key = f"announcement:{number}:{chat}"
                query = f"SELECT possibly_repeated FROM outbox WHERE key = '{key}'"
                read = chat in senders  # he sees it before it goes out, too
                doubled += times > 1 and not read and bench.rows(query) != [(1,)]
    noted = audited(bench, "announcement.create")
    return [
        none("announcements confirmed and not there", sum(not found for found in made.values())),
        none("announcements made twice", len(rows) - len(made)),
        none(f"announcements not received, of {due}", missing),
        none("announcements doubled and never in flight", doubled),
        none("announcements without their line in the trail", len(rows) - noted),
    ]


def _activities(bench: Bench) -> list[Promise]:
    """What was planned is there once, with one occurrence and one invitation."""
    titles = [row[0] for row in bench.rows("SELECT title || place FROM gotong_royong")]
    planned = bench.tally.mixed.planned
    found = Counter(marker for title in titles for marker in planned if marker in title)
    made = bench.ask("SELECT count(*) FROM gotong_royong WHERE created_by <> 0")[0]
    occurrences = bench.ask("SELECT count(*) FROM occurrence")[0]
    invited = bench.ask("SELECT count(*) FROM reminder WHERE kind = 'invite' AND done_at > ''")[0]
    return [
        none("activities confirmed and not there", len(planned - set(found))),
        none("activities made twice", made - len(planned)),
        none("occurrences beyond one each", occurrences - len(titles)),
        none("activities without their invitation", made - invited),
        none(
            "activities without their line in the trail",
            made - audited(bench, "gotong_royong.planned"),
        ),
    ]


def _answers(bench: Bench) -> list[Promise]:
    """An answer is a row, the last one that the person saw taken, and one line of the log."""
    stored = Counter(
        bench.rows(
            "SELECT telegram_id, occurrence_id, answer FROM rsvp"
            " JOIN resident ON resident.id = resident_id"
        )
    )
    seen = Counter((*key, given) for key, given in bench.tally.mixed.answers.items())
    log = Counter(
        bench.rows(
            "SELECT telegram_id, reference, activity FROM participation JOIN resident"
            " ON pseudonym = person WHERE activity LIKE 'gotong_royong_%'"
            f" AND activity <> '{ATTENDED}'"
        )
    )
    wanted = Counter((person, f"GR-{n}", WORDS[given]) for person, n, given in stored.elements())
    return [
        none(f"answers lost or other than seen, of {seen.total()}", (seen - stored).total()),
        none("answers that nobody saw taken", (stored - seen).total()),
        none("answers without their log row", (wanted - log).total()),
        none("log rows beyond one per answer", (log - wanted).total()),
    ]


def _attendance(bench: Bench) -> list[Promise]:
    """Who was ticked last is there, and once in the log."""
    hosted = bench.tally.deeds.hosted  # has promises of its own
    beside = f"occurrence_id <> {hosted}"
    stored = Counter(
        bench.rows(f"SELECT occurrence_id, resident_id FROM attendance WHERE {beside}")
    )
    seen = Counter(key for key, came in bench.tally.mixed.ticks.items() if came)
    log = Counter(
        (int(reference.removeprefix("GR-")), resident)
        for reference, resident in bench.rows(
            "SELECT reference, resident.id FROM participation JOIN resident"
            f" ON pseudonym = person WHERE activity = '{ATTENDED}'"
            f" AND reference <> 'GR-{hosted}'"
        )
    )
    here = {row[0] for row in bench.rows("SELECT id FROM resident")}
    left = {key for key in seen if key[1] not in here}  # who deleted his data takes it along
    came = audited(bench, "gotong_royong.attended", hosted) - len(left)
    ticks = came - audited(bench, "gotong_royong.unattended", hosted)
    return [
        none(
            f"ticks lost, of {bench.tally.mixed.tick_acts}",
            sum(key not in left for key in seen - stored),
        ),
        none("ticks too many", (stored - seen).total()),
        none("attendance that is not in the log", (stored - log).total()),
        none("log rows beyond attendance", (log - stored).total()),
        none("ticks that the trail counts otherwise", ticks - stored.total()),
    ]


def _topics(bench: Bench) -> list[Promise]:
    """A topic that was shown is in the log, once per person and day."""
    days = bench.rows(
        "SELECT telegram_id, reference, date(at, '" + LOCAL + "') FROM participation JOIN resident"
        " ON pseudonym = person WHERE activity = 'topic_read'"
    )
    seen = bench.tally.mixed.read
    lost = seen - {(person, topic) for person, topic, _day in days}
    return [
        none(f"topics read and not in the log, of {len(seen)}", len(lost)),
        none("topics twice in the log on one day", len(days) - len(set(days))),
    ]


def _tickets(bench: Bench) -> list[Promise]:
    """Additions and withdrawals are events once, additions also a line of the log."""
    seen = bench.tally.mixed
    events = bench.rows(
        "SELECT kind, text, number FROM ticket_event JOIN ticket ON ticket.id = ticket_id"
        " WHERE kind IN ('added', 'replied', 'supported')"
    )
    words = Counter(
        (word, number) for _, text, number in events for word in set(WORD.findall(text or ""))
    )
    added = sum(kind in ("added", "replied") for kind, _text, _number in events)
    log = "SELECT count(*) FROM participation WHERE activity LIKE '%_added_to'"
    withdrawn = Counter(
        number
        for (number,) in bench.rows(
            "SELECT number FROM ticket_event JOIN ticket ON ticket.id = ticket_id"
            " WHERE ticket_event.kind = 'withdrawn'"
        )
    )
    wanted = Counter(seen.added.items())
    return [
        none(f"additions lost, of {wanted.total()}", (wanted - words).total()),
        none("additions doubled, or kept and refused", (words - wanted).total()),
        none("additions without their log row", added - bench.ask(log)[0]),
        none(f"withdrawals lost, of {len(seen.withdrawn)}", len(seen.withdrawn - set(withdrawn))),
        none("withdrawals doubled", withdrawn.total() - len(withdrawn)),
    ]


def _support(bench: Bench) -> list[Promise]:
    """Who supports what he saw supported last, and each support is one line of the log."""
    stored = Counter(
        bench.rows(
            "SELECT telegram_id, number FROM ticket_follower"
            " JOIN resident ON resident.id = resident_id"
            " JOIN ticket ON ticket.id = ticket_id AND type = 'aspiration'"
        )
    )
    numbers = dict(bench.rows("SELECT id, number FROM ticket"))
    last = {
        (person, numbers.get(of, of)): given for person, of, given in bench.tally.mixed.support
    }
    seen = Counter(key for key, given in last.items() if given)
    log = Counter(
        bench.rows(
            "SELECT telegram_id, reference FROM participation JOIN resident ON pseudonym = person"
            f" JOIN ticket ON number = reference WHERE activity = '{SUPPORTED}'"
        )
    )
    return [
        none(f"support lost, of {seen.total()}", (seen - stored).total()),
        none("support that nobody saw taken", (stored - seen).total()),
        none("support without its log row", (stored - log).total()),
        none("log rows beyond support", (log - stored).total()),
    ]


def _invites(bench: Bench) -> list[Promise]:
    """A link is one invite, for one person, who has its role then."""
    seen = bench.tally.mixed
    rows = {
        secret: (number, used_by, role, json.loads(rts))
        for number, secret, used_by, role, rts in bench.rows(
            "SELECT id, secret_hash, used_by, role, rts FROM invite"
        )
    }
    grants = {
        person: (role, json.loads(rts))
        for person, role, rts in bench.rows("SELECT telegram_id, role, rts FROM role_grant")
    }
    wrong, roleless = 0, 0
    for payload in seen.links:
        secret = payload.removeprefix(PAYLOAD)
        _, used_by, role, rts = rows.get(hashlib.sha256(secret.encode()).hexdigest(), [None] * 4)
        guests = seen.accepted.get(payload, [])
        wrong += guests != ([used_by] if used_by else [])
        roleless += bool(guests) and grants.get(used_by) != (role, rts)
    used = sum(used_by is not None for _n, used_by, _role, _rts in rows.values())
    return [
        none("invites beyond one per link, or lost", abs(len(rows) - len(set(seen.links)))),
        none("links used by nobody, two, or another", wrong),
        none("invites used and the role not given", roleless),
        none("invites used without their line in the trail", used - audited(bench, "role.accept")),
        none("invites without their line in the trail", len(rows) - audited(bench, "role.invite")),
    ]
