"""Giving one device its footage back, a window after the other."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
import logging
import time
from typing import Final

from homeassistant.util import dt as dt_util

from ..failover.commands import Synchronize
from ..failover.events import Event, FootageFlows, SynchronizationEnded
from ..failover.model import Camera, UnitId, Window
from ..links.link import UnitLink
from ..nvr.errors import UnitError, UnitRequestError, UnitUnreachableError
from ..recorder.giving.model import TransferProblem, TransferReport, TransferState
from ..recorder.messages import Desist, Pace
from ..recorder.spans import difference, total
from ..settings.giving import GivingBack, GivingPace
from .engine import GivingEngine, device_of, end_jobs
from .lacking import SECOND, Lacking, possible
from .plan import GivingError, Plan, Planner, device_footage
from .report import Given, Progress, progress, report

_LOGGER = logging.getLogger(__name__)

_LOOK: Final = 2.0
"""Seconds between looks at jobs of which nothing is told."""
_PATIENCE: Final = 60.0
"""Seconds for which an engine that is gone is waited for."""
_PLANS: Final = 4
"""Cameras that units are asked about at the same time."""
_ATTEMPTS: Final = 3
"""How often a spare is asked for what it says that it has."""
_PICK_UP: Final = 10
"""Seconds that a device may take to tell of footage that it was given."""
_MOVING: Final = {TransferState.COPYING, TransferState.VERIFYING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an errand needs of its group."""

    find: Callable[[UnitId], UnitLink | None]
    """The way to a unit, while it is in the group."""
    spares: Callable[[], tuple[UnitId, ...]]
    """The spares of the group."""
    engine: Callable[[UnitLink], GivingEngine]
    """The engine that moves a spare's footage."""
    pace: Callable[[], GivingPace]
    tell: Callable[[Event], None]
    on_progress: Callable[[], None]


class Errand:
    """One command at work. What it has done when it is cancelled stays done.

    Attributes:
        command: What was commanded.
        windows: What it is about.
        flowing: Whether footage goes to the device now.
    """

    def __init__(self, around: Surroundings, command: Synchronize) -> None:
        self.command = command
        self.unit = command.unit
        self.windows = command.windows
        self.flowing = False
        self._rushed = False
        self._around = around
        self._giving = self._giving_now
        self._has_flowed = False
        self._began = time.monotonic()
        self._told: dict[str, tuple[int, TransferReport]] = {}
        """What was told last of each job, and its channel."""
        self._news = asyncio.Event()
        self._paced: tuple[int, Pace] | None = None
        """The process of an engine, and the pace that it was told."""

    @property
    def progress(self) -> Progress:
        """How far it is."""
        by_channel: dict[int, list[TransferReport]] = {}
        for channel, told in self._told.values():
            by_channel.setdefault(channel, []).append(told)
        return progress(by_channel, time.monotonic() - self._began)

    @property
    def is_outdated(self) -> bool:
        """Whether the device's footage is to go elsewhere by now."""
        return self._giving != self._giving_now

    @property
    def _giving_now(self) -> GivingBack | None:
        device = self._around.find(self.unit)
        return device.config.giving_back if device else None

    async def run(self) -> None:
        """Do what can be done, and tell it."""
        problem: GivingError | None = None
        self.breathe()
        for window in self.windows:
            try:
                data = await self._give(window)
            except GivingError as error:
                _LOGGER.debug("%s: %s", self.unit, error)
                problem = problem or error
            else:
                self._around.tell(SynchronizationEnded(self.unit, (window,), "", data))
        if problem:
            data = {"detail": str(problem)}
            self._around.tell(SynchronizationEnded(self.unit, (), problem.word, data))

    def hurry(self) -> None:
        """Look at once how it stands, and whether the pace is another one."""
        self._news.set()

    def rush(self) -> None:
        """Wait for no time of day."""
        self._rushed = True
        self._news.set()

    def breathe(self) -> None:
        """Give a sign of life."""
        self._around.tell(FootageFlows(self.unit, self.flowing))

    async def _give(self, window: Window) -> Mapping[str, object]:
        """Give a window back; returns what is to be told of it.

        Raises:
            GivingError: A spare's part of it can't be given back now; the others' was.
        """
        began = time.monotonic()
        given: dict[Camera, Given] = {}
        picked_up: list[bool | None] = []
        problem: GivingError | None = None
        for spare in window.spares or self._around.spares():
            try:
                plans, reports, left = await self._give_from(window, spare)
            except GivingError as error:
                problem = problem or error
                continue
            for plan in plans:
                before = given.get(plan.camera)
                given[plan.camera] = Given(
                    channel=plan.camera.channel,
                    reports=(*(before.reports if before else ()), reports[plan.job.job]),
                    # Of several spares each has less to give; what the last one lacks all do.
                    missing=left[plan.camera].lost,
                    unread=left[plan.camera].sure,
                )
            picked_up += [await self._picked_up(plan, reports[plan.job.job]) for plan in plans]
        if problem:
            raise problem
        answers = [answer for answer in picked_up if answer is not None]
        return report(
            given.values(),
            took=time.monotonic() - began,
            picked_up=all(answers) if answers else None,
        )

    async def _give_from(
        self, window: Window, spare: UnitId
    ) -> tuple[list[Plan], Mapping[str, TransferReport], Mapping[Camera, Lacking]]:
        """Give back what one spare has of a window, and look what is lacking then."""
        device, link = self._around.find(self.unit), self._around.find(spare)
        if device is None or link is None:
            text = "The spare that recorded it is not in the group any more."
            raise GivingError(TransferProblem.SOURCE_UNREACHABLE, text)
        engine = self._around.engine(link)
        planner = Planner(device=device, spare=link, engine=engine)
        stop = engine.listen(self._news.set)
        try:
            attempt = 0
            while True:
                attempt += 1
                await self._until_open()
                await _ready(engine)
                await self._end_others(engine, planner)
                plans, problem = await self._plan(planner, window)
                reports = await self._carry_out(engine, {it.job.job: it for it in plans})
                if problem := problem or _problem(reports):
                    raise problem
                left = {it.camera: await planner.look(window, it) for it in plans}
                again = attempt < _ATTEMPTS and any(it.remains for it in left.values())
                if not again and all(plan.whole for plan in plans):
                    return plans, reports, left
        finally:
            stop()

    async def _end_others(self, engine: GivingEngine, planner: Planner) -> None:
        """End what is being done for the device of other windows than these, or to elsewhere.

        It was commanded before Home Assistant started, or the user changed his mind. What it gives
        would be given twice.
        """
        ours = {job for window in self.windows for job in planner.jobs(window)}
        try:
            await end_jobs(
                engine, lambda job, told: job not in ours and device_of(told) == self.unit
            )
        except UnitError as error:
            raise GivingError(TransferProblem.ENGINE_FAILED, str(error)) from error

    async def _plan(
        self, planner: Planner, window: Window
    ) -> tuple[list[Plan], GivingError | None]:
        """Find out what is to be done for each camera, and why not for some."""
        few = asyncio.Semaphore(_PLANS)

        async def plan(camera: Camera) -> Plan | GivingError | None:
            async with few:
                try:
                    return await planner.plan(window, camera)
                except GivingError as error:
                    return error

        found = await asyncio.gather(*map(plan, window.cameras))
        problems = (it for it in found if isinstance(it, GivingError))
        return [it for it in found if isinstance(it, Plan)], next(problems, None)

    async def _carry_out(
        self, engine: GivingEngine, plans: Mapping[str, Plan]
    ) -> Mapping[str, TransferReport]:
        """Have jobs done, and follow them to their end, whatever becomes of the engine.

        Raises:
            GivingError: The engine does not take them, or has been gone for too long.
        """
        asked = set[str]()
        seen = time.monotonic()
        while True:
            self._news.clear()
            try:
                if not self._is_open:
                    await engine.ask(lambda it: it.request(Desist(jobs=tuple(plans))))
                    self._flow(flowing=False)
                    await self._until_open()
                known = await self._advance(engine, plans, asked)
                seen = time.monotonic()
                if known.keys() == plans.keys() and not any(it.active for it in known.values()):
                    await self._forget(engine, known)
                    return known
            except UnitRequestError as error:
                raise GivingError(TransferProblem.ENGINE_FAILED, str(error)) from error
            except UnitUnreachableError as error:
                self._flow(flowing=False)
                if time.monotonic() > seen + _PATIENCE:
                    raise GivingError(TransferProblem.ENGINE_FAILED, str(error)) from error
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._news.wait()

    async def _forget(self, engine: GivingEngine, known: Mapping[str, TransferReport]) -> None:
        """Have the engine forget what it has done; what failed it is asked for again."""
        done = tuple(name for name, it in known.items() if it.state is TransferState.DONE)
        await engine.ask(lambda it: it.request(Desist(jobs=done)))

    async def _advance(
        self, engine: GivingEngine, plans: Mapping[str, Plan], asked: set[str]
    ) -> Mapping[str, TransferReport]:
        """Ask for what the engine does not know of, or gave up before, and return what it tells.

        What it does already, since before Home Assistant started, is left alone.
        """
        report = await engine.ask(lambda it: it.status())
        transfers = report.transfers
        pace = self._around.pace().pace
        if self._paced != (report.pid, pace):
            await engine.ask(lambda it: it.request(pace))
            self._paced = (report.pid, pace)
        new = [
            plan.job
            for name, plan in plans.items()
            if name not in transfers
            or (name not in asked and transfers[name].state is TransferState.FAILED)
        ]
        for job in new:
            await engine.ask(lambda it, job=job: it.request(job))  # type: ignore[misc]  # lambda default
            asked.add(job.job)
        known = {
            name: transfers[name]
            for name in plans
            if name in transfers and plans[name].job not in new
        }
        self._told |= {name: (plans[name].camera.channel, told) for name, told in known.items()}
        moving = any(it.state in _MOVING for it in known.values())
        moved = any(it.bytes for it in known.values()) and not self._has_flowed
        self._flow(flowing=moving or moved)
        self._around.on_progress()
        return known

    def _flow(self, *, flowing: bool) -> None:
        """Tell at once when footage begins to flow or stops."""
        if flowing != self.flowing:
            self.flowing = flowing
            self._has_flowed |= flowing
            self.breathe()

    @property
    def _is_open(self) -> bool:
        return self._rushed or self._around.pace().is_open(dt_util.now().time())

    async def _until_open(self) -> None:
        """Wait for the time of day in which footage is given back."""
        while not self._is_open:  # noqa: ASYNC110 (the clock tells nobody)
            await asyncio.sleep(_LOOK)

    async def _picked_up(self, plan: Plan, told: TransferReport) -> bool | None:
        """Tell whether the device says that it has what it was given; None if it can't tell."""
        gaps, device = plan.job.gaps, self._around.find(self.unit)
        if not told.bytes or device is None:
            return None
        given = difference(gaps, told.missing)
        for _ in range(_PICK_UP):
            has = await device_footage(device, plan.camera, plan.job.window)
            if has is None or not has.exact:
                return None
            if total(difference(given, possible(has))) < SECOND:
                return True
            await asyncio.sleep(1.0)
        return False


async def _ready(engine: GivingEngine) -> None:
    """Wait for an engine that is starting, or that another client has just left."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await engine.ready()
    except TimeoutError:
        text = "The engine that gives footage back does not start."
        raise GivingError(TransferProblem.ENGINE_FAILED, text) from None


def _problem(known: Mapping[str, TransferReport]) -> GivingError | None:
    """Return why a job has failed, if one has."""
    for told in known.values():
        if told.state is TransferState.FAILED:
            return GivingError(told.problem or TransferProblem.ENGINE_FAILED, told.error)
    return None
