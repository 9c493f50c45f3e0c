"""What a resident brings to gotong royong besides his hands: asked after "Bantu cara lain"."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import consent, forms
from handlers.gotong_royong import kind_name
from handlers.routes import tap
from handlers.taps import number_in
from handlers.unit import Unit
from handlers.world import FormPage
from services import contributions as rules
from services.contributions import FORM, KINDS
from services.forms import Progress
from services.gotong_royong import Unknown
from services.roles import Permission
from storage import Row, contributions, gotong_royong


def on_mine(unit: Unit, update: Update) -> None:
    """ "Bantuan saya": the form, with what was said before."""
    number = number_in(unit.values[0])
    if number is None or not rules.is_open(unit.db, unit.actor, number, unit.now):
        return unit.notice("form.old_button")
    unit.detach()
    forms.open_form(unit, FORM, subject=str(number))


def values(unit: Unit, progress: Progress) -> dict[str, Any]:
    """What the questions name: the occurrence."""
    row = _subject(unit, progress.subject)
    return {"title": row.title if row is not None else ""}


def filled(unit: Unit, subject: str) -> dict[str, dict[str, Any]]:
    """What the person said before."""
    row, resident = _subject(unit, subject), unit.actor.resident
    if row is None or resident is None:
        return {}
    return rules.answers_of(contributions.of(unit.db, row.id, resident.id))


def _subject(unit: Unit, subject: str | None) -> Row[Any] | None:
    return gotong_royong.get(unit.db, number_in(subject or "") or 0)


def submit(unit: Unit, progress: Progress) -> None:
    """Kirim: keep what the person brings, in place of what he said before."""
    if consent.is_missing(unit, progress):
        return
    number = number_in(progress.subject or "") or 0
    unit.drop_draft()
    try:
        row = rules.offer(unit.db, unit.actor, number, progress.answers, unit.now)
    except Unknown:
        return unit.show("contribution.too_late")
    chosen = progress.answers["kinds"]["choices"]
    kinds = ", ".join(kind_name(unit.phrases, kind) for kind in KINDS if kind in chosen)
    unit.show("contribution.kept", title=row.title, kinds=kinds)


def forms_of() -> dict[str, FormPage]:
    """The form by name."""
    return {FORM: FormPage(rules.form(), submit, values=values, filled=filled)}


ROUTES = (tap("contribution:mine", on_mine, needs=Permission.USE),)
