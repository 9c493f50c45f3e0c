"""The participation log: what counts as an act, and at which stage of participation.

Stages after Cohen & Uphoff, as in the field study: planning, implementation, monitoring,
benefit use; before them understanding (design, section 9).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import Enum

from storage import Connection, participation
from storage.residents import Resident

DIRECT = "direct"
WHATSAPP = "whatsapp"  # by a link that was copied there


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
    ANNOUNCEMENT_READ = ("announcement_read", Stage.UNDERSTANDING)
    COMPLAINT_FILED = ("complaint_filed", Stage.MONITORING)
    COMPLAINT_JOINED = ("complaint_joined", Stage.MONITORING)
    COMPLAINT_ADDED_TO = ("complaint_added_to", Stage.MONITORING)
    # an answer is an intention; who cannot come has at least understood the invitation
    GOTONG_ROYONG_JOINING = ("gotong_royong_joining", Stage.PLANNING)
    GOTONG_ROYONG_HELPING = ("gotong_royong_helping", Stage.PLANNING)
    GOTONG_ROYONG_DECLINED = ("gotong_royong_declined", Stage.UNDERSTANDING)
    GOTONG_ROYONG_ATTENDED = ("gotong_royong_attended", Stage.IMPLEMENTATION)
    VERDICT_GIVEN = ("verdict_given", Stage.MONITORING)
    ASPIRATION_FILED = ("aspiration_filed", Stage.PLANNING)
    ASPIRATION_ADDED_TO = ("aspiration_added_to", Stage.PLANNING)
    ASPIRATION_SUPPORTED = ("aspiration_supported", Stage.PLANNING)
    # who asks staff wants to understand; what is broken or wished for has forms of its own
    MESSAGE_SENT = ("message_sent", Stage.UNDERSTANDING)
    MESSAGE_ADDED_TO = ("message_added_to", Stage.UNDERSTANDING)


def log(
    db: Connection,
    resident: Resident,
    activity: Activity,
    reference: str,
    now: datetime,
    channel: str = DIRECT,
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
        channel=channel,
        reference=reference,
    )


def take_back(
    db: Connection, resident: Resident, activities: Collection[Activity], reference: str
) -> None:
    """Remove acts that did not happen after all: a changed answer, a tick by mistake."""
    words = [activity.value[0] for activity in activities]
    participation.remove(db, person=resident.pseudonym, activities=words, reference=reference)
