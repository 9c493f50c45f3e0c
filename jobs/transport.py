"""python-telegram-bot's HTTP layer on aiohttp, and raw Bot API calls through it.

It tells apart what python-telegram-bot does not: a request that was certainly not sent
(`NotSent`), and one whose effect nobody knows (`Unknown`).
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
from telegram import Bot, InputFile
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from jobs.uploads import below, is_upload

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
UPLOAD_SECONDS = 60.0
KEEP_SECONDS = 8.0  # an idle connection goes before its read time-out can strike (aiohttp#12953)
CONNECTIONS = 40
ENTITY_TOO_LARGE = 413


class NotSent(NetworkError):
    """The request never left: no connection. Sending it again cannot double anything."""


class Unknown(NetworkError):
    """The request may have had its effect: time-out, lost connection, 5xx, unreadable answer."""


class AiohttpRequest(BaseRequest):
    """One shared aiohttp session behind python-telegram-bot's request interface."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer unless a call says otherwise."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Open the session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector)

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request; gives the HTTP status and the body.

        Raises:
            NotSent, Unknown: see there.
        """
        if self._session is None:
            raise RuntimeError("the request object was not initialized")
        upload = request_data is not None and request_data.contains_files
        seconds = _seconds(read_timeout, UPLOAD_SECONDS if upload else READ_SECONDS)
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=_seconds(connect_timeout, CONNECT_SECONDS),
            sock_read=seconds,
        )
        try:
            async with self._session.request(
                method, url, timeout=timeout, **_body(request_data)
            ) as answer:
                status, payload = answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unknown(type(error).__name__) from None
        if status >= 500:
            raise Unknown(f"HTTP {status}")
        if status == ENTITY_TOO_LARGE:
            raise BadRequest("Request Entity Too Large")
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Read an answer; unlike the base class, never log what it held.

        Raises:
            TelegramError: it is no JSON.
        """
        try:
            return json.loads(payload)
        except ValueError:
            raise TelegramError("Invalid server response") from None


def _seconds(given: Any, default: float | None) -> float | None:
    value = given.value if isinstance(given, DefaultValue) else given
    return default if value is None else float(value)


def _body(data: RequestData | None) -> dict[str, Any]:
    """The body for aiohttp: multipart where there are files, else JSON."""
    if data is None:
        return {}
    if not data.contains_files:
        return {"json": data.parameters}
    form = aiohttp.FormData(quote_fields=False)  # else a file "a b.csv" becomes "a%20b.csv"
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return {"data": form}


async def call(
    bot: Bot,
    method: str,
    params: dict[str, Any],
    *,
    read_timeout: float | None = None,
    folder: Path | None = None,
) -> Any:
    """Make a Bot API call with parameters as JSON takes them; gives the raw result.

    A parameter {"upload": "exports/7.csv", "name": "a.csv"} is that file of `folder`, sent under
    that name.

    Raises:
        telegram.error.TelegramError: as python-telegram-bot maps Telegram's answers.
        OSError: a file that is to be sent cannot be read.
    """
    with ExitStack() as files:
        data = RequestData([_parameter(files, folder, *item) for item in params.items()])
        seconds = read_timeout or (UPLOAD_SECONDS if data.contains_files else READ_SECONDS)
        return await _post(bot, method, data, seconds)


def _parameter(files: ExitStack, folder: Path | None, name: str, value: Any) -> RequestParameter:
    if folder is None or not is_upload(value):
        return RequestParameter(name, value, None)
    opened = files.enter_context(below(folder, value["upload"]).open("rb"))
    file = InputFile(opened, value["name"], read_file_handle=False)  # read as it is sent
    return RequestParameter(name, None, [file])


async def _post(bot: Bot, method: str, data: RequestData, seconds: float) -> Any:
    try:
        return await bot.request.post(f"{bot.base_url}/{method}", data, read_timeout=seconds)
    except TelegramError as error:
        if type(error) is TelegramError:  # a 200 that is no JSON: the effect is unknown
            raise Unknown(str(error)) from None
        raise
