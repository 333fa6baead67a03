"""Finding out what a device lacks of a window, camera by camera, and what is to be done."""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
import hashlib
import logging
import time
from typing import Final

from ..failover.model import Camera, UnitId, Window
from ..links.link import UnitLink
from ..links.network import NetworkLink
from ..nvr.builtin import channel_of
from ..nvr.errors import (
    UnitCredentialsError,
    UnitError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from ..nvr.model import FootageTold
from ..recorder.giving.model import Replay, Target, TransferProblem
from ..recorder.messages import MAX_GAPS, GiveBack
from ..recorder.spans import Span, union
from ..settings.unit import place_key
from .engine import GivingEngine
from .lacking import (
    SECOND,
    Lacking,
    certain,
    ends_before,
    lacking,
    possible,
    span_of,
    widened,
    within_reach,
)

_LOGGER = logging.getLogger(__name__)

ANSWER_TIME: Final = 120.0
"""Seconds for all that a unit is asked of one camera."""
SETTLING: Final = 30 * SECOND
"""Nanoseconds after a window for which a device may be recording and not have written it yet."""
_PAUSE: Final = 1.0
"""Seconds between looks at a device that has not written it yet."""


class GivingError(Exception):
    """Footage can't be given back now; the text is a sentence without secrets."""

    def __init__(self, word: str, text: str) -> None:
        """Say what is wrong, in one word that stays the same and in a sentence."""
        super().__init__(text)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about one camera of a window."""

    camera: Camera
    job: GiveBack
    whole: bool = True
    """Whether the job is all that there is to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans for one device and one of its spares."""

    device: UnitLink
    spare: UnitLink
    engine: GivingEngine

    def jobs(self, window: Window) -> Iterator[str]:
        """Yield what the jobs of a window are called."""
        for camera in window.cameras:
            if target := self._target(camera):
                yield self._job(window, camera, target)

    async def plan(self, window: Window, camera: Camera) -> Plan | None:
        """Ask all who know, and compare; None for a camera that is in the group no more.

        Raises:
            GivingError: Somebody who has to know can't be asked.
        """
        target = self._target(camera)
        if target is None:
            return None
        key = place_key(camera)
        found = await self._look(window, camera, target)
        gaps = found.gaps
        return Plan(
            camera=camera,
            job=GiveBack(
                job=self._job(window, camera, target),
                channel=channel_of(key),
                replay=await self._replay(key) if gaps else None,
                window=found.window,
                gaps=gaps[:MAX_GAPS],
                target=target,
            ),
            whole=len(gaps) <= MAX_GAPS,
        )

    async def look(self, window: Window, plan: Plan) -> Lacking:
        """Compare again; errors as of `plan`."""
        return await self._look(window, plan.camera, plan.job.target)

    async def _look(self, window: Window, camera: Camera, target: Target) -> Lacking:
        """Compare what the device and the spare have of a camera."""
        span = span_of(window)
        held = await self._held(place_key(camera), within_reach(span))
        wide = span if held is None else widened(span, possible(held))
        own = await self._own(camera, target, wide)
        while ends_before(own, span) and time.time_ns() < span.end + SETTLING:
            await asyncio.sleep(_PAUSE)
            own = await self._own(camera, target, wide)
        return lacking(window, own, held)

    def _target(self, camera: Camera) -> Target | None:
        config = self.device.config
        for channel in config.channels:
            if channel.number == camera.channel:
                return config.giving_back.target(channel.number, channel.name)
        return None

    def _job(self, window: Window, camera: Camera, target: Target) -> str:
        return job_name(window, camera, target, self.spare.config.unit)

    async def _held(self, key: str, within: Span) -> FootageTold | None:
        """Return what the spare has, None where it can't tell."""
        try:
            return await _in_time(self.spare.ask(lambda unit: unit.footage(key, within)))
        except UnitUnsupportedError:
            return None
        except UnitRequestError:
            return FootageTold(spans=(), exact=True)  # it never recorded the camera
        except UnitError as error:
            raise _source_error(error) from error

    async def _replay(self, key: str) -> Replay | None:
        """Return where the spare plays, None where the engine has the footage itself."""
        if self.engine.own_archive:
            return None
        try:
            return await _in_time(self.spare.ask(lambda unit: unit.replay(key)))
        except UnitError as error:
            raise _source_error(error) from error

    async def _own(self, camera: Camera, target: Target, within: Span) -> tuple[Span, ...]:
        """Return what the device has: what is in its folder, and what it tells that it has."""
        try:
            covered = await self.engine.ask(lambda engine: engine.look(target, within))
        except UnitRequestError as error:
            raise GivingError(TransferProblem.FOLDER_GONE, str(error)) from error
        except UnitError as error:
            raise GivingError(TransferProblem.ENGINE_FAILED, str(error)) from error
        told = await device_footage(self.device, camera, within)
        return union((*covered.spans, *certain(told)))


async def device_footage(device: UnitLink, camera: Camera, within: Span) -> FootageTold | None:
    """Ask a device what it has of a camera; None where it does not tell."""
    if not isinstance(device, NetworkLink):
        return None
    try:
        return await _in_time(device.ask(lambda unit: unit.footage(camera.channel, within)))
    except UnitError as error:
        _LOGGER.debug("%s does not tell what it has: %s", device.config.title, error)
        return None


def job_name(window: Window, camera: Camera, target: Target, spare: UnitId) -> str:
    """Return what an engine calls the job: another one if anything about it is another."""
    parts = (place_key(camera), spare, repr(window.start), repr(window.end), repr(target))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


async def _in_time[T](call: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(ANSWER_TIME):
            return await call
    except TimeoutError:
        raise UnitUnreachableError("It did not finish in time") from None


def _source_error(error: UnitError) -> GivingError:
    match error:
        case UnitCredentialsError():
            word = TransferProblem.SOURCE_REJECTED
        case UnitUnsupportedError() | UnitRequestError():
            word = TransferProblem.SOURCE_UNSUPPORTED
        case _:
            word = TransferProblem.SOURCE_UNREACHABLE
    return GivingError(word, str(error))
