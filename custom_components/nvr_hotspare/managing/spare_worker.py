"""Carries out the commands for one spare, one after another in the order given."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cameras.watch import CameraWatch, camera_watch
from ..failover.commands import Provision, Record, Release, SpareCommand, Unprovision
from ..failover.events import CommandEnded
from ..failover.model import Camera
from ..links.link import UnitLink
from ..nvr.base import Spare
from ..nvr.errors import UnitError
from ..nvr.model import Place
from ..settings.limits import MEGABIT
from ..settings.unit import place_key

_LOGGER = logging.getLogger(__name__)

COMMAND_TIME = 30.0
"""Seconds after which a command that hangs makes way for the next one."""


class SpareWorker:
    """The queue of one spare. Whatever becomes of a command, its end is reported.

    After a change of the way to the spare its commands are for the next worker to finish.
    """

    def __init__(
        self,
        link: UnitLink,
        places: Callable[[], Mapping[Camera, Place]],
        report: Callable[[CommandEnded], None],
    ) -> None:
        self._link = link
        self._places = places
        self._report = report
        self._commands: deque[SpareCommand] = deque()
        self._added = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._complaint = ""
        self._watch: CameraWatch | None = None
        self._task: asyncio.Task[None] | None = None

    @callback
    def start(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin with the first command."""
        self._watch = camera_watch(hass, entry, self._link.config)
        name = f"commands for {self._link.config.title}"
        self._task = entry.async_create_background_task(hass, self._run(), name)

    @callback
    def stop(self) -> Iterable[SpareCommand]:
        """End at once, and report nothing more; returns the commands that were not finished."""
        if self._task:
            self._task.cancel()
        return tuple(self._commands)

    @callback
    def put(self, command: SpareCommand) -> None:
        """Add a command."""
        self._commands.append(command)
        self._added.set()

    @property
    def busy(self) -> bool:
        """Whether a command is under way, or waits."""
        return bool(self._commands)

    async def _run(self) -> None:
        """Carry out commands for ever."""
        while True:
            while self._commands:
                command = self._commands[0]
                errors = await self._carry_out(command)
                self._commands.popleft()
                self._complain("; ".join(sorted(set(errors.values()))))
                self._report(CommandEnded(command, errors))
                self._link.on_news()
            self._added.clear()
            await self._added.wait()

    def _complain(self, complaint: str) -> None:
        """Tell what goes wrong once, not at every repetition."""
        if complaint and complaint != self._complaint:
            _LOGGER.warning("%s: %s", self._link.config.title, complaint)
            self._link.on_complaint()
        self._complaint = complaint

    async def clear_away(self, cameras: Iterable[Camera], *, delete_footage: bool) -> None:
        """Stop recording cameras and take away their places.

        Raises:
            UnitError: It could not be done, or not in time.
        """
        keys = [place_key(camera) for camera in cameras]
        try:
            async with asyncio.timeout(COMMAND_TIME), self._one_at_a_time:
                await self._link.ask(lambda unit: unit.release(keys))
                await self._link.ask(
                    lambda unit: unit.unprovision(keys, delete_footage=delete_footage)
                )
        except TimeoutError:
            raise UnitError("The spare did not finish in time") from None

    async def _carry_out(self, command: SpareCommand) -> Mapping[Camera, str]:
        """Return what went wrong, by camera."""
        try:
            async with asyncio.timeout(COMMAND_TIME), self._one_at_a_time:
                return await self._link.ask(lambda unit: self._call(unit, command))
        except UnitError as error:
            reason = str(error)
        except TimeoutError:
            reason = "The spare did not finish in time"
        return dict.fromkeys(command.cameras, reason)

    async def _call(self, unit: Spare, command: SpareCommand) -> Mapping[Camera, str]:
        cameras = {place_key(camera): camera for camera in command.cameras}
        known = self._places()
        errors = {c: "Its source is not known" for c in command.cameras if c not in known}
        if isinstance(command, Provision | Record):
            wanted = {c: known[c] for c in command.cameras if c in known}
            errors |= {c: why for c, place in wanted.items() if (why := self._too_fast(place))}
        places = [known[camera] for camera in command.cameras if camera not in errors]
        match command:
            case Provision() | Record() if not places:
                pass
            case Provision():
                await self._provision(unit, places)
            case Record():
                failed = await self._record(unit, places)
                errors |= {cameras[key]: why for key, why in failed.items() if key in cameras}
            case Release():
                await unit.release(cameras)
                errors = {}
            case Unprovision():
                await unit.unprovision(cameras)
                errors = {}
        return errors

    async def _provision(self, unit: Spare, places: Sequence[Place]) -> None:
        """Provision what was looked at; the rest when it is ordered again, which is soon.

        A command that waited for cameras would be in the way of those that a takeover needs.
        """
        if self._watch is not None:
            places = self._watch.asked(places)
        if places:
            await unit.provision(places)
            self._saw_added(places)

    async def _record(self, unit: Spare, places: Sequence[Place]) -> Mapping[str, str]:
        """Record at once; cameras are looked at meanwhile."""
        if self._watch is not None:
            self._watch.asked([it for it in places if it.key not in self._watch.there])
        errors = await unit.record(places)
        self._saw_added([it for it in places if it.key not in errors])
        return errors

    def _saw_added(self, places: Sequence[Place]) -> None:
        if self._watch is not None:
            self._watch.added(places)

    def _too_fast(self, place: Place) -> str:
        """Tell why the spare is not asked to record a camera, as a sentence; empty if it is."""
        most = self._link.config.limits.camera_rate
        if not most or place.bitrate <= most:
            return ""
        found, limit = place.bitrate / MEGABIT, most / MEGABIT
        return f"{place.name} has {found:.1f} Mbit/s, and it takes {limit:.1f} of one camera"
