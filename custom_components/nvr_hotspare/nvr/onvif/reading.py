"""Taking values out of what zeep read: any part can be missing, or be something else."""

from typing import Any


def part(value: Any, *names: str) -> Any:
    """Return a part of a part ...; None where one is missing."""
    for name in names:
        value = getattr(value, name, None)
    return value


def parts(value: Any, *names: str) -> list[Any]:
    """Return a repeated part as a list, empty where it is missing."""
    found = part(value, *names)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def text(value: Any, *names: str) -> str:
    """Return a part that is text, empty where it is missing or no text."""
    found = part(value, *names)
    return found if isinstance(found, str) else ""
