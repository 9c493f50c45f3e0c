"""For what staff are offered ready answers (content/id/balasan.toml), and those that fit one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from content.replies import Replies
from services import messages
from services.tickets import ASPIRATION, COMPLAINT, MESSAGE, State
from storage import Row

WRITE = "tulis"  # what is written to a resident without moving his ticket
WORDS_OF = {COMPLAINT: "laporan", ASPIRATION: "usulan", MESSAGE: "pesan"}  # as the file says it
_ASKED = (State.NEEDS_DATA, State.NOT_OURS, State.ARCHIVED, State.REOPENED, WRITE)
_MESSAGE_STATES = {state for moves in messages.MOVES.values() for state in moves}
PURPOSES = frozenset(
    {
        *(("laporan", state) for state in _ASKED),
        *(("usulan", state) for state in (*_ASKED, State.DONE)),
        *(("pesan", state) for state in _MESSAGE_STATES - {State.FORWARDED}),
    }
)


def answers(
    replies: Replies, ticket: Row[Any], purpose: str, values: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Label and sentence of the ready answers that fit a ticket, by the key of their button.

    One with a gap that cannot be filled is not offered.
    """
    found = {}
    for reply in replies.of(WORDS_OF[ticket.type], purpose):
        text = reply.filled(values)
        if text is not None:
            found[reply.key] = (reply.label, text)
    return found
