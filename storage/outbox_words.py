"""What the queue of messages is made of: lanes, states, and how keys with a meaning begin."""

from __future__ import annotations

from enum import IntEnum

ANSWER = "answerCallbackQuery"  # needs no order and no pace: Telegram does not count it
WAITING = ("queued", "sending")
HELD = "held"  # part of a broadcast that pauses: nobody takes it until it is queued again
UNSENT = ("queued", HELD)
NOBODY = 0  # the chat of a message whose recipient deleted his data
COVER = "erase:cover:"  # how the key of a call begins that takes back what others see of somebody
REVISION = "revise:"  # key of what changes a sent announcement: never said as a new message
CONFIDENTIAL = "once:"  # a key that begins so: the body goes at the first tidying after it is sent


class Lane(IntEnum):
    """What goes first."""

    REPLY = 0
    NOTICE = 1
    BROADCAST = 2
