"""What Home Assistant's log holds against the integration: warnings, errors, blocking calls."""

from collections.abc import Iterable, Iterator
from pathlib import Path
import re

from .integration import DOMAIN

_LOUD = ("WARNING", "ERROR", "CRITICAL")
_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ ([A-Z]+) ")
"""How a record begins; the lines of its traceback begin otherwise."""
_OF_EVERYBODY = "has not been tested by Home Assistant"
"""Said of each custom integration."""


def complaints(config: Path) -> list[str]:
    """Return the records, of this run and the one before, that are loud and name the integration.

    Wherever they name it: a call of it that blocks the event loop, or an exception that nobody
    took, is told by Home Assistant or asyncio, with the integration's file in the text.
    """
    logs = [config / f"home-assistant.log{suffix}" for suffix in (".1", "")]
    return [
        record
        for log in logs
        if log.exists()
        for level, record in _records(log.read_text(encoding="utf-8").splitlines())
        if level in _LOUD and DOMAIN in record and _OF_EVERYBODY not in record
    ]


def _records(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the level of each record, and all of its lines."""
    level, record = "", [""]
    for line in lines:
        if begins := _RECORD.match(line):
            yield level, "\n".join(record)
            level, record = begins[1], []
        record.append(line)
    yield level, "\n".join(record)
