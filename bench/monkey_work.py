"""What staff of the monkey bench open out of turn: something that is there, as from a list."""

from __future__ import annotations

from datetime import timedelta

from bench.monkey_cast import Play, Visitor

NEAR = timedelta(hours=6)  # gotong royong that begins or began so near
WORK = {
    "desk:open": "SELECT id FROM ticket WHERE state NOT IN ('dicabut', 'digabung')"
    " AND (:near < :later) ORDER BY updated_at DESC LIMIT 40",
    "activity:open": "SELECT id FROM occurrence WHERE starts_at BETWEEN :near AND :later",
    "announcement:open": "SELECT id FROM announcement WHERE :near < :later"
    " ORDER BY id DESC LIMIT 6",
    "lesson:open": "SELECT id FROM lesson WHERE :near < :later ORDER BY id DESC LIMIT 12",
}
OFTEN = {"desk:open": 4, "activity:open": 4, "announcement:open": 2, "lesson:open": 1}


async def opens(play: Play, who: Visitor) -> None:
    """A ticket, gotong royong of today, an announcement, or a lesson."""
    assert play.db is not None
    what = play.chance.choices(list(OFTEN), list(OFTEN.values()))[0]
    now = play.simulator.clock()
    near, later = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (now - NEAR, now + NEAR))
    rows = play.db.execute(WORK[what], {"near": near, "later": later}).fetchall()
    number = play.chance.choice(rows)[0] if rows else 1
    message = who.fresh[-1][0] if who.fresh else 10**9
    play.taps.append(await who.person.taps_raw(message, f"{what}:{number}"))
    who.did(f"opens {what}:{number}")
