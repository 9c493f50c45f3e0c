"""Routes as data: which handler takes a command, a tap, a menu label or any other message.

Each route names the permission that it needs. handlers/table.py lists them all; jobs/dispatch.py
turns them into python-telegram-bot handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from telegram import Update

from handlers.unit import Unit
from services.roles import Permission

Handler = Callable[[Unit, Update], None]


class Trigger(Enum):
    """What sets a route off."""

    TAP = "tap"
    COMMAND = "command"
    BLOCKING = "blocking"  # the person blocked or unblocked the bot
    EDIT = "edit"
    UNKNOWN_TAP = "unknown tap"
    UNKNOWN_COMMAND = "unknown command"
    GROUP_COMMAND = "group command"
    GROUP_TAP = "group tap"
    GROUP_MEMBERSHIP = "group membership"  # the bot was let into a group, or taken out of it
    GROUP_MOVED = "group moved"  # a group became a supergroup with another id
    REFUSED = "refused"  # what the permissions did not allow
    MESSAGE = "message"  # everything that no other route takes


@dataclass(frozen=True)
class Route:
    """One way into a feature."""

    trigger: Trigger
    name: str  # the command without slash, or the first part of the callback data
    handler: Handler
    needs: Permission
    menu: str | None = None  # phrase of the main menu's label that does the same


def careful(handler: Handler, unknown: type[Exception]) -> Handler:
    """A handler of a button: what it names and is not there (any more) is an old button.

    `unknown` is what the services raise for it.
    """

    def guarded(unit: Unit, update: Update) -> None:
        try:
            handler(unit, update)
        except unknown:
            unit.notice("form.old_button")

    return guarded


def command(name: str, handler: Handler, *, needs: Permission, menu: str | None = None) -> Route:
    """A slash command, and the label of the main menu that stands for it."""
    return Route(Trigger.COMMAND, name, handler, needs, menu)


def tap(name: str, handler: Handler, *, needs: Permission) -> Route:
    """An inline button whose callback data is `name` or `name:…`; `unit.values` has the rest.

    An action that needs a permission of its own has a route of its own: "ticket:move".
    """
    return Route(Trigger.TAP, name, handler, needs)


def other(trigger: Trigger, handler: Handler, *, needs: Permission) -> Route:
    """Anything else: `trigger` says what."""
    return Route(trigger, "", handler, needs)
