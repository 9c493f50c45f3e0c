"""Exports in the chat: /ekspor asks what, year, RT and state; the file comes as a document.

Nothing is kept between the questions: a button carries all answers so far, as
`export:<what>:<year>:<rt>:<state>:<act>`, where "all" stands for no limit.
"""

from __future__ import annotations

from datetime import datetime

from telegram import Update

from content.phrases import Html
from handlers import forms
from handlers.buttons import in_rows
from handlers.routes import command, tap
from handlers.unit import Button, Unit, full_moment
from handlers.world import World
from services import export_requests
from services.export_requests import Request
from services.exports import IN_CHAT, TICKETS, Filter
from services.roles import Permission
from storage import participation
from storage.outbox import Message

ALL = "all"
STAGES = ("what", "year", "rt", "state")
YEARS = 5  # buttons
COLUMNS = {"what": 1, "year": 2, "rt": 4, "state": 2}
STATE = "short.state."


def begin(unit: Unit, update: Update) -> None:
    """/ekspor: the first question."""
    page(unit)
    forms.offer_resume(unit)


def page(unit: Unit) -> None:
    """Ask what is to be exported."""
    _ask_on(unit, [])


def on_tap(unit: Unit, update: Update) -> None:
    """An answer to one of the questions, or what to do at their end."""
    given = [value for value in unit.values if value]
    answers, act = given[: len(STAGES)], "".join(given[len(STAGES) :])
    if answers == ["stop"]:
        return unit.show("export.cancelled")
    for number, answer in enumerate(answers):
        if answer not in _offered(unit, STAGES[number], answers[:number]):
            unit.notice("form.old_button")
            unit.detach()
            return page(unit)
    if len(answers) < len(STAGES) or not act:
        return _ask_on(unit, answers)
    if act == "names" and answers[0] in TICKETS:
        _ask_names(unit, answers)
    elif act == "send" or (act == "named" and answers[0] in TICKETS):
        _send(unit, answers, names=act == "named")
    else:
        unit.notice("form.old_button")


def _offered(unit: Unit, stage: str, answers: list[str]) -> dict[str, Button]:
    """The answers to a question, as buttons by value."""
    found: dict[str, Button] = {}

    def offer(value: str, label: str, **values: object) -> None:
        found[value] = Button(label, ":".join(["export", *answers, value]), values)

    if stage == "what":
        for what in IN_CHAT:
            offer(what, f"export.choice.{what}")
        return found
    offer(ALL, f"export.choice.all.{stage}")
    if stage == "year":
        for year in _years(unit):
            offer(str(year), "export.choice.year", year=year)
    elif stage == "rt":
        for rt in unit.settings.rt_numbers:
            offer(rt, "form.choice.rt", number=rt)
    elif answers[0] in TICKETS:
        for key in unit.phrases.keys(STATE):
            offer(key.removeprefix(STATE), key)
    return found


def _years(unit: Unit) -> list[int]:
    """The years in which something was recorded, newest first, and always this one."""
    zone = unit.settings.kelurahan.zone
    first, now = participation.first_at(unit.db), unit.now.astimezone(zone).year
    begun = first.astimezone(zone).year if first else now
    return list(range(now, max(min(begun, now), now - YEARS + 1) - 1, -1))


def _ask_on(unit: Unit, answers: list[str]) -> None:
    """Ask the next question that has more than one answer, or whether to send."""
    while len(answers) < len(STAGES):
        stage = STAGES[len(answers)]
        offered = _offered(unit, stage, answers)
        if len(offered) > 1:
            return _ask(unit, stage, list(offered.values()))
        answers = [*answers, *offered]
    data = ":".join(["export", *answers])
    rows = [[Button("export.button.send", f"{data}:send")]]
    if answers[0] in TICKETS and unit.actor.may(Permission.EXPORT_NAMES):
        rows.append([Button("export.button.names", f"{data}:names")])
    rows.append([Button("form.button.restart", "export"), _stop()])
    what, wanted = answers[0], _filter(answers)
    unit.show("export.confirm", rows, filters=filters(unit.world, what, wanted))


def _ask(unit: Unit, stage: str, buttons: list[Button]) -> None:
    width = COLUMNS[stage]
    whole, rest = (buttons[:1], buttons[1:]) if stage != "what" else ([], buttons)
    rows = [whole] if whole else []  # "all" stands alone
    rows += in_rows(rest, width)
    unit.show(f"export.question.{stage}", [*rows, [_stop()]])


def _stop() -> Button:
    return Button("form.button.cancel", "export:stop")


def _filter(answers: list[str], *, names: bool = False) -> Filter:
    _, year, rt, state = (None if answer == ALL else answer for answer in answers)
    return Filter(year=int(year) if year else None, rt=rt, state=state, names=names)


def _ask_names(unit: Unit, answers: list[str]) -> None:
    """Names leave only when that was said twice."""
    data = ":".join(["export", *answers])
    rows = [[Button("export.button.named", f"{data}:named")],
            [Button("export.button.nameless", f"{data}:send")],
            [_stop()]]  # fmt: skip
    unit.show("export.names_question", rows)


def _send(unit: Unit, answers: list[str], *, names: bool) -> None:
    """Queue the export; it comes as a document when it is ready."""
    what, wanted = answers[0], _filter(answers, names=names)
    message_id = unit.tap.message_id if unit.tap else None
    if not export_requests.ask(
        unit.db, unit.actor, what, wanted, message_id=message_id, now=unit.now
    ):
        return unit.notice("export.running", alert=True)
    unit.show("export.coming", filters=filters(unit.world, what, wanted))


def filters(world: World, what: str, wanted: Filter) -> Html:
    """What an export holds, in words."""
    say = world.phrases
    values = {
        "what": say.plain(f"export.choice.{what}"),
        "year": wanted.year or say.plain("export.choice.all.year"),
        "rt": say.plain("form.choice.rt", number=wanted.rt)
        if wanted.rt
        else say.plain("export.choice.all.rt"),
    }
    if what not in TICKETS:
        return say.html("export.filters.log", **values)
    state = f"{STATE}{wanted.state}" if wanted.state else "export.choice.all.state"
    names = say.plain(f"export.names.{'with' if wanted.names else 'without'}")
    return say.html("export.filters.tickets", state=say.plain(state), names=names, **values)


def document(world: World, request: Request, path: str, rows: int, now: datetime) -> Message:
    """The message that brings a file of the media folder to who asked for it."""
    zone = world.settings.kelurahan.zone
    name = world.phrases.plain(f"export.file.{request.what}")
    caption = world.phrases.text(
        "export.caption",
        filters=filters(world, request.what, request.wanted),
        rows=rows,
        at=full_moment(now, zone),
    )
    params = {
        "chat_id": request.telegram_id,
        "document": {"upload": path, "name": f"{name}-{now.astimezone(zone):%Y-%m-%d}.csv"},
        "caption": caption,
        "parse_mode": "HTML",
    }
    return Message(request.telegram_id, "sendDocument", params)


def sorry(world: World, request: Request, key: str) -> Message:
    """The message that says why no file comes."""
    filters_ = filters(world, request.what, request.wanted)
    params = {
        "chat_id": request.telegram_id,
        "text": world.phrases.text(key, filters=filters_),
        "parse_mode": "HTML",
    }
    return Message(request.telegram_id, "sendMessage", params)


ROUTES = (
    command("ekspor", begin, needs=Permission.EXPORT, menu="menu.exports"),
    tap("export", on_tap, needs=Permission.EXPORT),
)
