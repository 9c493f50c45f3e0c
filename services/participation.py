"""The participation log: what counts as an act, and at which stage of participation.

Stages after Cohen & Uphoff, as in the field study: planning, implementation, monitoring,
benefit use; before them understanding (design, section 9).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import Enum
from typing import Any

from storage import Connection, Row, participation
from storage.residents import Resident

DIRECT, ASSISTED = "direct", "assisted"
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
    # an answer to a lesson's question, the first one that a person gives
    LESSON_RIGHT = ("lesson_right", Stage.UNDERSTANDING)
    LESSON_WRONG = ("lesson_wrong", Stage.UNDERSTANDING)
    ANNOUNCEMENT_READ = ("announcement_read", Stage.UNDERSTANDING)
    COMPLAINT_FILED = ("complaint_filed", Stage.MONITORING)
    COMPLAINT_JOINED = ("complaint_joined", Stage.MONITORING)
    COMPLAINT_ADDED_TO = ("complaint_added_to", Stage.MONITORING)
    # an answer is an intention; who cannot come has at least understood the invitation
    GOTONG_ROYONG_JOINING = ("gotong_royong_joining", Stage.PLANNING)
    GOTONG_ROYONG_HELPING = ("gotong_royong_helping", Stage.PLANNING)
    GOTONG_ROYONG_DECLINED = ("gotong_royong_declined", Stage.UNDERSTANDING)
    GOTONG_ROYONG_ATTENDED = ("gotong_royong_attended", Stage.IMPLEMENTATION)
    # what somebody says that he brings is an intention; what an organiser saw is a deed
    LABOUR_OFFERED = ("labour_offered", Stage.PLANNING)
    TOOLS_OFFERED = ("tools_offered", Stage.PLANNING)
    MATERIAL_OFFERED = ("material_offered", Stage.PLANNING)
    FOOD_OFFERED = ("food_offered", Stage.PLANNING)
    IDEAS_OFFERED = ("ideas_offered", Stage.PLANNING)
    PLACE_OFFERED = ("place_offered", Stage.PLANNING)
    LABOUR_GIVEN = ("labour_given", Stage.IMPLEMENTATION)
    TOOLS_GIVEN = ("tools_given", Stage.IMPLEMENTATION)
    MATERIAL_GIVEN = ("material_given", Stage.IMPLEMENTATION)
    FOOD_GIVEN = ("food_given", Stage.IMPLEMENTATION)
    IDEAS_GIVEN = ("ideas_given", Stage.IMPLEMENTATION)
    PLACE_GIVEN = ("place_given", Stage.IMPLEMENTATION)
    VERDICT_GIVEN = ("verdict_given", Stage.MONITORING)
    # weeks after the work it is the use of it that is judged
    VERDICT_LATER = ("verdict_later", Stage.BENEFIT)
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


def log_on(
    db: Connection, resident: Resident, ticket: Row[Any], activity: Activity, now: datetime
) -> None:
    """Log an act on a ticket: of the resident, or of the one for whom he filed it.

    The bot does not know who that is: he has a pseudonym for that one ticket, so somebody who is
    helped twice counts as two.
    """
    if ticket.assisted_as is None or ticket.reporter_id != resident.id:
        return log(db, resident, activity, ticket.number, now)
    word, stage = activity.value
    participation.add(
        db,
        at=now,
        stage=stage.value,
        activity=word,
        rt=ticket.rt or resident.rt,
        person=ticket.assisted_as,
        channel=ASSISTED,
        reference=ticket.number,
    )


def take_back(
    db: Connection, resident: Resident, activities: Collection[Activity], reference: str
) -> None:
    """Remove acts that did not happen after all: a changed answer, a tick by mistake."""
    words = [activity.value[0] for activity in activities]
    participation.remove(db, person=resident.pseudonym, activities=words, reference=reference)
