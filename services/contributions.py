"""What residents bring to gotong royong besides their hands, by kind and never as money.

An offer is an intention and counts at the planning stage, once a kind. A deed is what an
organiser ticks as given, from the start on, and counts at the implementation stage: an intention
is no deed, and neither is coming, which proves nothing of the cart that was promised. What a
person offers stays when he comes himself; who cannot come after all takes back what he has not
given. Residents see counts, organisers see who brings what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services import audit
from services.aspiration_form import CONTRIBUTIONS
from services.attendance import ahead, overlook, rts_to_tick, ticked
from services.audit import Act
from services.forms import Answers, Choice, Form, Kind, Step
from services.gotong_royong import Unknown, reference
from services.participation import Activity, log, take_back
from services.roles import Actor, Permission
from storage import Connection, Row, contributions, gotong_royong, residents
from storage.contributions import Kept

FORM = "contribution"
KINDS = CONTRIBUTIONS  # as in an aspiration
LONGEST = 100  # characters of "gerobak 1, sekop 2"
OFFERED = {kind: Activity[f"{kind.upper()}_OFFERED"] for kind in KINDS}
GIVEN = {kind: Activity[f"{kind.upper()}_GIVEN"] for kind in KINDS}


def form() -> Form:
    """Which kinds, and in words what exactly."""
    kinds = tuple(Choice(kind, f"aspiration.contributions.choice.{kind}") for kind in KINDS)
    return Form(
        name=FORM,
        story="words",
        steps=(
            Step("kinds", frozenset({Kind.CHOICES}), kinds, columns=2),
            Step("words", frozenset({Kind.TEXT}), optional=True, longest=LONGEST),
        ),
    )


def answers_of(kept: dict[str, Kept]) -> dict[str, dict[str, Any]]:
    """The answers of the form that make what is kept: what is changed begins with it."""
    if not kept:
        return {}
    words = next((one.words for one in kept.values() if one.words), None)
    chosen = {"kinds": {"choices": [kind for kind in KINDS if kind in kept]}}
    return {**chosen, "words": {"text": words}} if words else chosen


def is_open(db: Connection, actor: Actor, occurrence_id: int, now: datetime) -> bool:
    """Whether the actor may say what he brings: it is for him, and has not begun."""
    return ahead(db, actor.resident, occurrence_id, now) is not None


def offer(
    db: Connection, actor: Actor, occurrence_id: int, answers: Answers, now: datetime
) -> Row[Any]:
    """Keep what a resident would bring, in place of what he said before; what is given stays.

    Raises:
        Unknown: no such occurrence for this resident, or it has begun.
    """
    actor.require(Permission.USE)
    assert actor.resident is not None, "consent is asked before anything is kept"
    assert actor.agreed, "and again when its text changes"
    row = gotong_royong.get(db, occurrence_id, lock=True)
    if row is None or not is_open(db, actor, row.id, now):
        raise Unknown(occurrence_id)
    me = actor.resident
    chosen = [kind for kind in KINDS if kind in answers["kinds"]["choices"]]
    kept = contributions.of(db, row.id, me.id)
    for kind in chosen:
        if kind not in kept:
            contributions.add(db, row.id, me.id, kind, offered_at=now)
            log(db, me, OFFERED[kind], reference(row.id), now)
    _withdraw(db, actor, row, {kind: one for kind, one in kept.items() if kind not in chosen})
    contributions.say(db, row.id, me.id, answers.get("words", {}).get("text"))
    return row


def withdraw(db: Connection, actor: Actor, row: Row[Any]) -> None:
    """Somebody cannot come after all: what he offered and has not given goes."""
    actor.require(Permission.USE)
    assert actor.resident is not None, "only a resident answers"
    _withdraw(db, actor, row, contributions.of(db, row.id, actor.resident.id))


def _withdraw(db: Connection, actor: Actor, row: Row[Any], kept: dict[str, Kept]) -> None:
    assert actor.resident is not None
    for kind, one in kept.items():
        if one.given_at is None:
            contributions.remove(db, row.id, actor.resident.id, kind)
            take_back(db, actor.resident, (OFFERED[kind],), reference(row.id))


# --- for organisers ---------------------------------------------------------------------------


def listed(
    db: Connection, actor: Actor, occurrence_id: int, now: datetime
) -> tuple[Row[Any], list[tuple[Row[Any], dict[str, Kept]]]]:
    """Who brings what to an occurrence: residents of the actor's RTs (id, name, rt), by kind.

    Raises:
        Unknown: there is none. NotAllowed: it is not the actor's.
    """
    row = overlook(db, actor, occurrence_id, now)
    people = contributions.people(db, row.id, rts_to_tick(actor, row))
    return row, [(one, contributions.of(db, row.id, one.id)) for one in people]


def of_one(
    db: Connection, actor: Actor, occurrence_id: int, resident_id: int, now: datetime
) -> tuple[Row[Any], Row[Any], dict[str, Kept]]:
    """What one resident brings: the occurrence, his line of the checklist, the kinds.

    Raises:
        Unknown: no such occurrence or resident for the actor, or it is not the time to tick.
        NotAllowed: it is not the actor's.
    """
    row, line = ticked(db, actor, occurrence_id, resident_id, now)
    return row, line, contributions.of(db, row.id, resident_id)


def tick(
    db: Connection,
    actor: Actor,
    occurrence_id: int,
    resident_id: int,
    kind: str,
    *,
    given: bool,
    now: datetime,
) -> bool:
    """Note that a resident gave something, announced or not, or take that back.

    False if it was so already.

    Raises:
        Unknown: no such occurrence, resident or kind for the actor, or it is not the time.
        NotAllowed: it is not the actor's.
    """
    row, _ = ticked(db, actor, occurrence_id, resident_id, now, lock=True)
    if kind not in KINDS:
        raise Unknown(occurrence_id)
    kept = contributions.of(db, row.id, resident_id).get(kind)
    if given == (kept is not None and kept.given_at is not None):
        return False
    resident = residents.get(db, resident_id)
    deed = {"given_at": now, "given_by": actor.telegram_id}
    if kept is None:
        contributions.add(db, row.id, resident_id, kind, **deed)
    elif given:
        contributions.change(db, row.id, resident_id, kind, deed)
    elif kept.offered_at is None:
        contributions.remove(db, row.id, resident_id, kind)
    else:
        undone = {"given_at": None, "given_by": None}
        contributions.change(db, row.id, resident_id, kind, undone)
    if given:
        log(db, resident, GIVEN[kind], reference(row.id), now)
    else:
        take_back(db, resident, (GIVEN[kind],), reference(row.id))
    act = Act.CONTRIBUTION_GIVEN if given else Act.CONTRIBUTION_UNGIVEN
    audit.note(db, actor, act, reference(row.id), now, f"resident {resident_id}")
    return True
