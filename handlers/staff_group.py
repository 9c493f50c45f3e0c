"""The Telegram group of staff, if the settings name one: cards of tickets go there.

Only that one group ever gets them. While the bot cannot write there, everybody who handles
tickets gets them in his private chat instead, what was lost on the way first.
"""

from __future__ import annotations

from typing import Any

from handlers.buttons import Button, Link
from handlers.unit import Unit
from services.roles import Permission
from storage import Row, groups, outbox, outbox_upkeep, shown
from storage.outbox import Message
from storage.outbox_upkeep import Undelivered
from storage.outbox_words import Lane

PAYLOAD = "tiket_"  # of the link that opens a ticket in the private chat, before its id


def group_of(unit: Unit) -> int | None:
    """The id that the group of staff has now; None where there is none."""
    named = unit.settings.staff.group
    return groups.id_now(unit.db, named) if named is not None else None


def watchers(unit: Unit) -> tuple[int, ...]:
    """The chats that get cards of new tickets: the group, or everybody who handles tickets."""
    group = group_of(unit)
    if group is None or groups.is_lost(unit.db, group, unit.now):
        return unit.holders(Permission.HANDLE_TICKETS)
    return (group,)


def hearers(unit: Unit, row: Row[Any]) -> tuple[int, ...]:
    """The chats that hear what a resident added: the watchers, and who took the ticket."""
    found = watchers(unit)
    took = row.assignee_id in unit.holders(Permission.HANDLE_TICKETS)
    return (*found, row.assignee_id) if took and row.assignee_id not in found else found


def readers(unit: Unit) -> frozenset[int]:
    """The chats whose cards are kept as they should be; who lost the role sees no more of it."""
    staff, group = unit.holders(Permission.HANDLE_TICKETS), group_of(unit)
    return frozenset(staff if group is None else (*staff, group))


def card_buttons(unit: Unit, row: Row[Any], chat_id: int) -> list[list[Button | Link]]:
    """What can be done from a card: in a group it leads to the private chat."""
    if chat_id < 0:
        return [[link(unit, "desk.button.open", row.id)]]
    return [[Button("desk.button.open", f"desk:open:{row.id}")]]


def link(unit: Unit, label: str, ticket_id: int, **values: Any) -> Link:
    """A button that opens a ticket in the private chat of whoever taps it."""
    url = f"https://t.me/{unit.world.username}?start={PAYLOAD}{ticket_id}"
    return Link(label, url, values)


def is_of_staff(unit: Unit, chat_id: int) -> bool:
    """Whether a chat is the group of staff."""
    return chat_id == group_of(unit)


def deliver_instead(unit: Unit, chat_id: int, *, first: bool) -> list[int]:
    """What a group did not take goes to everybody who handles tickets; the admins hear it once.

    `first` is whether it took everything until then.

    Gives the ids of the tickets whose cards were lost: they are to be shown anew.
    """
    if not is_of_staff(unit, chat_id):
        return []
    if first:
        for admin in unit.holders(Permission.OPERATE):
            unit.notify(admin, "operator.group_lost")
    tickets = []
    for row in outbox_upkeep.undelivered(unit.db, chat_id):
        if row.ticket_id is not None:
            tickets.append(row.ticket_id)
            shown.drop_card(unit.db, row.id)
        else:
            _copy(unit, row)
    return sorted(set(tickets))


def _copy(unit: Unit, row: Undelivered) -> None:
    """The same message for each of the staff, who is shown in it as well."""
    people = shown.people_in(unit.db, row.id)
    for clerk in unit.holders(Permission.HANDLE_TICKETS):
        params = {**row.params, "chat_id": clerk}
        key = f"instead:{row.id}:{clerk}"
        message = Message(clerk, row.method, params, Lane.NOTICE, key=key)
        shown.note(unit.db, outbox.add(unit.db, message, unit.now), people)
