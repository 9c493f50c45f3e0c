"""One request to the Bot API: its parameters, however they were sent."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader
from aiohttp.web import BaseRequest

from simulator.rules import bad


@dataclass(slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    content_type: str
    data: bytes


class Call:
    """A method name with its parameters and files."""

    __slots__ = ("files", "method", "params")

    def __init__(self, method: str, params: dict[str, Any], files: dict[str, Upload]) -> None:
        self.method = method
        self.params = params
        self.files = files

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.params.get(name)
        return default if value is None else value if isinstance(value, str) else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A parameter as a whole number."""
        value = self.params.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad(f"can't parse {name}: integer expected") from None

    def real(self, name: str) -> float:
        """A parameter as a number with a fraction."""
        try:
            return float(self.params[name])
        except (KeyError, TypeError, ValueError):
            raise bad(f"wrong parameter {name} in request") from None

    def flag(self, name: str) -> bool:
        """A parameter as yes or no."""
        value = self.params.get(name)
        return value is True or str(value).lower() in ("true", "1", "yes")

    def parsed(self, name: str) -> Any:
        """A parameter that is an object or a list, sent as JSON text or as it is."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            subject = "reply keyboard markup" if name == "reply_markup" else name
            raise bad(f"can't parse {subject} JSON object") from None


async def read_call(method: str, request: BaseRequest) -> Call:
    """Collect the parameters of a request: query, form, JSON or multipart."""
    params: dict[str, Any] = dict(request.query) if request.query_string else {}
    files: dict[str, Upload] = {}
    kind = request.content_type
    if kind == "multipart/form-data":
        await _read_parts(request, params, files)
        return Call(method, params, files)
    body = await request.read()
    if body and kind == "application/json":
        params.update(_json_body(body))
    elif body:
        params.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Call(method, params, files)


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(decoded, dict):
        raise bad("can't parse JSON object")
    return decoded


async def _read_parts(
    request: BaseRequest, params: dict[str, Any], files: dict[str, Upload]
) -> None:
    reader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read())
        if part.filename is None:
            params[part.name] = data.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name] = Upload(part.filename, kind, data)
