"""What engines are to do while Home Assistant is away, and what they did meanwhile.

Each engine has its standing orders from the latest transition on: see `engine.standing`. A device
moves from the charge of one engine to that of another only when the one before has been told; an
engine that can't be told keeps it, because it may be deciding.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from copy import replace
import logging
from typing import Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..engine.standing import (
    CameraOrders,
    DeviceOrders,
    StandingOrders,
    WitnessOrders,
    as_plain,
)
from ..failover import journal
from ..failover.charge import charges
from ..failover.events import Planned
from ..failover.handover import Absence, Said, load_said
from ..failover.model import Timing, UnitId
from ..failover.state import State
from ..isolation.witnesses import witnesses
from ..links.engine import EngineLink
from ..nvr.errors import UnitError
from ..recorder.messages import Resumed
from ..recorder.plain import Plain
from ..settings.group import GroupOptions
from ..settings.unit import NetworkConfig, UnitConfig
from ..store import GroupStore

_LOGGER = logging.getLogger(__name__)
_AGAIN: Final = 30.0
"""Seconds before an engine that did not take its orders is given them again."""


class Manager(Protocol):
    """What is needed of the failover manager."""

    @property
    def state(self) -> State:
        """All that it knows."""

    @property
    def configs(self) -> Iterable[UnitConfig]:
        """The units of the group."""

    def configure(self) -> None:
        """Take up that something has changed of how it decides."""

    def take_back(self, absence: Absence) -> tuple[Said, ...]:
        """Go on from where an engine is, and return what it has said."""

    async def tell_past(self, said: Iterable[Said]) -> None:
        """Tell what an engine has said, and wait until all that is known is saved."""


class Deputies:
    """The engines of a group that decide while Home Assistant is away.

    Attributes:
        lived_on: Whether one has gone on while Home Assistant was away: then mains have not failed.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: GroupStore,
        manager: Manager,
    ) -> None:
        """Prepare; `store` remembers whom which engine was told to protect."""
        self.lived_on = False
        self._hass = hass
        self._entry = entry
        self._store = store
        self._manager = manager
        self._engines: dict[UnitId, _Engine] = {}

    @callback
    def add(self, link: EngineLink) -> None:
        """Take up an engine, or a changed way to it; before anything is asked of it."""
        unit = link.config.unit
        if engine := self._engines.pop(unit, None):
            engine.stop()

        async def on_resumed(told: Resumed) -> None:
            await self._resumed(unit, told)

        link.on_resumed = on_resumed
        self._engines[unit] = _Engine(link, self._instruct)
        self._engines[unit].start(self._hass, self._entry)

    @callback
    def remove(self, unit: UnitId) -> None:
        """Let go of an engine: it is not told anything any more."""
        if engine := self._engines.pop(unit, None):
            engine.stop()

    @callback
    def update(self) -> None:
        """Take up that the group has changed; an engine that left it protects nobody any more."""
        for unit in self._store.charges.keys() - self._engines.keys():
            del self._store.charges[unit]
        self.look()

    @callback
    def look(self) -> None:
        """See whether any engine is to be told something else."""
        for engine in self._engines.values():
            engine.wake()

    # What is told to them

    async def _instruct(self, link: EngineLink) -> None:
        """Tell an engine its orders as they are now, unless it knows them; errors as of `ask`."""
        unit, store = link.config.unit, self._store
        engine = self._engines[unit]
        if unit in store.taken and engine.resumed:
            await self._settle(engine)
        orders = self._orders(link)
        if orders is None and unit in store.charges:
            del store.charges[unit]
            store.save()
            self.look()
        if orders is None or orders == engine.told:
            return
        charge = [it.device.unit for it in orders.devices]
        store.charges[unit] = sorted({*store.charges.get(unit, ()), *charge})
        store.seq += 1
        store.save()
        await link.appoint(as_plain(replace(orders, seq=store.seq)), store.seq)
        engine.told = orders
        if store.charges[unit] != charge:
            store.charges[unit] = charge
            store.save()
            self.look()  # what it has no more may be another's now

    async def _settle(self, engine: _Engine) -> None:
        """Tell what an engine has said, once, and then the engine that it may forget it."""
        store, unit = self._store, engine.link.config.unit
        said, taken = engine.said, store.taken[unit]
        await self._manager.tell_past(it for it in said if it.at > taken["until"])
        store.taken[unit] = {**taken, "until": max((taken["until"], *(it.at for it in said)))}
        store.save()
        await store.saved()
        await engine.link.settle()
        del store.taken[unit]
        store.save()

    def _orders(self, link: EngineLink) -> StandingOrders | None:
        """Return the standing orders of an engine, their number left out."""
        state, unit = self._manager.state, link.config.unit
        if not link.decides or unit not in state.spares:
            return None
        deciding = [it for it, engine in self._engines.items() if engine.link.decides]
        elsewhere = {
            device for it, held in self._store.charges.items() if it != unit for device in held
        }
        charge = {
            device
            for device, engine in charges(state, deciding).items()
            if engine == unit and device not in elsewhere
        }
        options = GroupOptions.from_options(self._entry.options)
        return StandingOrders(
            seq=0,
            spare=replace(state.spares[unit].config, local=True),
            devices=tuple(
                _device_orders(it, state) for it in self._manager.configs if it.unit in charge
            ),
            timing=replace(state.group.timing, boot_grace=Timing().boot_grace),
            silence=float(options.away_after),
            witnesses=tuple(
                WitnessOrders(name=it.name, host=it.host, ports=it.ports)
                for it in witnesses(self._manager.configs, options.gateway)
            ),
            planned=tuple(_planned(state, charge)),
            journal=_journal(state, unit, charge),
        )

    # What they tell

    async def _resumed(self, unit: UnitId, told: Resumed) -> None:
        """Take back what an engine decided; it is told that this is settled when it is saved."""
        if (engine := self._engines.get(unit)) is None:
            return  # the group is let go of: the engine tells it again
        _LOGGER.info("%s obeys (term %d)", engine.link.config.title, told.term)
        engine.told, engine.resumed = None, True
        self._store.seq = max(self._store.seq, told.seq)
        if told.term > 1 and not self.lived_on:
            self.lived_on = True
            self._manager.configure()
        if told.deciding_since is None or told.journal is None or told.began is None:
            engine.wake()
            return
        taken = self._store.taken.get(unit, {})
        again = taken.get("since") == told.deciding_since
        absence = Absence(
            spare=unit,
            since=told.deciding_since,
            began=taken["journal"] if again else dict(told.began),
            journal=dict(told.journal),
            said=tuple(it for item in told.announcements if (it := load_said(item))),
        )
        _LOGGER.info("%s has decided while Home Assistant was away", engine.link.config.title)
        engine.said = self._manager.take_back(absence)
        self._store.taken[unit] = {
            "since": told.deciding_since,
            "until": taken["until"] if again else 0.0,
            "journal": dict(told.journal),
        }
        self._store.save()
        engine.wake()


class _Engine:
    """One engine: told whatever is new as soon as it can be."""

    def __init__(self, link: EngineLink, instruct: Callable[[EngineLink], Awaitable[None]]) -> None:
        self.link = link
        self.told: StandingOrders | None = None
        """The orders that it has."""
        self.resumed = False
        """Whether it was met since Home Assistant started."""
        self.said: tuple[Said, ...] = ()
        """What it has said while Home Assistant was away."""
        self._instruct = instruct
        self._connected = False
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unlisten: CALLBACK_TYPE = link.listen(self._look)

    @callback
    def start(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        name = f"standing orders for {self.link.config.title}"
        self._task = entry.async_create_background_task(hass, self._run(), name)

    @callback
    def stop(self) -> None:
        self._unlisten()
        if self._connected:
            self._log_end()
        if self._task:
            self._task.cancel()

    @callback
    def wake(self) -> None:
        self._news.set()

    @callback
    def _look(self) -> None:
        """Tell an engine that can be reached again all anew."""
        before, self._connected = self._connected, self.link.report is not None
        if self._connected and not before:
            self.wake()
        elif before and not self._connected:
            self._log_end()

    def _log_end(self) -> None:
        _LOGGER.info("%s obeys no longer", self.link.config.title)

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self.link.report is None:
                continue  # it is woken when that changes
            try:
                await self._instruct(self.link)
            except UnitError as error:
                _LOGGER.warning("%s has no standing orders: %s", self.link.config.title, error)
                await asyncio.sleep(_AGAIN)
                self._news.set()


def _device_orders(config: UnitConfig, state: State) -> DeviceOrders:
    assert isinstance(config.way, NetworkConfig)  # noqa: S101 (no engine is a working device)
    return DeviceOrders(
        title=config.title,
        device=state.devices[config.unit].config,
        endpoint=config.way.endpoint,
        credentials=config.way.credentials,
        driver=config.way.driver,
        numbers=config.told_numbers,
        cameras=tuple(
            CameraOrders(channel=camera.channel, place=place)
            for camera, place in config.places().items()
        ),
    )


def _planned(state: State, charge: Collection[UnitId]) -> Iterator[Planned]:
    for unit in sorted(charge):
        pulse = state.pulses[unit]
        if pulse.excused > state.now:
            yield Planned(unit, pulse.excused)
        if pulse.maintained > state.now:
            yield Planned(unit, pulse.maintained, once=False)


def _journal(state: State, engine: UnitId, charge: Collection[UnitId]) -> Mapping[str, Plain]:
    """Return what the journal has about an engine and the devices in its charge."""
    own = replace(
        state,
        devices={unit: it for unit, it in state.devices.items() if unit in charge},
        spares={engine: state.spares[engine]},
    )
    return journal.dump(own)  # type: ignore[return-value]  # it is plain data
