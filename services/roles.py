"""Who may do what: one table of permissions, and the actor that every act is done by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum, auto

from storage import Connection, residents, roles
from storage.residents import Resident
from storage.roles import Grant

CONSENT_VERSION = 2  # counts up when the consent text changes its meaning


class Role(Enum):
    """What a person is to the bot; one role each."""

    BLOCKED = "blocked"  # by staff: may read, and nothing else
    RESIDENT = "resident"
    RT_HEAD = "rt_head"  # for the RTs that the role was given for
    STAFF = "staff"
    PLANNER = "planner"
    ADMIN = "admin"


class Permission(Enum):
    """What a route or a service may need."""

    READ = auto()  # topics, schedule, one's own reports
    USE = auto()  # report, propose, answer, take part
    SEE_TICKETS = auto()  # the desk: tickets of one's RTs, or all
    HANDLE_TICKETS = auto()  # get cards, move tickets from state to state
    MODERATE = auto()  # hide an item from residents, block a person
    ANNOUNCE = auto()  # write to residents
    ORGANISE = auto()  # gotong royong of one's RTs, or all: plan, change, tick who came
    ASSIST = auto()  # file for residents without Telegram, print sheets and posters
    EXPORT = auto()  # take the data out, without names
    EXPORT_NAMES = auto()  # and with the names of those who did not hide them
    MANAGE_ROLES = auto()  # invite, change and remove people with a role
    OPERATE = auto()  # hear of failures


P = Permission
_RESIDENT = frozenset({P.READ, P.USE})
_RT_HEAD = _RESIDENT | {P.SEE_TICKETS, P.ORGANISE, P.ASSIST}
_STAFF = _RT_HEAD | {P.HANDLE_TICKETS, P.MODERATE, P.ANNOUNCE}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.BLOCKED: frozenset({P.READ}),
    Role.RESIDENT: _RESIDENT,
    Role.RT_HEAD: _RT_HEAD,
    Role.STAFF: _STAFF,
    Role.PLANNER: _RESIDENT | {P.EXPORT},
    Role.ADMIN: _STAFF | {P.EXPORT, P.EXPORT_NAMES, P.MANAGE_ROLES, P.OPERATE},
}
INVITED = (Role.RT_HEAD, Role.STAFF, Role.PLANNER)  # roles that an invite can give


class NotAllowed(Exception):
    """The actor lacks the permission that an act needs, or acts outside of his RTs."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a Telegram account, its role, and the resident behind it once he consented."""

    telegram_id: int
    role: Role
    resident: Resident | None = None
    rts: tuple[str, ...] = ()  # of an rt_head

    def known_as(self, resident: Resident) -> Actor:
        """The same, as somebody who became a resident or changed as one."""
        blocked = resident.blocked and self.role is Role.RESIDENT
        return replace(self, resident=resident, role=Role.BLOCKED if blocked else self.role)

    @property
    def agreed(self) -> bool:
        """Whether the person consented to the present text: nothing more is kept before."""
        return self.resident is not None and self.resident.consent_version >= CONSENT_VERSION

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

    @property
    def scope(self) -> tuple[str, ...] | None:
        """The RTs that staff acts are limited to; None for no limit."""
        return self.rts if self.role is Role.RT_HEAD else None

    def covers(self, rts: Collection[str] | None) -> bool:
        """Whether these RTs are all the actor's; None stands for the whole kelurahan."""
        return self.scope is None or (rts is not None and set(rts) <= set(self.scope))

    def require_scope(self, rts: Collection[str] | None) -> None:
        """Refuse an act on RTs that are not the actor's; None stands for the whole kelurahan.

        Raises:
            NotAllowed: naming what is outside.
        """
        if not self.covers(rts):
            raise NotAllowed("scope")


OPERATOR = Actor(telegram_id=0, role=Role.ADMIN)  # whoever has the machine's command line


def actor_of(
    telegram_id: int, admins: tuple[int, ...], grant: Grant | None, resident: Resident | None
) -> Actor:
    """The actor behind a Telegram account: administrators of the settings, then roles given."""
    if telegram_id in admins:
        return Actor(telegram_id, Role.ADMIN, resident)
    if grant is not None:
        return Actor(telegram_id, Role(grant.role), resident, tuple(grant.rts))
    blocked = resident is not None and resident.blocked
    return Actor(telegram_id, Role.BLOCKED if blocked else Role.RESIDENT, resident)


def actor_behind(db: Connection, admins: tuple[int, ...], telegram_id: int) -> Actor:
    """The actor behind a Telegram account as he stands now, for work that comes after his unit."""
    grant, resident = roles.grant_of(db, telegram_id), residents.by_telegram_id(db, telegram_id)
    return actor_of(telegram_id, admins, grant, resident)


def holders(db: Connection, admins: tuple[int, ...], permission: Permission) -> tuple[int, ...]:
    """Telegram ids of all with a role that allows something, administrators first."""
    found = [admin for admin in admins if permission in PERMISSIONS[Role.ADMIN]]
    found += [
        grant.telegram_id
        for grant in roles.all_grants(db)
        if permission in PERMISSIONS[Role(grant.role)]
    ]
    return tuple(dict.fromkeys(found))


def name_of(db: Connection, telegram_id: int) -> str | None:
    """The name of somebody of the staff: that of his role, or what he calls himself as a
    resident; None if there is neither."""
    grant = roles.grant_of(db, telegram_id)
    if grant is not None:
        return grant.name
    person = residents.by_telegram_id(db, telegram_id)
    return person.name if person is not None else None
