"""People with a role: who they are, inviting them, changing what they may do, redeeming a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telegram import Update

from content.phrases import Html, shortened
from handlers import forms
from handlers.buttons import turning
from handlers.routes import command, tap
from handlers.taps import number_in, page_in
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import invites
from services.forms import Progress
from services.invites import NoRts, NotUsable
from services.role_forms import INVITE, RTS, invite_form, label_of, rts_form
from services.roles import Permission, Role
from storage import outbox, roles
from storage import residents as stored
from storage.outbox import Message
from storage.outbox_words import CONFIDENTIAL
from storage.roles import Grant

PAGE = 8  # people in one message
LABEL = 24  # UTF-16 units of a name on a button


def role_words(unit: Unit, role: str, rts: Sequence[str]) -> str:
    """A role as people read it: "Ketua RT 03, 05"."""
    words = unit.phrases.plain(label_of(Role(role)))
    return f"{words} {', '.join(rts)}" if rts else words


def list_(unit: Unit, update: Update) -> None:
    """/peran: everybody with a role."""
    page(unit)
    forms.offer_resume(unit)


def page(unit: Unit, number: int = 0) -> None:
    """One page of the people with a role, and the way to invite another one."""
    grants = [g for g in roles.all_grants(unit.db) if g.telegram_id not in _admins(unit)]
    number = number if number * PAGE < len(grants) else 0
    here = grants[number * PAGE : (number + 1) * PAGE]
    people = [(admin, Role.ADMIN.value, ()) for admin in _admins(unit)] if number == 0 else []
    lines = [_line(unit, _name_of(unit, person), role, rts) for person, role, rts in people]
    lines += [_line(unit, grant.name, grant.role, grant.rts) for grant in here]
    rows = [[Button("role.button.invite", "role:invite")]]
    for grant in here:
        name = {"name": shortened(grant.name, LABEL)}
        rows.append([Button("role.button.person", f"role:one:{grant.telegram_id}", name)])
    turn = turning(
        number,
        (number + 1) * PAGE < len(grants),
        lambda page: f"role:page:{page}",
        before="role.button.before",
        after="role.button.next",
    )
    text = "\n".join([unit.phrases.html("role.list"), "", *lines])
    unit.say(text, [*rows, *turn], in_place=True)


def _admins(unit: Unit) -> tuple[int, ...]:
    return unit.settings.staff.admins


def _name_of(unit: Unit, telegram_id: int) -> str:
    """The name of an administrator of the settings, if he is a resident as well."""
    resident = stored.by_telegram_id(unit.db, telegram_id)
    return resident.name if resident else str(telegram_id)


def _line(unit: Unit, name: str, role: str, rts: Sequence[str]) -> Html:
    return unit.phrases.html("role.line", name=name, role=role_words(unit, role, rts))


def on_tap(unit: Unit, update: Update) -> None:
    """A tap on a button of the list or of one person."""
    action, number, value = [*unit.values, "", "", ""][:3]
    if action == "page":
        return page(unit, page_in(number))
    if action == "invite":
        unit.detach()
        return forms.open_form(unit, INVITE)
    grant = _grant(unit, number)
    if grant is None:
        unit.notice("role.gone")
        return page(unit)
    actions = {"one": one, "change": ask_role, "rts": ask_rts, "ask": ask_remove, "remove": remove}
    if action in actions:
        actions[action](unit, grant)
    elif action == "set" and value in {role.value for role in _simple(unit)}:
        give(unit, grant, Role(value), ())
    else:
        unit.notice("form.old_button")


def _grant(unit: Unit, number: str) -> Grant | None:
    """The role of the person whose Telegram id a button or a form carries."""
    telegram_id = number_in(number)
    return roles.grant_of(unit.db, telegram_id) if telegram_id is not None else None


def _simple(unit: Unit) -> list[Role]:
    """Roles that ask nothing more."""
    offered = invites.offered(unit.settings.rt_numbers)
    return [role for role in offered if role is not Role.RT_HEAD]


def one(unit: Unit, grant: Grant) -> None:
    """One person, and what can be changed."""
    person = grant.telegram_id
    rows = [[Button("role.button.change", f"role:change:{person}")]]
    if grant.role == Role.RT_HEAD.value and unit.settings.rt_numbers:
        rows.insert(0, [Button("role.button.rts", f"role:rts:{person}")])
    rows.append([Button("role.button.remove", f"role:ask:{person}")])
    rows.append([Button("role.button.list", "role:page:0")])
    words = role_words(unit, grant.role, grant.rts)
    unit.show("role.one", rows, name=grant.name, role=words)


def ask_role(unit: Unit, grant: Grant) -> None:
    """Which role instead."""
    person = grant.telegram_id
    rows = [
        [Button(label_of(role), f"role:set:{person}:{role.value}")]
        for role in _simple(unit)
        if role.value != grant.role
    ]
    if grant.role != Role.RT_HEAD.value and unit.settings.rt_numbers:
        rows.insert(0, [Button(label_of(Role.RT_HEAD), f"role:rts:{person}")])
    rows.append([Button("role.button.keep", f"role:one:{person}")])
    words = role_words(unit, grant.role, grant.rts)
    unit.show("role.change_question", rows, name=grant.name, role=words)


def ask_rts(unit: Unit, grant: Grant) -> None:
    """Open the form for the RTs of an RT head."""
    unit.detach()
    now = {"rts": {"choices": list(grant.rts)}} if grant.rts else {}
    forms.open_form(unit, RTS, subject=str(grant.telegram_id), answers=now)


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """Whom the form for RTs is about, and what he is now."""
    unit.actor.require(Permission.MANAGE_ROLES)  # a form's buttons need less
    grant = _grant(unit, progress.subject or "") or Grant(0, Role.RT_HEAD.value, [], "")
    return {"name": grant.name, "role": role_words(unit, grant.role, grant.rts)}


def submit_rts(unit: Unit, progress: Progress) -> None:
    """Kirim: the person heads these RTs."""
    chosen = progress.answers["rts"]["choices"]
    grant = _grant(unit, progress.subject or "")
    unit.drop_draft()
    if grant is None:
        unit.notice("role.gone")
        return page(unit)
    give(unit, grant, Role.RT_HEAD, chosen)


def give(unit: Unit, grant: Grant, role: Role, rts: Sequence[str]) -> None:
    """Change what somebody may do, and tell him."""
    try:
        known = unit.settings.rt_numbers
        after = invites.change(
            unit.db, unit.actor, grant.telegram_id, role, rts, known_rts=known, now=unit.now
        )
    except NoRts:  # an RT that the settings no longer know
        unit.notice("form.old_button")
        return page(unit)
    if after is None:
        unit.notice("role.gone")
        return page(unit)
    unit.notice("role.saved")
    one(unit, after)
    if after != grant:
        words = role_words(unit, after.role, after.rts)
        unit.notify(after.telegram_id, "role.changed", role=words)


def ask_remove(unit: Unit, grant: Grant) -> None:
    """Ask once before a role is taken away."""
    person = grant.telegram_id
    unit.show(
        "role.remove_question",
        [[Button("role.button.keep", f"role:one:{person}")],
         [Button("role.button.remove_yes", f"role:remove:{person}")]],
        name=grant.name,
        role=role_words(unit, grant.role, grant.rts),
    )  # fmt: skip


def remove(unit: Unit, grant: Grant) -> None:
    """Take a role away, and tell the person."""
    before = invites.remove(unit.db, unit.actor, grant.telegram_id, unit.now)
    if before is None:
        unit.notice("role.gone")
        return page(unit)
    back = [[Button("role.button.list", "role:page:0")]]
    unit.show("role.removed", back, name=before.name)
    words = role_words(unit, before.role, before.rts)
    unit.notify(before.telegram_id, "role.taken", role=words)


def submit_invite(unit: Unit, progress: Progress) -> None:
    """Kirim: a link in a message of its own, to be forwarded."""
    answers = progress.answers
    role, known = Role(answers["role"]["choice"]), unit.settings.rt_numbers
    rts = answers.get("rts", {}).get("choices", ()) if role is Role.RT_HEAD else ()
    try:
        made = invites.create(unit.db, unit.actor, role, rts, known_rts=known, now=unit.now)
    except NoRts:
        unit.drop_draft()
        unit.notice("form.old_button")
        return page(unit)
    unit.drop_draft()
    back = [[Button("role.button.list", "role:page:0")]]
    unit.show("role.invite_ready", back, until=unit.full_moment(made.expires_at))
    text = unit.phrases.text(
        "role.invite_text",
        name=answers["name"]["text"],
        role=role_words(unit, role.value, rts),
        kelurahan=unit.settings.kelurahan.name,
        link=f"https://t.me/{unit.world.username}?start={made.payload}",
        until=unit.full_moment(made.expires_at),
    )
    params = {
        "chat_id": unit.chat_id,
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    key = f"{CONFIDENTIAL}invite:{made.id}"  # the link does not stay in the database
    outbox.add(unit.db, Message(unit.chat_id, "sendMessage", params, key=key), unit.now)


def redeem(unit: Unit, secret: str) -> None:
    """/start with the payload of an invite: take the role, or hear kindly why not."""
    try:
        done = invites.redeem(
            unit.db, unit.actor, secret, unit.first_name, admins=_admins(unit), now=unit.now
        )
    except NotUsable as refusal:
        unit.reply_with_menu(refusal.phrase)
        return forms.offer_resume(unit)
    unit.actor = replace(
        unit.actor, role=Role(done.grant.role), rts=tuple(done.grant.rts)
    )  # the menu below is that of the new role
    words = role_words(unit, done.grant.role, done.grant.rts)
    kelurahan = unit.settings.kelurahan.name
    unit.reply_with_menu("role.accepted", role=words, name=done.grant.name, kelurahan=kelurahan)
    if done.before is not None:
        old = role_words(unit, done.before.role, done.before.rts)
        unit.reply("role.replaced", role=old)
    unit.notify(done.invited_by, "role.invite_accepted", name=done.grant.name, role=words)
    forms.offer_resume(unit)


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """The forms of roles by name, in a kelurahan with these RTs."""
    needs = Permission.MANAGE_ROLES
    return {
        INVITE: FormPage(invite_form(rts), submit_invite, needs=needs, send="role.button.link"),
        RTS: FormPage(
            rts_form(rts), submit_rts, needs=needs, send="role.button.save", values=values
        ),
    }


ROUTES = (
    command("peran", list_, needs=Permission.MANAGE_ROLES, menu="menu.roles"),
    tap("role", on_tap, needs=Permission.MANAGE_ROLES),
)
