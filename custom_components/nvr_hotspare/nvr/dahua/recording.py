"""Whether channels are being recorded, as far as the firmware tells it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
import time
from typing import Final

from ...failover.model import Recording
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..local_clock import LocalClock
from .client import DahuaClient
from .devices import Device, connected
from .finder import Finder
from .schedule import AUTO, not_recording
from .table import Table, indexed

_REFUSALS: Final = (UnitRequestError, UnitUnsupportedError, UnitProtocolError)
_JUST_NOW: Final = 30
"""Seconds since which there is footage of a channel that is being recorded."""


class Witness:
    """Tells what a recorder really does."""

    def __init__(self, client: DahuaClient, finder: Finder, clock: LocalClock) -> None:
        self._client = client
        self._finder = finder
        self._clock = clock
        self._idle: set[int] = set()
        """Channels seen not recording the last time: seen once, they may just be connecting."""
        self._local: datetime | None = None
        self._asked_time = 0.0

    async def states(self) -> tuple[Mapping[int, bool], Mapping[int, bool]]:
        """Return which cameras are connected, and which channels are being recorded.

        Channels of which the recorder does not tell it are left out.

        Raises:
            UnitError: As `DahuaClient.table`.
        """
        try:
            there = await connected(self._client)
        except _REFUSALS:
            there = {}
        return there, await self._recorded()

    async def recordings(self, devices: Sequence[Device]) -> Mapping[int, Recording]:
        """Tell for each of these channels whether it is being recorded.

        Raises:
            UnitError: As `DahuaClient.table`.
        """
        there, recorded = await self.states()
        schedules = await self._schedules(devices, recorded)
        return {
            it.channel: await self._judge(it, there, recorded, schedules.get(it.channel, {}))
            for it in devices
        }

    async def is_growing(self, channel: int) -> bool:
        """Whether there is footage of a channel of just now: what proves it without `states`.

        Raises:
            UnitError: As `Finder.find`.
        """
        moment = await self._clock.seconds()
        files = await self._finder.find(channel, moment - 4 * _JUST_NOW, moment + _JUST_NOW)
        return any(file.end >= moment - _JUST_NOW for file in files)

    async def _recorded(self) -> Mapping[int, bool]:
        """Ask for the JSON that only some firmwares have: a list in the order of the channels."""
        try:
            told = (await self._client.post("recordManager/getStateAll", {})).get("state")
        except _REFUSALS:
            return {}
        if not isinstance(told, list):
            return {}
        states = {channel: _main_state(it) for channel, it in enumerate(told)}
        return {channel: state == 1 for channel, state in states.items() if state in {0, 1}}

    async def _judge(
        self,
        device: Device,
        there: Mapping[int, bool],
        recorded: Mapping[int, bool],
        schedule: Table,
    ) -> Recording:
        channel = device.channel
        is_recorded, is_there = recorded.get(channel), there.get(channel)
        if is_recorded:
            self._idle.discard(channel)
            return Recording.YES
        if is_recorded is None and is_there is not False:
            return Recording.UNKNOWN
        found = not_recording(device.mode, schedule, await self._now())
        if found is Recording.NO and channel not in self._idle:
            self._idle.add(channel)
            return Recording.UNKNOWN
        return found

    async def _schedules(
        self, devices: Sequence[Device], recorded: Mapping[int, bool]
    ) -> Mapping[int, Table]:
        """Ask for the schedules, where they make a difference."""
        if all(recorded.get(it.channel) or it.mode != AUTO for it in devices):
            return {}
        try:
            return dict(indexed(await self._client.config("Record"), "Record"))
        except _REFUSALS:
            return {}

    async def _now(self) -> datetime | None:
        """Return the recorder's local time, which is asked for now and then."""
        if self._local is None or time.monotonic() - self._asked_time > _JUST_NOW:
            try:
                self._local = await self._clock.now()
            except _REFUSALS:
                return None
            self._asked_time = time.monotonic()
        return self._local


def _main_state(told: object) -> object:
    """Return what is told of a channel's main stream: 1 where it is recorded, 0 where not."""
    main = told.get("Main") if isinstance(told, dict) else None
    state = main.get("State") if isinstance(main, dict) else None
    return state if isinstance(state, int) else None
