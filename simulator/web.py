"""The JSON API behind the chat page, also for benches in other processes."""

import asyncio
import json
from collections import deque
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.web import BaseRequest, StreamResponse

from simulator.forms import body_of, form_of, sent_as
from simulator.person import Person, buttons
from simulator.rules import ApiError, Json, bad
from simulator.state import Event, Human
from simulator.updates import as_json

if TYPE_CHECKING:
    from simulator.server import Simulator

PAGE = Path(__file__).parent / "page"
HEARTBEAT = 10.0
RETRY_MS = 1000  # after which a page that lost the connection asks again
COLOURS = ("#e17076", "#7bc862", "#65aadd", "#a695e7", "#ee7aae", "#6ec9cb", "#faa774")
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}


class Page:
    """Answers everything that is not the Bot API."""

    def __init__(self, simulator: "Simulator") -> None:
        self._sim = simulator
        self._routes = {
            ("GET", "/sim/people"): self._people,
            ("POST", "/sim/people"): self._add_person,
            ("GET", "/sim/events"): self._events,
            ("POST", "/sim/send"): self._send,
            ("POST", "/sim/tap"): self._tap,
            ("POST", "/sim/edit"): self._edit,
            ("POST", "/sim/block"): self._block,
            ("GET", "/sim/stats"): self._stats,
            ("POST", "/sim/faults"): self._faults,
            ("POST", "/sim/updates"): self._updates,
            ("GET", "/sim/sent"): self._sent,
        }

    async def answer(self, request: BaseRequest) -> StreamResponse:
        """Find who answers this path."""
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, request.path))
        if route is not None:
            try:
                return await route(request)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise bad(f"{type(error).__name__}: {error}") from None
        if method == "GET":
            name = request.path.rsplit("/", 1)[1]
            if request.path.startswith("/sim/chat/"):
                return self._chat(name)
            if request.path.startswith("/sim/file/"):
                return self._file(name)
            if request.path in ("/", "/page/"):
                return _static("index.html")
            if request.path.startswith("/page/"):
                return _static(request.path.removeprefix("/page/"))
        raise ApiError("Not Found", 404)

    def _person(self, value: Any) -> Person:
        try:
            human = self._sim.world.people[int(value)]
        except (KeyError, TypeError, ValueError):
            raise ApiError("Not Found: no such person", 404) from None
        return Person(self._sim.world, human)

    # Looking

    async def _people(self, request: BaseRequest) -> StreamResponse:
        world = self._sim.world
        profile = world.profile
        bot = {
            "id": world.bot["id"],
            "name": profile.names.get("", world.bot["first_name"]),
            "username": world.bot["username"],
            "description": profile.descriptions.get("", ""),
            "short_description": profile.short_descriptions.get("", ""),
        }
        people = [_shown(human, at) for at, human in enumerate(world.people.values())]
        return _json({"bot": bot, "people": people, "run": world.run})

    async def _add_person(self, request: BaseRequest) -> StreamResponse:
        wish = await body_of(request)
        people = self._sim.world.people
        number = int(wish.get("id") or max(people, default=700_000_000) + 1)
        human = self._sim.world.human(
            number, str(wish.get("name") or "Siti"), about=str(wish.get("about") or "")
        )
        return _json(_shown(human, list(people).index(number)))

    def _chat(self, person_id: str) -> StreamResponse:
        person = self._person(person_id)
        chat = person.chat
        placeholder = (chat.keyboard or {}).get("input_field_placeholder", "")
        return _json(
            {
                "messages": [self._seen(m) for m in chat.messages.values()],
                "keyboard": buttons(chat.keyboard),
                "keyboard_placeholder": placeholder,
                "commands": person.commands(),
                "started": chat.started,
                "blocked": chat.blocked,
                "seq": self._sim.world.seq,
                "run": self._sim.world.run,
            }
        )

    def _seen(self, message: Json) -> Json:
        return {**message, "mine": message["from"]["id"] != self._sim.world.bot["id"]}

    def _file(self, file_id: str) -> StreamResponse:
        stored = self._sim.world.files.find(file_id)
        if stored is None:
            raise ApiError("Not Found", 404)
        return web.Response(body=stored.data, content_type=stored.mime)

    async def _events(self, request: BaseRequest) -> StreamResponse:
        last = request.headers.get("Last-Event-ID") or request.query.get("since") or "0"
        since = int(last) if last.isdigit() else 0
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        await stream.prepare(request)
        world = self._sim.world
        # A page that comes back hears first whether this is still the server it knew.
        hello = f"event: run\ndata: {as_json(world.run)}\nretry: {RETRY_MS}\n\n"
        await stream.write(hello.encode())
        try:
            while not self._sim.stopping:
                if since < world.seq:
                    fresh = _since(world.events, since)
                    since = world.seq
                    for event in fresh:
                        data = as_json(self._event(event))
                        await stream.write(f"id: {event.seq}\ndata: {data}\n\n".encode())
                elif not await world.changed.wait(HEARTBEAT):
                    await stream.write(b": still here\n\n")
        except (ConnectionError, asyncio.CancelledError):
            pass
        return stream

    def _event(self, event: Event) -> Json:
        shown: Json = {
            "seq": event.seq,
            "kind": event.kind,
            "person": event.person,
            "message": None,
            "message_id": None,
            "notice": None,
            **event.detail,
        }
        if shown["message"] is not None:
            shown["message"] = self._seen(shown["message"])
        if event.kind == "keyboard":
            keyboard = event.detail["keyboard"]
            shown["keyboard"] = buttons(keyboard)
            shown["keyboard_placeholder"] = (keyboard or {}).get("input_field_placeholder", "")
        if event.kind == "commands":
            shown["commands"] = self._person(event.person).commands()
        return shown

    # Doing

    async def _send(self, request: BaseRequest) -> StreamResponse:
        fields, files = await form_of(request)
        person = self._person(fields.get("person"))
        updates = await sent_as(person, fields, files)
        return _json(
            {
                "message_ids": [u["message"]["message_id"] for u in updates],
                "update_ids": [u.get("update_id") for u in updates],
            }
        )

    async def _tap(self, request: BaseRequest) -> StreamResponse:
        wish = await body_of(request)
        person = self._person(wish.get("person"))
        query = await person.taps_raw(int(wish["message_id"]), str(wish["data"]))
        return _json({"callback_query_id": query})

    async def _edit(self, request: BaseRequest) -> StreamResponse:
        wish = await body_of(request)
        person = self._person(wish.get("person"))
        update = await person.edits(int(wish["message_id"]), str(wish["text"]))
        return _json({"update_id": update["update_id"]})

    async def _block(self, request: BaseRequest) -> StreamResponse:
        wish = await body_of(request)
        person = self._person(wish.get("person"))
        await (person.blocks() if wish.get("blocked") else person.unblocks())
        return _json({"blocked": person.chat.blocked})

    # Benches

    async def _stats(self, request: BaseRequest) -> StreamResponse:
        sim = self._sim
        unanswered = sum(len(human.unanswered) for human in sim.world.people.values())
        return _json(
            {
                "requests": sim.stats.requests,
                "refused": sim.stats.refused,
                "too_many": sim.stats.too_many,
                "messages": sim.stats.messages,
                "max_per_second": sim.stats.max_per_second,
                "unanswered": unanswered,
                "updates_unconfirmed": sim.updates_unconfirmed,
                "webhook_pending": sim.webhook_pending,
                "faults": sim.faults.injected,
            }
        )

    async def _faults(self, request: BaseRequest) -> StreamResponse:
        self._sim.faults.apply(await body_of(request))
        return _json({"ok": True})

    async def _updates(self, request: BaseRequest) -> StreamResponse:
        wishes = json.loads(await request.read())
        world = self._sim.world
        ids = []
        for wish in wishes:
            person = Person(world, world.human(int(wish["person"])))
            update = await person.sends(str(wish["text"]))
            ids.append(update["update_id"])
        return _json({"update_ids": ids})

    async def _sent(self, request: BaseRequest) -> StreamResponse:
        since = int(request.query.get("since", "0"))
        fresh = takewhile(lambda line: line["k"] > since, reversed(self._sim.world.sent))
        return _json(list(fresh)[::-1])


def _since(events: deque[Event], seq: int) -> list[Event]:
    """Events after this one; looked for from the end, where they are."""
    fresh = list(takewhile(lambda event: event.seq > seq, reversed(events)))
    return fresh[::-1]


def _shown(human: Human, at: int) -> Json:
    """A person for the page; neighbours in the list have different colours."""
    return {
        "id": human.id,
        "name": human.name,
        "about": human.about,
        "avatar": COLOURS[at % len(COLOURS)],
    }


def _static(name: str) -> StreamResponse:
    path = (PAGE / name).resolve()
    if not path.is_relative_to(PAGE) or not path.is_file():
        raise ApiError("Not Found", 404)
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return web.Response(
        body=path.read_bytes(), content_type=kind, headers={"Cache-Control": "no-cache"}
    )


def _json(value: Any) -> web.Response:
    return web.Response(text=as_json(value), content_type="application/json")
