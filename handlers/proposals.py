"""The aspirations of the kelurahan as everybody may read and support them, without any name.

The buttons of a list carry `sort:pillar:rt:page`, "x" stands for all; those of one aspiration
carry its id before that, so that the way back leads to the same list.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from telegram import Update

from content.phrases import Html, shortened
from handlers import consent, forms, ticket_lines, ticket_photos, ticket_view
from handlers.buttons import in_rows, turning
from handlers.routes import command, tap
from handlers.taps import number_in, page_in
from handlers.unit import Button, Unit
from services import aspirations
from services.aspiration_form import PILLARS
from services.aspirations import UNLISTED, UNSEEN, OwnAspiration
from services.roles import Permission
from services.tickets import OPEN_STATES, NotOpen
from storage import Row
from storage import aspirations as stored
from storage import tickets as stored_tickets

PAGE = 5  # aspirations in one message
LINE_WORDS = 120  # UTF-16 units of each in the list,
WORDS = 2000  # of the one that is shown, and
PROBLEM_WORDS = 500  # of its problem: the whole fits one message
RT_COLUMNS = 4
PILLAR_COLUMNS = 2
ALL = "x"
NEWEST, SUPPORTED = "new", "top"
SORTS = (NEWEST, SUPPORTED)


class View(NamedTuple):
    """Which list is looked at."""

    sort: str = NEWEST
    pillar: str = ALL
    rt: str = ALL
    page: int = 0

    @property
    def data(self) -> str:
        """As a button carries it."""
        return f"{self.sort}:{self.pillar}:{self.rt}:{self.page}"

    def button(self, label: str, act: str = "list", /, **values: Any) -> Button:
        """A button that opens this list, or does something with it."""
        return Button(label, f"proposal:{act}:{self.data}", values)


def open_list(unit: Unit, update: Update) -> None:
    """/usulan: all of them, the newest first."""
    show_list(unit, View())
    forms.offer_resume(unit)


def on_list(unit: Unit, update: Update) -> None:
    """Another list, or another page of it."""
    view = _view(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    show_list(unit, view)


def _view(unit: Unit, values: tuple[str, ...]) -> View | None:
    """The list that a button names; None if it is no button of ours."""
    sort, pillar, rt, page = [*values, "", "", "", ""][:4]
    known = sort in SORTS and pillar in (*PILLARS, ALL)
    known = known and rt in (*unit.settings.rt_numbers, ALL)
    return View(sort, pillar, rt, page_in(page)) if known else None


def show_list(unit: Unit, view: View) -> None:
    """One line and one button for each, then the ways to look at others."""
    wanted = stored.View(
        without=UNLISTED,
        rt=None if view.rt == ALL else view.rt,
        pillar=None if view.pillar == ALL else view.pillar,
        most_supported=view.sort == SUPPORTED,
    )
    count = stored.count(unit.db, wanted)
    first = view.page * PAGE
    found = stored.browse(unit.db, wanted, limit=PAGE, offset=first)
    head = unit.phrases.html(
        "proposal.list" if found else "proposal.none",
        count=count,
        rt=_rt_name(unit, view),
        pillar=unit.phrases.plain(f"proposal.pillar.{view.pillar}"),
        sort=unit.phrases.plain(f"proposal.sort.{view.sort}"),
    )
    lines = [_line(unit, row, number) for number, row in enumerate(found, start=first + 1)]
    unit.say("\n\n".join([head, *lines]), _list_buttons(unit, view, found, count), in_place=True)
    unit.shown.clear()  # what is said after it shows nobody


def _rt_name(unit: Unit, view: View) -> str:
    if view.rt == ALL:
        return unit.phrases.plain("desk.all_rts")
    return unit.phrases.plain("form.choice.rt", number=view.rt)


def _line(unit: Unit, row: Row[Any], number: int) -> Html:
    return unit.phrases.html(
        "proposal.line",
        n=number,
        words=_words(unit, row, LINE_WORDS),
        place=ticket_view.place_of(unit, row),
        count=row.supporters,
        state=unit.phrases.plain(f"short.state.{row.state}"),
    )


def _words(unit: Unit, row: Row[Any], most: int) -> str:
    """What was written. A voice would be known again, so it is staff's alone."""
    unit.shows(row.reporter_id)
    return shortened(row.description or unit.phrases.plain("proposal.spoken"), most)


def _list_buttons(unit: Unit, view: View, found: list[Row[Any]], count: int) -> list[list[Button]]:
    first = view.page * PAGE
    rows = [
        [
            Button("proposal.button.open", f"proposal:open:{row.id}:{view.data}", {"n": number})
            for number, row in enumerate(found, start=first + 1)
        ]
    ]
    turn = turning(
        view.page,
        first + PAGE < count,
        lambda page: f"proposal:list:{view._replace(page=page).data}",
    )
    start = view._replace(page=0)
    sorts = [_choice(unit, start._replace(sort=s), f"sort.{s}", s == view.sort) for s in SORTS]
    pillars = [
        _choice(unit, start._replace(pillar=p), f"pillar.{p}", p == view.pillar) for p in PILLARS
    ]
    rows += [*turn, sorts]
    rows += in_rows(pillars, PILLAR_COLUMNS)
    if unit.settings.rt_numbers:
        rows.append([start.button("desk.button.rt", "rts")])
    if view.pillar != ALL or view.rt != ALL:
        rows.append([View(sort=view.sort).button("proposal.button.all")])
    return [row for row in rows if row]


def _choice(unit: Unit, view: View, name: str, is_chosen: bool) -> Button:
    """A way to look at the list; the present one is marked."""
    key = f"proposal.button.{name}"
    if not is_chosen:
        return view.button(key)
    return view.button("form.choice.chosen", label=unit.phrases.plain(key))


def on_rts(unit: Unit, update: Update) -> None:
    """Which RT?"""
    view = _view(unit, unit.values)
    if view is None:
        return unit.notice("form.old_button")
    numbers = unit.settings.rt_numbers
    buttons = [view._replace(rt=rt).button("form.choice.rt", number=rt) for rt in numbers]
    rows = in_rows(buttons, RT_COLUMNS)
    unit.show("desk.rt_question", [[view._replace(rt=ALL).button("desk.button.all_rts")], *rows])


def is_anothers(unit: Unit, row: Row[Any]) -> bool:
    """Whether a ticket is an aspiration of somebody else, sent for everybody to read."""
    me = unit.actor.resident
    return row.contributions is not None and (me is None or row.reporter_id != me.id)


def _named(unit: Unit) -> tuple[int | None, View]:
    """The aspiration and the list that a button names."""
    return number_in(unit.values[0]), _view(unit, unit.values[1:]) or View()


def on_open(unit: Unit, update: Update) -> None:
    """One aspiration."""
    ticket_id, view = _named(unit)
    show(unit, ticket_id, view)


def show(unit: Unit, ticket_id: int | None, view: View | None = None) -> None:
    """One aspiration with all that others may see of it, and what the person may do."""
    row = stored.shown(unit.db, ticket_id, UNSEEN) if ticket_id is not None else None
    if row is None:
        return unit.show("proposal.gone", [[(view or View()).button("proposal.button.list")]])
    parts = [
        unit.phrases.html(
            "proposal.one",
            place=ticket_view.place_of(unit, row),
            words=_words(unit, row, WORDS),
            when=unit.day(row.created_at),
            state=ticket_view.state_of(unit, row),
        ),
        Html("\n".join(_facts(unit, row))),
    ]
    if not is_anothers(unit, row):
        parts.append(unit.phrases.html("proposal.own"))
    elif _supports(unit, row):
        parts.append(unit.phrases.html("proposal.supported"))
    unit.say("\n\n".join(parts), _buttons(unit, row, view or View()), in_place=True)
    unit.shown.clear()


def _facts(unit: Unit, row: Row[Any]) -> list[Html]:
    facts = ticket_lines.details(unit, row, PROBLEM_WORDS)
    facts += [ticket_view.map_line(unit, row)] if row.latitude is not None else []
    facts += ticket_lines.forwarded(unit, row, with_number=_supports(unit, row))
    return [*facts, unit.phrases.html("proposal.supporters", count=row.supporters)]


def _supports(unit: Unit, row: Row[Any]) -> bool:
    me = unit.actor.resident
    return me is not None and stored_tickets.is_follower(unit.db, row.id, me.id)


def _buttons(unit: Unit, row: Row[Any], view: View) -> list[list[Button]]:
    rows = []
    if unit.actor.may(Permission.USE) and is_anothers(unit, row):
        act = "unsupport" if _supports(unit, row) else "support"
        if act == "unsupport" or row.state in OPEN_STATES:
            rows.append([_act(f"proposal.button.{act}", act, row, view)])
    elif not is_anothers(unit, row):
        rows.append([ticket_view.open_button(row.number)])
    if stored.own_media(unit.db, row.id, "photo"):
        rows.append([_act("proposal.button.photos", "photos", row, view)])
    return [*rows, [view.button("proposal.button.list")]]


def _act(label: str, act: str, row: Row[Any], view: View) -> Button:
    return Button(label, f"proposal:{act}:{row.id}:{view.data}")


def on_photos(unit: Unit, update: Update) -> None:
    """Its photos; those that others added later are not among them."""
    ticket_id, _ = _named(unit)
    row = stored.shown(unit.db, ticket_id, UNSEEN) if ticket_id is not None else None
    if row is None:
        return unit.notice("form.old_button")
    unit.shows(row.reporter_id)
    ticket_photos.show_photos(unit, stored.own_media(unit.db, row.id, "photo"))


def on_support(unit: Unit, update: Update) -> None:
    """Dukung; without consent that is asked first."""
    ticket_id, view = _named(unit)
    if not unit.actor.agreed:
        return consent.ask(unit, then=f"proposal:agree:{ticket_id or 0}:{view.data}")
    _support(unit, ticket_id, view)


def on_agree(unit: Unit, update: Update) -> None:
    """Consent, and then the support that waited for it."""
    ticket_id, view = _named(unit)
    if consent.agree(unit) is not None:
        _support(unit, ticket_id, view)
        consent.ask_home_once(unit)


def _support(unit: Unit, ticket_id: int | None, view: View) -> None:
    try:
        aspirations.support(unit.db, unit.actor, ticket_id or 0, unit.now)
    except OwnAspiration:
        unit.notice("proposal.is_own", alert=True)
    except NotOpen:
        unit.notice("proposal.not_open", alert=True)
    else:
        unit.notice("proposal.thanks")
    show(unit, ticket_id, view)


def on_unsupport(unit: Unit, update: Update) -> None:
    """Batal dukung."""
    ticket_id, view = _named(unit)
    if unit.actor.resident is None:
        return unit.notice("form.old_button")
    try:
        aspirations.stop_supporting(unit.db, unit.actor, ticket_id or 0)
    except NotOpen:
        return unit.notice("form.old_button")
    unit.notice("proposal.unsupported")
    show(unit, ticket_id, view)


ROUTES = (
    command("usulan", open_list, needs=Permission.READ, menu="menu.proposals"),
    tap("proposal:list", on_list, needs=Permission.READ),
    tap("proposal:rts", on_rts, needs=Permission.READ),
    tap("proposal:open", on_open, needs=Permission.READ),
    tap("proposal:photos", on_photos, needs=Permission.READ),
    tap("proposal:support", on_support, needs=Permission.USE),
    tap("proposal:agree", on_agree, needs=Permission.USE),
    tap("proposal:unsupport", on_unsupport, needs=Permission.USE),
)
