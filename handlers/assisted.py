"""Help for residents without Telegram: filing for them, and paper for those who help."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import consent, deadlines, forms, ticket_view
from handlers.buttons import in_rows
from handlers.routes import command, tap
from handlers.unit import Button, Unit
from handlers.world import FormPage
from services import aspirations, complaints, prints
from services.aspiration_form import Aspiration
from services.aspiration_form import form as aspiration_form
from services.assisted_form import helped_of
from services.complaint_form import Complaint
from services.complaint_form import form as complaint_form
from services.forms import Progress
from services.prints import ALL, WHATS, Running
from services.roles import Permission
from storage import Row

COMPLAINT, ASPIRATION = "assisted_complaint", "assisted_aspiration"
RT_COLUMNS = 4


def begin(unit: Unit, update: Update) -> None:
    """/bantu: what can be done for a resident without Telegram."""
    rows = [
        [Button("assisted.button.complaint", f"assisted:file:{COMPLAINT}")],
        [Button("assisted.button.aspiration", f"assisted:file:{ASPIRATION}")],
        [Button(f"assisted.button.{what}", f"assisted:print:{what}") for what in WHATS],
    ]
    unit.reply("assisted.begin", rows)
    forms.offer_resume(unit)


def on_file(unit: Unit, update: Update) -> None:
    """Open one of the two forms."""
    name = unit.values[0] if unit.values else ""
    if name not in (COMPLAINT, ASPIRATION):
        return unit.notice("form.old_button")
    if not unit.actor.agreed:  # once, before anybody is helped: it is about the helper
        return consent.ask(unit, then="assisted:agree", notes=("assisted.own_consent",))
    unit.detach()
    return forms.open_form(unit, name)


def on_agree(unit: Unit, update: Update) -> None:
    """Consent of who helps, and then what he came for."""
    if consent.agree(unit) is not None:
        if unit.actor.rts:  # staff are not asked where they live in the middle of work
            consent.ask_home_once(unit)
        begin(unit, update)


def submit_complaint(unit: Unit, progress: Progress) -> None:
    """Kirim: file a complaint for somebody else."""
    if not consent.is_missing(unit, progress):  # who helps: the ticket will be his to follow
        new = Complaint.from_answers(progress.answers, unit.settings.rt_numbers)
        _filed(unit, complaints.file(unit.db, unit.actor, new, **_how(unit, progress)))


def submit_aspiration(unit: Unit, progress: Progress) -> None:
    """Kirim: file an aspiration for somebody else."""
    if not consent.is_missing(unit, progress):  # who helps: the ticket will be his to follow
        new = Aspiration.from_answers(progress.answers, unit.settings.rt_numbers)
        _filed(unit, aspirations.file(unit.db, unit.actor, new, **_how(unit, progress)))


def _how(unit: Unit, progress: Progress) -> dict[str, Any]:
    assert unit.draft is not None
    return {
        "draft_id": unit.draft.id,
        "year": unit.now.astimezone(unit.settings.kelurahan.zone).year,
        "now": unit.now,
        "helped": helped_of(progress.answers),
    }


def _filed(unit: Unit, row: Row[Any]) -> None:
    unit.drop_draft()
    look = ticket_view.open_button(row.number)
    again = Button("assisted.button.again", "assisted:menu")
    whom = row.on_behalf or unit.phrases.plain("assisted.somebody")
    row = deadlines.settled(unit, row)
    deadlines.confirm(unit, "assisted.filed", row, [[look], [again]], whom=whom)
    ticket_view.send_cards(unit, row)


def on_menu(unit: Unit, update: Update) -> None:
    """Help the next one."""
    unit.detach()
    begin(unit, update)


def on_print(unit: Unit, update: Update) -> None:
    """A sheet or a poster: for which RT? Then it is made."""
    what, rt = [*unit.values, "", ""][:2]
    known = unit.actor.scope if unit.actor.scope is not None else unit.settings.rt_numbers
    if what not in WHATS or (rt and rt not in (ALL, *known)):
        return unit.notice("form.old_button")
    if not rt and len(known) > 1:
        data = f"assisted:print:{what}"
        one = [Button("form.choice.rt", f"{data}:{rt}", {"number": rt}) for rt in known]
        every = [Button("desk.button.all_rts", f"{data}:{ALL}")]
        return unit.show("assisted.which_rt", [every, *in_rows(one, RT_COLUMNS)])
    rts = (rt,) if rt and rt != ALL else known
    message_id = unit.tap.message_id if unit.tap else None
    try:
        prints.ask(unit.db, unit.actor, what, rts, message_id=message_id, now=unit.now)
    except Running:
        return unit.notice("assisted.running", alert=True)
    unit.show(f"assisted.coming.{what}")


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """The two forms by name, in a kelurahan with these RTs."""
    complaint, aspiration = complaint_form(rts, assisted=True), aspiration_form(rts, assisted=True)
    return {
        COMPLAINT: FormPage(complaint, submit_complaint, Permission.ASSIST),
        ASPIRATION: FormPage(
            aspiration,
            submit_aspiration,
            Permission.ASSIST,
            values=lambda unit, progress: {"title": unit.phrases.html("aspiration.title.new")},
        ),
    }


ROUTES = (
    command("bantu", begin, needs=Permission.ASSIST, menu="menu.assisted"),
    tap("assisted:menu", on_menu, needs=Permission.ASSIST),
    tap("assisted:agree", on_agree, needs=Permission.ASSIST),
    tap("assisted:file", on_file, needs=Permission.ASSIST),
    tap("assisted:print", on_print, needs=Permission.ASSIST),
)
