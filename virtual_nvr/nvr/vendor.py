"""What a recorder may speak beside ONVIF: the API of its vendor, on the same ports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from .config import ChannelConfig, NvrConfig
from .director import Director
from .state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """The recorder beneath, as the API of a vendor sees it."""

    config: NvrConfig
    state: State
    director: Director
    held: set[str]
    """Recordings that are kept from recording, whatever their jobs say."""
    now: Callable[[], datetime]
    ahead: Callable[[], int]
    """How far the unit's clock is ahead, in nanoseconds."""
    late: Callable[[], Awaitable[None]]
    """Awaited before an answer: the unit may be slow."""
    settle: Callable[[], Awaitable[None]]
    """Stores the state, and has the recorder follow it."""
    reboot: Callable[[], None]
    storage_failed: Callable[[], bool]
    live: Callable[[str], Presentation | None]
    """What a recording, by its token, shows live."""
    footage: Callable[[str], Footage]
    """What was recorded, by token; times by the unit's clock."""


class VendorApi(Protocol):
    """The API of a vendor. Who is to record what is then up to it, not to ONVIF."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Answer on the unit's HTTP port."""

    def find(self, target: str) -> Presentation | Footage | None:
        """Return what is under a path of RTSP, its query included."""

    def set_up(self, channels: Mapping[int, ChannelConfig]) -> None:
        """Take up the unit's own cameras, by number, 1 for the first, as they are now."""

    async def stop(self) -> None:
        """Do nothing more."""
