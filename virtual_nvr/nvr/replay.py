"""The Replay service: where recorded footage can be played from (ONVIF Replay Control)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import override

from lxml.etree import _Element as Element

from custom_components.nvr_hotspare.recorder.holdings import Holdings
from custom_components.nvr_hotspare.recorder.model import Frame, Tracks
from custom_components.nvr_hotspare.recorder.recorded import RecordedFootage
from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage, Shot
from custom_components.nvr_hotspare.recorder.rtsp.order import Order
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits

from .config import NvrConfig
from .faults import invalid
from .media import check_stream_setup
from .recording import find_recording
from .service import Answer, Service, operation
from .state import State
from .xml import Node, element

PATH = "/replay"
"""Below this the RTSP server has a recording's footage, under its token."""
_TIMEOUT = round(Limits().timeout)
"""Seconds that a client may say nothing."""


class ReplayService(Service):
    """Tells where the footage of a recording can be played from."""

    prefix = "trp"
    path = "/onvif/replay_service"
    version = (2, 2)

    def __init__(self, config: NvrConfig, state: State) -> None:
        self._config = config
        self._state = state

    @override
    def capabilities(self) -> Element:
        return element(
            "trp:Capabilities",
            attributes={
                "ReversePlayback": False,
                "SessionTimeoutRange": f"{_TIMEOUT} {_TIMEOUT}",
                "RTP_RTSP_TCP": True,
            },
        )

    @override
    def category(self, address: str) -> Element:
        return element("tt:Replay", element("tt:XAddr", address))

    @operation("GetReplayUri")
    def get_replay_uri(self, request: Node) -> Answer:
        """Tell where a recording can be played from."""
        check_stream_setup(request.child("trp:StreamSetup"))
        token = find_recording(self._state, request.text("trp:RecordingToken")).token
        host, port = self._config.host, self._config.rtsp_port
        return [element("trp:Uri", f"rtsp://{host}:{port}{PATH}/{token}")]

    @operation("GetReplayConfiguration")
    def get_replay_configuration(self, _request: Node) -> Answer:
        """Tell how long a client may say nothing."""
        timeout = element("tt:SessionTimeout", f"PT{_TIMEOUT}S")
        return [element("trp:Configuration", timeout)]

    @operation("SetReplayConfiguration")
    def set_replay_configuration(self, request: Node) -> Answer:
        """Change that; only what it is already can be set."""
        if request.child("trp:Configuration").text("tt:SessionTimeout") != f"PT{_TIMEOUT}S":
            raise invalid("ConfigModify", "The session timeout of this unit can't be changed")
        return []


def replays(
    state: State, holdings: Holdings, ahead: Callable[[], int], going: asyncio.Event
) -> Callable[[str], ReplayedFootage | None]:
    """Return what finds the footage of each recording; arguments as of `ReplayedFootage`."""

    def find(path: str) -> ReplayedFootage | None:
        token = path.removeprefix(PATH + "/")
        known = token != path and token in state.recordings
        return ReplayedFootage(holdings, token, ahead, going) if known else None

    return find


class ReplayedFootage(Footage):
    """A recording's footage with times by the unit's clock, as in all that the unit tells."""

    def __init__(
        self,
        holdings: Holdings,
        channel: str,
        ahead: Callable[[], int],
        going: asyncio.Event,
    ) -> None:
        """Replay a channel.

        Args:
            holdings: What there is.
            channel: Whose footage.
            ahead: How far the unit's clock is ahead of the cameras', in nanoseconds.
            going: Nothing is sent while it is not set.
        """
        self._footage = RecordedFootage(holdings, channel)
        self._ahead = ahead
        self._going = going

    @override
    async def tracks(self) -> Tracks | None:
        return await self._footage.tracks()

    @override
    def names(self) -> Mapping[type[Frame], str]:
        return self._footage.names()

    @override
    async def play(self, order: Order) -> AsyncIterator[Sequence[Shot]]:
        ahead = self._ahead()
        start = None if order.start is None else order.start - ahead
        end = None if order.end is None else order.end - ahead
        async for shots in self._footage.play(replace(order, start=start, end=end)):
            await self._going.wait()
            for shot in shots:
                shot.frame.time += ahead
            yield shots
