"""Photos that prove work: the same one twice is noticed, even copied, resized or made brighter.

A photo's hash (dHash: is a point of the shrunken picture darker than the one to its right?) has 64
bits. Two photos count as the same from `NEAR` differing bits down. Measured on 150 made street
scenes of the kind that tests/test_photo_hashes.py makes: copies as JPEG of quality 40, of 320 or
1600 pixels, 15 % brighter, 20 % darker or with a fifth more contrast differ in at most 8 bits
(median 0 to 3); with 2 % cut off 89 % of them do, with 5 % one in five. Of 11,175 pairs of
different pictures the nearest differ in 16.
A photo of the work from exactly where the report was photographed, with a fifth of the picture
changed, differs in 6 bits or less in 8 % of the cases (8 bits: 30 %), and with the telephone 2 %
aside in 1 %; so the photo of the own report must be nearer (`NEAR_OWN`, which finds 93 % to all
copies). It is said as something to look at, and nothing is refused.
Photos from before they were compared are looked at when their own ticket is closed; those of other
tickets count by their checksum, which finds a file that was passed on as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from services import audit
from services.audit import Act
from services.roles import OPERATOR
from storage import Connection, photo_hashes, tasks, tickets
from storage.photo_hashes import Look

KIND = "photo_hash"  # of the slow work
NEAR = 8  # of 64 bits
NEAR_OWN = 6  # to the photo of its own report, which shows the same place


class Alike(NamedTuple):
    """A proof, and the ticket whose photo it shows."""

    proof: Look
    ticket_id: int


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def between(one: Look, other: Look) -> int | None:
    """How far apart two photos are, in bits; None if they are not the same."""
    if one.sha256 is not None and one.sha256 == other.sha256:
        return 0
    if one.phash is None or other.phash is None:
        return None
    bits = distance(one.phash, other.phash)
    return bits if bits <= (NEAR_OWN if one.ticket_id == other.ticket_id else NEAR) else None


def look_later(db: Connection, medium_id: int, now: datetime) -> None:
    """Queue that a photo is looked at, once it is kept as a file."""
    tasks.add(db, KIND, {"medium_id": medium_id}, now)


def look_at_old_ones(db: Connection, ticket_id: int, now: datetime) -> None:
    """Queue that photos of a ticket from before photos were compared are looked at."""
    waiting = {
        payload.get("medium_id") for state, payload in tasks.of_kind(db, KIND) if state == "queued"
    }
    for medium_id in photo_hashes.without_look(db, ticket_id):
        if medium_id not in waiting:
            look_later(db, medium_id, now)


def found(db: Connection, one: Look) -> list[Alike]:
    """Which proofs show what another photo shows, now that it is known what `one` looks like.

    Of several photos that a proof shows, the nearest; another ticket's before its own.
    """
    near = [
        (bits, one.ticket_id == other.ticket_id, other)
        for other in photo_hashes.comparable(db, one)
        if (bits := between(one, other)) is not None
    ]
    if one.is_proof:
        best = min(near, key=lambda found: found[:2], default=None)
        return [] if best is None else [Alike(one, best[2].ticket_id)]
    reported = photo_hashes.was_filed(db, one.event_id)
    return [Alike(proof, one.ticket_id) for _, own, proof in near if reported or not own]


def note(db: Connection, one: Alike, now: datetime) -> bool:
    """Write down that a proof shows what a photo of that ticket shows; False if that is known."""
    proof = tickets.get(db, one.proof.ticket_id, lock=True)
    other = tickets.get(db, one.ticket_id)
    if proof is None or other is None:
        return False
    known = one.ticket_id in photo_hashes.alike(db, one.proof.event_id)
    photo_hashes.mark_alike(db, one.proof.id, one.ticket_id)
    if not known:
        audit.note(db, OPERATOR, Act.PHOTO_ALIKE, proof.number, now, f"= {other.number}")
    return not known
