"""Who may do what: one table of permissions, and the actor that every act is done by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from storage.residents import Resident


class Role(Enum):
    """What a person is to the bot."""

    RESIDENT = "resident"
    ADMIN = "admin"


class Permission(Enum):
    """What a route or a service may need."""

    USE = auto()  # read, report and follow one's own reports
    WATCH = auto()  # get a card of every new ticket, and of failures
    EXPORT = auto()  # take the data out


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RESIDENT: frozenset({Permission.USE}),
    Role.ADMIN: frozenset({Permission.USE, Permission.WATCH, Permission.EXPORT}),
}


class NotAllowed(Exception):
    """The actor lacks the permission that an act needs."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a Telegram account, and the resident behind it once he consented."""

    telegram_id: int
    role: Role
    resident: Resident | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the table allows it."""
        return permission in PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Refuse an act that the table does not allow.

        Raises:
            NotAllowed: naming the permission.
        """
        if not self.may(permission):
            raise NotAllowed(permission.name)


OPERATOR = Actor(telegram_id=0, role=Role.ADMIN)  # whoever has the machine's command line


def role_of(telegram_id: int, admins: tuple[int, ...]) -> Role:
    """The role of a Telegram account."""
    return Role.ADMIN if telegram_id in admins else Role.RESIDENT
