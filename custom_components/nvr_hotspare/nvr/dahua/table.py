"""The lines in which the CGI answers: key=value, with dots and indices in the keys.

Line ends differ from firmware to firmware, and values may hold an equals sign.
"""

from collections.abc import Iterator, Mapping
import re
from typing import Final

from ..errors import UnitProtocolError, UnitRequestError
from ..untrusted import printable

_LINE_END: Final = re.compile(r"[\r\n]+")
_MOST: Final = 50_000
"""Lines: 256 channels with all that is told of their cameras are about half of it."""
_INDEX: Final = re.compile(r"\[(\d{1,4})\]\.?(.*)", re.DOTALL)

type Table = Mapping[str, str]
"""What stands in the lines, by key."""


def read_table(body: bytes) -> Table:
    """Return the pairs of an answer.

    Raises:
        UnitProtocolError: They are more than any unit has, or it is none of this kind.
        UnitRequestError: It says "Error", whatever the HTTP status.
    """
    text = body.decode(errors="replace").lstrip("\ufeff").strip()
    lines = _LINE_END.split(text)
    if len(lines) > _MOST:
        raise UnitProtocolError("It tells more than any unit has to")
    if lines[0].startswith("Error"):
        raise UnitRequestError(said(text))
    if text.startswith("<"):
        raise UnitProtocolError("It answers with a web page")
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def is_ok(body: bytes) -> bool:
    """Whether an order was carried out: the answer says OK, and an HTTP status alone does not."""
    return body.decode(errors="replace").strip().upper().startswith("OK")


def said(text: str) -> str:
    """Return what a unit gives as its reason, which is never much."""
    return printable(" ".join(_LINE_END.split(text))) or "It gives no reason"


def below(table: Table, prefix: str) -> Table:
    """Return the pairs whose keys begin with this, without it."""
    return {
        key.removeprefix(prefix): value for key, value in table.items() if key.startswith(prefix)
    }


def indexed(table: Table, prefix: str) -> Iterator[tuple[int, Table]]:
    """Yield what stands below `prefix[0]`, `prefix[1]` ..., in order, without gaps or with.

    A value of the index itself stands under the empty key.
    """
    found: dict[int, dict[str, str]] = {}
    for key, value in below(table, prefix).items():
        if match := _INDEX.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = value
    yield from sorted(found.items())


def flag(text: str | None) -> bool:
    """Return what is true: some write it so, some as a number."""
    return (text or "").lower() in {"true", "1"}


def whole(text: str | None) -> int | None:
    """Return a number, None where there is none; numbers of bytes are written with decimals."""
    try:
        return int(float(text or ""))
    except ValueError, OverflowError:
        return None
