"""How requests and answers look: key=value lines, indices in brackets, and errors as text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
import json
import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

_INDEX = re.compile(r"\[(\d{1,3})\]")

type Pairs = Iterable[tuple[str, object]]


class RefusedError(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(status.phrase)
        self.status = status


def parameters(raw_query: str) -> dict[str, str]:
    """Return what stands in a query. A plus is a plus: only %20 is a space."""
    pairs = (part.partition("=") for part in raw_query.split("&") if part)
    return {unquote(key): unquote(value) for key, _, value in pairs}


def lines(pairs: Pairs, end: str) -> str:
    """Write key=value lines; booleans are true and false, numbers of bytes have decimals."""
    return "".join(f"{key}={_text(value)}{end}" for key, value in pairs)


def flat(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """Take a structure apart into the pairs of its lines."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from flat(f"{prefix}.{key}" if prefix else str(key), inner)
        case str():
            yield prefix, value
        case Sequence():
            for index, inner in enumerate(value):
                yield from flat(f"{prefix}[{index}]", inner)
        case _:
            yield prefix, value


def index_in(key: str) -> int:
    """Return the index that a key names first.

    Raises:
        RefusedError: It names none.
    """
    match = _INDEX.search(key)
    if match is None:
        raise RefusedError
    return int(match[1])


def number(text: str | None) -> int:
    """Return a number that a client wrote.

    Raises:
        RefusedError: It is none.
    """
    try:
        return int(text or "")
    except ValueError:
        raise RefusedError from None


def json_body(body: bytes) -> dict[str, Any]:
    """Return the object that a client posted; an empty body is an empty one.

    Raises:
        RefusedError: It is no object.
    """
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        raise RefusedError from None
    if not isinstance(content, dict):
        raise RefusedError
    return content


def refusal(status: HTTPStatus, end: str) -> web.Response:
    """Return the answer to a request that is not carried out."""
    return web.Response(status=status, text=f"Error{end}{status.phrase}!{end}")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6f}" if isinstance(value, float) else str(value)
