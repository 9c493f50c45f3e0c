"""The participation log: what counts as an act, and at which stage of participation.

Stages after Cohen & Uphoff, as in the field study: planning, implementation, monitoring,
benefit use; before them understanding (design, section 9).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from storage import Connection, participation
from storage.residents import Resident

DIRECT = "direct"


class Stage(Enum):
    """The stage of participation that an act belongs to."""

    UNDERSTANDING = "understanding"
    PLANNING = "planning"
    IMPLEMENTATION = "implementation"
    MONITORING = "monitoring"
    BENEFIT = "benefit"


class Activity(Enum):
    """An act that counts; its value is the word in the export, with its stage."""

    TOPIC_READ = ("topic_read", Stage.UNDERSTANDING)
    COMPLAINT_FILED = ("complaint_filed", Stage.MONITORING)
    COMPLAINT_JOINED = ("complaint_joined", Stage.MONITORING)
    COMPLAINT_ADDED_TO = ("complaint_added_to", Stage.MONITORING)
    VERDICT_GIVEN = ("verdict_given", Stage.MONITORING)
    ASPIRATION_FILED = ("aspiration_filed", Stage.PLANNING)
    ASPIRATION_ADDED_TO = ("aspiration_added_to", Stage.PLANNING)


def log(
    db: Connection, resident: Resident, activity: Activity, reference: str, now: datetime
) -> None:
    """Log an act of a resident in the transaction of the act."""
    word, stage = activity.value
    participation.add(
        db,
        at=now,
        stage=stage.value,
        activity=word,
        rt=resident.rt,
        person=resident.pseudonym,
        channel=DIRECT,
        reference=reference,
    )
