"""Roles: inviting, redeeming a link once, changing and taking away what somebody may do."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Bot, Warga, resident_in, settings_for, writes
from rig import refused, write
from sqlalchemy import Connection, func, select, update

from jobs import tasks as slow_work
from services import invites
from services.invites import NoRts, NotUsable
from services.roles import Actor, NotAllowed, Role, actor_of
from storage import outbox as rows
from storage import outbox_upkeep, roles
from storage.outbox_words import CONFIDENTIAL
from storage.roles import Grant
from storage.tables import audit, draft, invite, outbox, resident, role_grant

LINK = re.compile(r"https://t\.me/(\w+)\?start=([\w-]+)")
ADMIN = Actor(99, Role.ADMIN)
RTS = ("03", "05")
NOW = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Menus change by slow work, which looks for itself."""
    monkeypatch.setattr(slow_work, "IDLE_SECONDS", 0.02)


# --- the rules, on both engines ---------------------------------------------------------------


def made(db: Connection, role: Role = Role.STAFF, rts: tuple[str, ...] = (), **known: str) -> str:
    """A fresh invite's secret."""
    new = invites.create(db, ADMIN, role, rts, known_rts=RTS, now=NOW)
    return new.payload.removeprefix(invites.PAYLOAD)


def takes(db: Connection, secret: str, person: int = 7, *, after: timedelta = timedelta()):
    """A person redeems a secret."""
    actor = actor_of(person, (99,), roles.grant_of(db, person), None)
    return invites.redeem(db, actor, secret, "Rahmat", admins=(99,), now=NOW + after)


def acts(db: Connection) -> list[tuple[str, int, str | None]]:
    """The audit trail."""
    query = select(audit.c.act, audit.c.actor, audit.c.detail).order_by(audit.c.id)
    return [tuple(row) for row in db.execute(query)]


def test_an_invite_keeps_only_the_hash_of_its_secret(db: Connection):
    """Who reads the table cannot redeem it; the payload fits Telegram's start parameter."""
    new = invites.create(db, ADMIN, Role.RT_HEAD, ["05", "03"], known_rts=RTS, now=NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{30,64}", new.payload)
    secret = new.payload.removeprefix(invites.PAYLOAD)
    [row] = db.execute(select(invite)).all()
    assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert (row.role, row.rts, row.created_by) == ("rt_head", ["03", "05"], 99)
    assert row.expires_at == NOW + timedelta(hours=72)
    [(act, actor, detail)] = acts(db)
    assert (act, actor, detail) == ("role.invite", 99, "rt_head 03,05")


def test_an_invite_gives_its_role_once(db: Connection):
    """The second person gets nothing, and nothing of the first changes."""
    secret = made(db, Role.RT_HEAD, ("03",))
    done = takes(db, secret)
    assert done.grant == roles.grant_of(db, 7) == Grant(7, "rt_head", ["03"], "Rahmat")
    assert (done.before, done.invited_by) == (None, 99)
    for person, phrase in ((8, "role.invite_used"), (7, "role.invite_used_by_you")):
        with pytest.raises(NotUsable) as refusal:
            takes(db, secret, person)
        assert refusal.value.phrase == phrase
    assert [grant.telegram_id for grant in roles.all_grants(db)] == [7]


def test_who_is_slower_by_a_moment_gets_nothing(db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Both saw the invite unused; only one update of the row counts."""
    secret = made(db)
    unused = roles.invite_of(db, hashlib.sha256(secret.encode()).hexdigest())
    takes(db, secret)
    monkeypatch.setattr(roles, "invite_of", lambda _db, _hash: unused)
    with pytest.raises(NotUsable, match=r"role\.invite_used"):
        takes(db, secret, 8)
    assert roles.grant_of(db, 8) is None


@pytest.mark.parametrize(
    ("hours", "phrase"), [(71.9, None), (72, "role.invite_expired"), (1000, "role.invite_expired")]
)
def test_an_invite_is_good_for_three_days(db: Connection, hours: float, phrase: str | None):
    """And not a moment longer."""
    secret = made(db)
    if phrase is None:
        assert takes(db, secret, after=timedelta(hours=hours)).grant.role == "staff"
        return
    with pytest.raises(NotUsable, match=re.escape(phrase)):
        takes(db, secret, after=timedelta(hours=hours))
    assert roles.grant_of(db, 7) is None


def test_what_cannot_be_redeemed(db: Connection):
    """An unknown secret; for an administrator any; of somebody who is none any more."""
    secret = made(db)
    with pytest.raises(NotUsable, match=r"role\.invite_unknown"):
        takes(db, secret + "x")
    with pytest.raises(NotUsable, match=r"role\.invite_admin"):
        takes(db, secret, 99)
    with pytest.raises(NotUsable, match=r"role\.invite_unknown"):
        invites.redeem(db, Actor(7, Role.RESIDENT), secret, "R", admins=(), now=NOW)
    with pytest.raises(NotAllowed):
        invites.redeem(db, Actor(7, Role.BLOCKED), secret, "R", admins=(99,), now=NOW)
    assert roles.all_grants(db) == []
    assert takes(db, secret).grant.role == "staff"  # none of that has used it up


def test_a_new_role_stands_in_place_of_the_old_one(db: Connection):
    """One role each; the trail says which it was."""
    takes(db, made(db, Role.RT_HEAD, ("03",)))
    done = takes(db, made(db, Role.PLANNER))
    assert done.before == Grant(7, "rt_head", ["03"], "Rahmat")
    assert roles.grant_of(db, 7) == Grant(7, "planner", [], "Rahmat")
    assert (acts(db)[-1][2] or "").endswith("rt_head 03 → planner")


@pytest.mark.parametrize("rts", [(), ("99",), ("03", "99")])
def test_an_rt_head_needs_rts_that_there_are(db: Connection, rts: tuple[str, ...]):
    """In an invite as in a change."""
    with pytest.raises(NoRts):
        invites.create(db, ADMIN, Role.RT_HEAD, rts, known_rts=RTS, now=NOW)
    takes(db, made(db))
    with pytest.raises(NoRts):
        invites.change(db, ADMIN, 7, Role.RT_HEAD, rts, known_rts=RTS, now=NOW)
    assert roles.grant_of(db, 7) == Grant(7, "staff", [], "Rahmat")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RESIDENT, Role.BLOCKED])
def test_nobody_is_made_admin_by_invite(db: Connection, role: Role):
    """Administrators come from the settings."""
    with pytest.raises(ValueError, match=r".*"):
        invites.create(db, ADMIN, role, (), known_rts=RTS, now=NOW)


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.RT_HEAD, Role.STAFF, Role.PLANNER])
def test_only_an_administrator_gives_roles(db: Connection, role: Role):
    """Nobody else invites, changes or removes."""
    actor = Actor(5, role, rts=("03",))
    with pytest.raises(NotAllowed):
        invites.create(db, actor, Role.STAFF, (), known_rts=RTS, now=NOW)
    with pytest.raises(NotAllowed):
        invites.change(db, actor, 7, Role.STAFF, (), known_rts=RTS, now=NOW)
    with pytest.raises(NotAllowed):
        invites.remove(db, actor, 7, NOW)


def test_a_role_that_is_gone_is_not_changed_back(db: Connection, monkeypatch: pytest.MonkeyPatch):
    """Taken away while another administrator looked at it."""
    takes(db, made(db))
    before = roles.grant_of(db, 7)
    assert invites.remove(db, ADMIN, 7, NOW) == before
    assert invites.remove(db, ADMIN, 7, NOW) is None
    assert invites.change(db, ADMIN, 7, Role.PLANNER, (), known_rts=RTS, now=NOW) is None
    monkeypatch.setattr(roles, "grant_of", lambda _db, _id: before)
    assert invites.change(db, ADMIN, 7, Role.PLANNER, (), known_rts=RTS, now=NOW) is None
    assert roles.all_grants(db) == []
    assert [act for act, _, _ in acts(db)] == ["role.invite", "role.accept", "role.remove"]


def test_the_link_leaves_the_outbox_at_the_first_tidying(db: Connection):
    """Other bodies stay for their 47 hours."""
    for key in (f"{CONFIDENTIAL}invite:1", "other"):
        rows.add(db, rows.Message(7, "sendMessage", {"text": key}, key=key), NOW)
    outbox_upkeep.forget_bodies(db, NOW)
    query = select(outbox.c.params).order_by(outbox.c.id)
    assert all(db.scalars(query))  # not sent yet
    db.execute(update(outbox).values(state="sent"))
    outbox_upkeep.forget_bodies(db, NOW)
    link, other = db.scalars(query)
    assert (link, bool(other)) == ("", True)


# --- as people meet it ------------------------------------------------------------------------


async def invites_head(admin: Warga, *numbers: str, name: str = "Pak Rahmat") -> str:
    """The administrator invites the head of RTs; gives what the link carries."""
    await admin.sends("/peran")
    await admin.taps("role.button.invite")
    await admin.sends(name)
    await admin.taps("role.choice.rt_head")
    for number in numbers:
        await admin.taps("form.choice.rt", number=number)
    await admin.taps("form.button.continue")
    await admin.taps("form.button.send")
    return payload_of(admin)


async def invites_as(admin: Warga, role: str, name: str = "Bu Ani") -> str:
    """The administrator invites staff or a planner; gives what the link carries."""
    await admin.sends("/peran")
    await admin.taps("role.button.invite")
    await admin.sends(name)
    await admin.taps(f"role.choice.{role}")
    await admin.taps("form.button.send")
    return payload_of(admin)


def payload_of(admin: Warga) -> str:
    match = LINK.search(admin.sees)
    assert match is not None
    return match[2]


async def hired(admin: Warga, person: Warga, role: str = "staff") -> None:
    """A person with that role, by invite."""
    await person.sends(f"/start {await invites_as(admin, role)}")
    await admin.bot.tasks_done()


def unchanged(bot: Bot) -> None:
    """Telegram refused to show what is shown already, and nothing else."""
    assert all("message is not modified" in words for words in refused(bot.simulator))


def trail(bot: Bot) -> list[str]:
    return [row[0] for row in bot.rows(select(audit.c.act).order_by(audit.c.id))]


async def test_an_rt_head_is_invited_and_comes(bot: Bot, admin: Warga, budi: Warga):
    """A message to forward with whom, what for, until when; one tap and he is in."""
    payload = await invites_head(admin, "03", "05")
    [row] = bot.rows(select(invite))
    zone = bot.settings.kelurahan.zone
    year = str(row.expires_at.astimezone(zone).year)
    text = admin.sees
    assert LINK.search(text)[1] == bot.simulator.world.bot["username"]
    for part in ("Pak Rahmat", "RT 03, 05", "Beringin", year, "WIB"):
        assert part in text
    assert "reply_markup" not in admin.person.from_bot[-1]  # it can be forwarded as it is
    assert row.secret_hash not in text

    await budi.sends(f"/start {payload}")
    role = f"{bot.phrase('role.choice.rt_head')} 03, 05"
    told = bot.phrase("role.accepted", role=role, name="Budi", kelurahan="Beringin")
    assert budi.texts == [told]
    assert admin.sees == bot.phrase("role.invite_accepted", name="Budi", role=role)
    assert bot.rows(select(role_grant.c.role, role_grant.c.rts, role_grant.c.name)) == [
        ("rt_head", ["03", "05"], "Budi")
    ]
    assert bot.count(resident) == 0  # it needs no consent of a resident
    assert trail(bot) == ["role.invite", "role.accept"]
    assert bot.count(draft) == 0


async def test_a_link_is_used_once_though_two_tap_at_once(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """One gets the role, the other a kind sentence; a second tap of the first changes nothing."""
    payload = await invites_as(admin, "staff")
    await asyncio.gather(*(p.person.sends(f"/start {payload}") for p in (siti, budi)))
    await bot.settles()
    [(winner,)] = bot.rows(select(role_grant.c.telegram_id))
    first, second = (siti, budi) if winner == siti.id else (budi, siti)
    assert second.sees == bot.phrase("role.invite_used")
    await first.sends(f"/start {payload}")
    assert first.sees == bot.phrase("role.invite_used_by_you")
    assert bot.count(role_grant) == 1


async def test_a_link_that_is_no_good_changes_nothing(bot: Bot, admin: Warga, siti: Warga):
    """Cut short, or too old."""
    payload = await invites_as(admin, "staff")
    await siti.sends(f"/start {payload[:-1]}")
    assert siti.sees == bot.phrase("role.invite_unknown")
    await writes(bot, lambda db: db.execute(update(invite).values(expires_at=NOW)))
    await siti.sends(f"/start {payload}")
    assert siti.sees == bot.phrase("role.invite_expired")
    assert bot.count(role_grant) == 0


async def test_an_administrator_is_not_demoted(bot: Bot, admin: Warga, siti: Warga):
    """He tries his own link: it stays good for the person it is for."""
    payload = await invites_as(admin, "planner")
    await admin.sends(f"/start {payload}")
    assert admin.sees == bot.phrase("role.invite_admin")
    await siti.sends(f"/start {payload}")
    assert bot.rows(select(role_grant.c.telegram_id, role_grant.c.role)) == [(siti.id, "planner")]


async def test_a_second_invite_replaces_the_role(bot: Bot, admin: Warga, siti: Warga):
    """And says which one it was."""
    await hired(admin, siti, "staff")
    await siti.sends(f"/start {await invites_as(admin, 'planner')}")
    assert siti.sees == bot.phrase("role.replaced", role=bot.phrase("role.choice.staff"))
    assert bot.rows(select(role_grant.c.role)) == [("planner",)]


async def test_commands_follow_the_role(bot: Bot, admin: Warga, siti: Warga):
    """At once after the invite, after a change, and back to a resident's."""

    def commands() -> set[str]:
        return {command["command"] for command in siti.person.commands()}

    assert "ekspor" not in commands()
    await hired(admin, siti, "planner")
    assert "ekspor" in commands()
    assert "peran" not in commands()
    await opens(admin, "Siti")
    await admin.taps("role.button.change")
    await admin.taps("role.choice.staff")
    await bot.tasks_done()
    assert "ekspor" not in commands()
    await admin.taps("role.button.remove")
    await admin.taps("role.button.remove_yes")
    await bot.tasks_done()
    assert commands() == {command["command"] for command in bot.person(888).person.commands()}


async def opens(admin: Warga, name: str) -> None:
    """The administrator opens one person."""
    await admin.sends("/peran")
    await admin.taps(name)


async def test_the_list_shows_who_has_which_role(bot: Bot, admin: Warga, siti: Warga):
    """With RTs, and the administrators of the settings, who cannot be changed here."""
    await siti.sends(f"/start {await invites_head(admin, '05')}")
    await admin.sends("/peran")
    role = f"{bot.phrase('role.choice.rt_head')} 05"
    assert bot.phrase("role.line", name="Siti", role=role) in admin.sees
    chief = bot.phrase("role.line", name="99", role=bot.phrase("role.choice.admin"))
    assert chief in admin.sees
    assert admin.buttons == [bot.phrase("role.button.invite"), "Siti"]
    await admin.taps_data(admin.message["message_id"], "role:ask:99")
    assert admin.notice == bot.phrase("role.gone")
    unchanged(bot)


async def test_the_list_turns_its_pages(bot: Bot, admin: Warga):
    """Eight people in one message."""

    def fill(db: Connection) -> None:
        for number in range(1, 11):
            grant = Grant(1000 + number, "staff", [], f"Petugas {number:02}")
            roles.put(db, grant, by=99, now=NOW + timedelta(minutes=number))

    await writes(bot, fill)
    await admin.sends("/peran")
    assert "Petugas 08" in admin.sees
    assert "Petugas 09" not in admin.sees
    await admin.taps("role.button.next")
    assert "Petugas 09" in admin.message["text"]
    await admin.taps("role.button.before")
    assert "Petugas 01" in admin.message["text"]
    await admin.taps_data(admin.message["message_id"], "role:page:999999")
    assert "Petugas 01" in admin.message["text"]
    unchanged(bot)


async def test_the_rts_of_a_head_are_changed(bot: Bot, admin: Warga, siti: Warga):
    """He hears it, and acts for the new ones only."""
    await siti.sends(f"/start {await invites_head(admin, '03')}")
    await opens(admin, "Siti")
    await admin.taps("role.button.rts")
    role = f"{bot.phrase('role.choice.rt_head')} 03"
    assert admin.sees.startswith(bot.phrase("rts.rts.question", name="Siti", role=role))
    await admin.sends("kira-kira yang dekat pasar saja")  # no RT is named: asked again
    await admin.sends("rt 5")
    await admin.taps("form.button.continue")
    await admin.taps("form.button.send")
    assert bot.rows(select(role_grant.c.rts)) == [(["05"],)]
    assert siti.sees == bot.phrase("role.changed", role=f"{bot.phrase('role.choice.rt_head')} 05")
    assert trail(bot)[-1] == "role.change"


async def test_staff_becomes_head_of_an_rt(bot: Bot, admin: Warga, siti: Warga):
    """Which RTs is asked."""
    await hired(admin, siti, "staff")
    await opens(admin, "Siti")
    await admin.taps("role.button.change")
    await admin.taps("role.choice.rt_head")
    await admin.taps("form.choice.rt", number="03")
    await admin.taps("form.button.continue")
    await admin.taps("form.button.send")
    assert bot.rows(select(role_grant.c.role, role_grant.c.rts)) == [("rt_head", ["03"])]


async def test_who_is_removed_loses_everything_at_the_next_tap(
    bot: Bot, admin: Warga, siti: Warga
):
    """Old buttons of staff are refused; asked once before, told afterwards, noted."""
    await hired(admin, siti, "planner")
    await siti.sends("/ekspor")
    old = siti.message["message_id"]
    await opens(admin, "Siti")
    await admin.taps("role.button.remove")
    assert bot.count(role_grant) == 1
    await admin.taps("role.button.remove_yes")
    assert bot.count(role_grant) == 0
    assert siti.sees == bot.phrase("role.taken", role=bot.phrase("role.choice.planner"))
    await siti.taps_data(old, "export:complaints")
    assert siti.notice == bot.phrase("role.not_allowed")
    await siti.sends("/ekspor")
    assert siti.sees == bot.phrase("role.not_allowed")
    assert trail(bot)[-1] == "role.remove"
    await admin.taps_data(admin.message["message_id"], f"role:remove:{siti.id}")
    assert admin.notice == bot.phrase("role.gone")


@pytest.mark.parametrize("role", [None, "staff", "planner"])
async def test_others_do_not_reach_it(bot: Bot, admin: Warga, siti: Warga, role: str | None):
    """Neither command nor crafted buttons, nor the forms behind them."""
    if role is not None:
        await hired(admin, siti, role)
    else:
        await siti.sends("/menu")
    grants = bot.count(role_grant)
    await siti.sends("/peran")
    assert siti.sees == bot.phrase("role.not_allowed")
    for data in ("role", "role:invite", f"role:remove:{siti.id}", f"role:set:{siti.id}:staff"):
        await siti.taps_data(siti.message["message_id"], data)
        assert siti.notice == bot.phrase("role.not_allowed")
    assert bot.count(role_grant) == grants
    await siti.sends("/lapor")
    [(draft_id, version)] = bot.rows(select(draft.c.id, draft.c.version))
    message = siti.message["message_id"]
    for form in (f"rts:{siti.id}", "invite"):
        await siti.taps_data(message, f"form:{draft_id}:{version}:restart:{form}")
        assert siti.notice == bot.phrase("role.not_allowed")
    assert bot.rows(select(draft.c.form)) == [("complaint",)]
    assert bot.rows(select(func.count()).select_from(invite)) == [(grants,)]


async def test_an_open_invite_form_is_of_no_use_once_the_role_is_gone(
    bot: Bot, admin: Warga, tmp_path: Path
):
    """It is closed at the next tap, so that it takes no more words."""
    await admin.sends("/peran")
    await admin.taps("role.button.invite")
    await admin.sends("Pak Rahmat")
    await bot.stop()
    bot.settings = settings_for(tmp_path, bot.simulator.url, staff={"admins": [98]})
    await bot.start()
    await admin.taps("role.choice.staff")
    assert admin.notice == bot.phrase("form.old_button")
    assert (bot.count(invite), bot.count(draft)) == (0, 0)


@pytest.mark.parametrize("data", ["role:one:x", "role:one:9999999999999999999999", "role:x",
                                  "role:set:501:admin", "role:set:501:rt_head", "role:page:²"])  # fmt: skip
async def test_crafted_buttons_change_nothing(bot: Bot, admin: Warga, budi: Warga, data: str):
    """Callback data is input like any other."""
    await hired(admin, budi)
    await admin.sends("/peran")
    await admin.taps_data(admin.message["message_id"], data)
    assert bot.rows(select(role_grant.c.role)) == [("staff",)]
    unchanged(bot)


async def test_the_link_is_in_no_log(
    bot: Bot, admin: Warga, siti: Warga, caplog: pytest.LogCaptureFixture
):
    """Not when it is made, not when it is redeemed, not when a message with it fails."""
    caplog.set_level(logging.INFO)
    bot.simulator.faults.next("sendMessage", "status", times=1, code=502)
    payload = await invites_as(admin, "staff")
    await siti.sends(f"/start {payload}")
    assert payload.removeprefix(invites.PAYLOAD) not in caplog.text
    assert "sent again" in caplog.text


async def test_an_invite_of_who_was_removed_from_the_settings_is_void(
    bot: Bot, admin: Warga, siti: Warga
):
    """Only an administrator of today lets people in."""
    payload = await invites_as(admin, "staff")
    await writes(bot, lambda db: db.execute(update(invite).values(created_by=98)))
    await siti.sends(f"/start {payload}")
    assert siti.sees == bot.phrase("role.invite_unknown")


async def test_a_blocked_person_cannot_redeem(bot: Bot, admin: Warga, siti: Warga):
    """Staff blocked her: first that must end."""
    payload = await invites_as(admin, "staff")

    def block(db: Connection) -> None:
        resident_in(db, siti.id)
        db.execute(update(resident).values(blocked=True))

    await write(bot, block)
    await siti.sends(f"/start {payload}")
    assert siti.sees == bot.phrase("role.blocked")
    assert bot.count(role_grant) == 0
