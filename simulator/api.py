"""The Bot API over HTTP: tokens, methods, faults and limits around each request."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.web import BaseRequest, StreamResponse

from simulator.call import Call, read_call
from simulator.faults import Fault, Faults
from simulator.limits import Gate, Refusal, Stats, too_many
from simulator.methods import METHODS
from simulator.methods.sending import find_chat
from simulator.rules import ApiError, Json
from simulator.state import World
from simulator.updates import Raw, as_json
from simulator.webhook import Webhook

if TYPE_CHECKING:
    from simulator.strict import Strict

TOKEN = re.compile(r"\d+:[\w-]+\Z")
BOT_PATH = re.compile(r"/bot([^/]*)/([^/]*)/?\Z")
FILE_PATH = re.compile(r"/file/bot([^/]*)/(.+)\Z")
UPDATE_METHODS = {
    name.lower(): name for name in ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
}
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)


class BotApi:
    """Answers /bot<token>/<method> and /file/bot<token>/<path>, and counts what it did."""

    def __init__(
        self,
        token: str,
        world: World,
        faults: Faults,
        gate: Gate | None,
        strict: "Strict | None",
    ) -> None:
        self.token = token
        self.world = world
        self.faults = faults
        self.strict = strict
        self.webhook = Webhook(world, faults)
        self.stats = Stats()
        self.refusals: list[Refusal] = []
        self.stopping = asyncio.Event()
        self._gate = gate

    async def answer(self, request: BaseRequest) -> StreamResponse | None:
        """The answer to a request of a bot; None if the path is not one of the Bot API."""
        path = request.path
        if match := BOT_PATH.match(path):
            return await self._bot(request, *match.groups())
        if match := FILE_PATH.match(path):
            return await self._file(request, *match.groups())
        if path.startswith(("/bot", "/file/")):
            raise ApiError("Not Found", 404)
        return None

    def _check_token(self, token: str) -> None:
        if token != self.token:
            known = TOKEN.match(token) is not None
            raise ApiError("Unauthorized", 401) if known else ApiError("Not Found", 404)

    async def _file(self, request: BaseRequest, token: str, path: str) -> StreamResponse:
        self._check_token(token)
        stored = self.world.files.by_path.get(path)
        if stored is None:
            raise ApiError("Not Found", 404)
        plan = self.faults.plan("file")
        await asyncio.sleep(plan.before + plan.after)
        if plan.fault is not None:
            answer = await self._broken(request, plan.fault)
            if answer is not None:
                return answer
        return web.Response(body=stored.data, content_type="application/octet-stream")

    async def _bot(self, request: BaseRequest, token: str, asked: str) -> StreamResponse:
        self._check_token(token)
        found = METHODS.get(asked.lower())
        name = found[0] if found else UPDATE_METHODS.get(asked.lower(), "")
        if not name:
            raise ApiError("Not Found", 404)
        self.stats.requests[name] += 1
        call = await self._read(name, request)
        plan = self.faults.plan(name)
        if plan.before:
            await asyncio.sleep(plan.before)
        if plan.fault is not None:
            answer = await self._broken(request, plan.fault)
            if answer is not None:
                return answer
        if name == "getUpdates":
            # Those who wait for a poller to come must see it once it waits.
            asyncio.get_running_loop().call_soon(self.world.stirred.notify)
        body, status = await self._answer(call, request)
        self.world.stirred.notify()
        if plan.after:
            await asyncio.sleep(plan.after)
        if plan.fault is not None:
            _cut(request)  # reset_after: the effect stays, the answer is lost
        return web.Response(text=body, status=status, content_type="application/json")

    async def _read(self, name: str, request: BaseRequest) -> Call:
        try:
            return await read_call(name, request)
        except web.HTTPRequestEntityTooLarge:
            error = ApiError("Request Entity Too Large", 413)
        except ApiError as refused:
            error = refused
        self._note(Call(name, {}, {}), error)
        raise error

    async def _answer(self, call: Call, request: BaseRequest) -> tuple[str, int]:
        """Do what the method says; JSON and status of the answer."""
        try:
            if self.strict is not None:
                self.strict.check_call(call)
            result = await self._run(call)
            if self.strict is not None:
                self.strict.check_result(call.method, result)
        except ApiError as error:
            # A poller that was killed leaves a request nobody waits for: not worth a refusal.
            if request.transport is not None:
                self._note(call, error)
            return error_body(error), error.code
        text = result if isinstance(result, Raw) else as_json(result)
        return '{"ok":true,"result":' + text + "}", 200

    async def _run(self, call: Call) -> Any:
        if call.method in UPDATE_METHODS.values():
            return await self._updates(call)
        function = METHODS[call.method.lower()][1]
        if not call.method.startswith("send") or call.method == "sendChatAction":
            return function(self.world, call)
        messages = _messages(call)
        if self._gate is not None:
            self._gate.check(find_chat(self.world, call).id, messages)
        result = function(self.world, call)
        self.stats.sent(messages)
        return result

    async def _updates(self, call: Call) -> Any:
        if call.method == "setWebhook":
            return await self.webhook.set(call)
        if call.method == "deleteWebhook":
            return await self.webhook.delete(call)
        if call.method == "getWebhookInfo":
            return self.webhook.info()
        self.webhook.refuse_polling()
        queue = self.world.queue
        queue.set_allowed(call.parsed("allowed_updates"))
        limit = min(100, max(1, call.number("limit", 100)))
        timeout = min(50, call.number("timeout"))
        return await queue.poll(
            call.number("offset"), limit, 0 if self.stopping.is_set() else timeout
        )

    def _note(self, call: Call, error: ApiError) -> None:
        if error.code == 429:
            self.stats.too_many += 1
        else:
            self.stats.refused[error.description] += 1
            refusal = Refusal(call.method, error.code, error.description, call.params)
            self.refusals.append(refusal)

    async def _broken(self, request: BaseRequest, fault: Fault) -> StreamResponse | None:
        """The answer to a request that goes wrong before its effect; None if it goes on."""
        if fault.kind == "reset_after":
            return None
        if fault.kind == "hang":
            await self.stopping.wait()
            return _cut(request)
        if fault.kind == "reset_before":
            return _cut(request)
        if fault.kind == "html":
            return web.Response(text=BAD_GATEWAY, status=502, content_type="text/html")
        if fault.kind == "too_many":
            self.stats.too_many += 1
            return refused(too_many(fault.retry_after))
        return refused(ApiError(fault.words(), fault.code))


def _messages(call: Call) -> int:
    """How many messages a send is: an album counts each picture."""
    media = call.parsed("media") if call.method == "sendMediaGroup" else None
    return max(1, len(media)) if isinstance(media, list) else 1


def _cut(request: BaseRequest) -> StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def error_body(error: ApiError) -> str:
    """The JSON of a refusal."""
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return as_json(body)


def refused(error: ApiError) -> web.Response:
    """A refusal as the HTTP answer it is."""
    return web.Response(text=error_body(error), status=error.code, content_type="application/json")
