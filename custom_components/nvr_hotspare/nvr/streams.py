"""Main and sub stream of one camera: how makers address the one is told from the other.

The path of a camera's stream is its maker's own. Of these the sub stream's differs from that of
the main stream in one place only, as their manuals say; of any other path nothing is said.
"""

import re
from typing import Final

_HOST: Final = r"://[^/]+"
_END: Final = r"\b"
_WAYS: Final = (
    (r"/streaming/channels/\d{1,3}0", "1", "2", _END),  # Hikvision and its many brands
    (r"/ch\d{1,3}/", "main", "sub", "/av_stream"),  # older ones of it
    (r"[?&]subtype=", "0", "1", _END),  # Dahua, Amcrest
    (r"preview_\d\d_", "main", "sub", _END),  # Reolink
    (r"/media/video", "1", "2", _END),  # Uniview
    (r"/unicast/c\d{1,3}/s", "0", "1", _END),  # the same behind its recorders
    (rf"{_HOST}/stream", "1", "2", "$"),  # TP-Link
    (r"/video", "Main", "Sub", _END),  # Foscam
    (rf"{_HOST}/", "main", "sub", "$"),  # Milesight
)
"""What stands before the place, the main and the sub stream in it, and what stands after it."""


def sub_stream(uri: str) -> str | None:
    """Return where the camera of a main stream has its sub stream, None where that is unknown."""
    for before, main, sub, after in _WAYS:
        if (other := _with(uri, before, main, sub, after)) is not None:
            return other
    return None


def main_stream(uri: str) -> str | None:
    """Return where the camera of a sub stream has its main stream, None where it is none."""
    for before, main, sub, after in _WAYS:
        if (other := _with(uri, before, sub, main, after)) is not None:
            return other
    return None


def _with(uri: str, before: str, this: str, other: str, after: str) -> str | None:
    match = re.search(f"(?:{before})({this})(?={after})", uri, re.IGNORECASE)
    return None if match is None else f"{uri[: match.start(1)]}{other}{uri[match.end(1) :]}"
