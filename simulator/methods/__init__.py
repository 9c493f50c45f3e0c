"""The Bot API methods, by family; METHODS finds them by lower-case name as Telegram does."""

from collections.abc import Callable
from typing import Any

from simulator.call import Call
from simulator.methods import chats, editing, media, profile, sending
from simulator.state import World

Method = Callable[[World, Call], Any]

METHODS: dict[str, tuple[str, Method]] = {
    name.lower(): (name, function)
    for family in (sending, media, editing, chats, profile)
    for name, function in family.METHODS.items()
}
