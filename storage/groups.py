"""Groups that the bot is in, and the new ids of those that became supergroups.

No person of a group is kept, and nothing that is said there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete

from storage import outbox_upkeep, settings, tasks
from storage.tables import setting

IN, MOVED = "group:", "moved:"  # settings "group:<chat id>" and "moved:<old id>" = new id
LOST = "lost:"  # setting "lost:<chat id>" = since when it takes no messages
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
    """What a group did not take may go another way, if it is that of staff; others have none."""
    if chat_id < 0:
        tasks.add(db, UNREACHED, {"chat_id": chat_id}, now)


def lose(db: Connection, chat_id: int, now: datetime) -> None:
    """Note that a group takes no messages."""
    settings.put(db, f"{LOST}{chat_id}", now.isoformat())


def find(db: Connection, chat_id: int) -> None:
    """A group lets the bot write again."""
    settings.remove(db, f"{LOST}{chat_id}")


def is_lost(db: Connection, chat_id: int, *, since: datetime) -> bool:
    """Whether a group was found to take no messages after that moment."""
    lost = settings.get(db, f"{LOST}{chat_id}")
    return lost is not None and datetime.fromisoformat(lost) > since


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
