"""The forms of roles: an invite, and the RTs of an RT head."""

from __future__ import annotations

from services import invites
from services.forms import Choice, Form, Kind, Step, rt_choices
from services.residents import MAX_NAME
from services.roles import Role

INVITE, RTS = "invite", "rts"  # the forms
COLUMNS = 4


def invite_form(known_rts: tuple[str, ...]) -> Form:
    """The form of an invite: for whom, which role, and the RTs of an RT head."""
    given = tuple(Choice(role.value, label_of(role)) for role in invites.offered(known_rts))
    name = Step("name", frozenset({Kind.TEXT}), shortest=2, longest=MAX_NAME)
    role = Step("role", frozenset({Kind.CHOICE}), given)
    return Form(INVITE, (name, role, _rts_step(known_rts, only_heads=True)), story="name")


def rts_form(known_rts: tuple[str, ...]) -> Form:
    """The form that makes somebody the head of RTs, or changes which."""
    return Form(RTS, (_rts_step(known_rts, only_heads=False),), story="rts")


def _rts_step(known_rts: tuple[str, ...], *, only_heads: bool) -> Step:
    head = Role.RT_HEAD.value
    return Step(
        "rts",
        frozenset({Kind.CHOICES}),
        rt_choices(known_rts),
        when=lambda answers: not only_heads or answers.get("role", {}).get("choice") == head,
        columns=COLUMNS,
    )


def label_of(role: Role) -> str:
    """The phrase that names a role."""
    return f"role.choice.{role.value}"
