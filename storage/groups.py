"""Groups that the bot is in, and the new ids of those that became supergroups.

No person of a group is kept, and nothing that is said there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from storage import outbox_upkeep, settings, tasks
from storage.tables import setting

IN, MOVED = "group:", "moved:"  # settings "group:<chat id>" and "moved:<old id>" = new id
LOST = "lost:"  # setting "lost:<chat id>" = since when it takes no messages
TRIED_AGAIN = timedelta(days=1)  # after that; at once where somebody lets the bot in
UNREACHED = "unreached"  # kind of the slow work for a group that took no message


def join(db: Connection, chat_id: int) -> bool:
    """Note that the bot is in a group; False if that was known."""
    if settings.get(db, f"{IN}{chat_id}") is not None:
        return False
    settings.put(db, f"{IN}{chat_id}", "in")
    return True


def known(db: Connection) -> list[int]:
    """The ids of the groups that the bot knows it is in."""
    return sorted(int(name.removeprefix(IN)) for name in settings.names(db, IN))


def not_taken(db: Connection, chat_id: int, now: datetime) -> None:
    """Note that a group takes no messages; what was for it may go another way.

    The slow work that this queues knows whether it was noted before (`first`).
    """
    if chat_id < 0:
        first = not is_lost(db, chat_id, now)
        if first:
            lose(db, chat_id, now)
        tasks.add(db, UNREACHED, {"chat_id": chat_id, "first": first}, now)


def lose(db: Connection, chat_id: int, now: datetime) -> None:
    """Note that a group takes no messages."""
    settings.put(db, f"{LOST}{chat_id}", now.isoformat())


def find(db: Connection, chat_id: int) -> None:
    """A group lets the bot write again."""
    settings.remove(db, f"{LOST}{chat_id}")


def is_lost(db: Connection, chat_id: int, now: datetime) -> bool:
    """Whether a group was found lately to take no messages."""
    since = settings.get(db, f"{LOST}{chat_id}")
    return since is not None and now - datetime.fromisoformat(since) < TRIED_AGAIN


def leave(db: Connection, chat_id: int) -> None:
    """The bot is not in a group any more: what waits for it is given up."""
    db.execute(delete(setting).where(setting.c.name == f"{IN}{chat_id}"))
    outbox_upkeep.fail_chat(db, chat_id, "left the group")


def move(db: Connection, old: int, new: int) -> None:
    """A group became a supergroup: what waits for it, and what is known of it, moves along."""
    outbox_upkeep.move_chat(db, old, new)
    db.execute(delete(setting).where(setting.c.name == f"{IN}{old}"))
    join(db, new)
    settings.put(db, f"{MOVED}{old}", str(new))


def id_now(db: Connection, chat_id: int) -> int:
    """The id that a group has now; a group moves only once."""
    return int(settings.get(db, f"{MOVED}{chat_id}") or chat_id)
