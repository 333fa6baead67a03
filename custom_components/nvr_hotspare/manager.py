"""The failover manager: events to the machine, its commands to the drivers. The only clock.

The machine decides; this carries out, saves the journal at each transition, and tells entities.
A takeover does not wait for the disk: what is done twice after a crash does no harm.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
import logging
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .cameras.moves import Moves
from .engine.standing import SILENCE
from .failover import detector, journal, pool, view
from .failover.commands import Announce, Command, Desist, Identify, Provision, Synchronize
from .failover.events import (
    Configured,
    Drill,
    Event,
    GiveBack,
    PlacesSeen,
    Planned,
    Started,
    SynchronizeNow,
    TakeOver,
    TimePassed,
)
from .failover.handover import Absence, Said, take_back
from .failover.machine import step
from .failover.model import Camera, Group, PlaceFacts, Reason, Timing, UnitId
from .failover.protection import Protection
from .failover.state import State
from .failover.view import DeviceView, SpareView
from .footage.whereabouts import whereabouts
from .giving.courier import Courier
from .links.engine import EngineLink
from .links.identifying import identify
from .links.link import UnitLink
from .listeners import Listeners
from .managing.manual import Wish, check
from .managing.member import Member, UnitView, log_connection
from .managing.protecting import ProtectionWatch
from .managing.standing_orders import Deputies
from .nvr.model import Place, PlaceState
from .reports.audience import Audience
from .reports.reports import OutageReports
from .settings.group import GroupOptions
from .settings.unit import UnitConfig, group_devices, group_places, group_spares, place_camera
from .store import GroupStore
from .units.leftovers import Leftovers

_LOGGER = logging.getLogger(__name__)

TIMING: Final = Timing()


class FailoverManager:
    """Runs the machine of one group.

    Units are added before `start` and at any time after it; the machine learns of a change by
    `configure`.

    Attributes:
        audience: Those to whom it is told what happens.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: GroupStore) -> None:
        self._hass = hass
        self._entry = entry
        self._store = store
        self.leftovers = Leftovers(hass, entry, store)
        self._epoch = time.time() - hass.loop.time()
        self._state = journal.load(store.journal)
        self._members: dict[UnitId, Member] = {}
        self.audience = Audience(self._members)
        self._moves = Moves()
        self._steps = Listeners[[]]()
        self._protection = ProtectionWatch(self._state)
        self._awake_since = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self.reports = OutageReports(hass, entry, self._links)
        self.deputies = Deputies(hass, entry, store, self)
        self.courier = Courier(
            hass, entry, tell=self.handle, links=self._links, owes=self._owes_footage
        )

    # The group

    @callback
    def start(self) -> None:
        """Take up where the journal ends."""
        self.courier.start()
        self.configure()
        self.audience.expect(self._state)
        self.handle(Started())

    @callback
    def stop(self) -> None:
        """Decide nothing any more; what spares do they go on doing."""
        self.courier.stop()
        for unit in tuple(self._members):
            self.remove(unit)
        if self._deadline:
            self._deadline.cancel()

    @callback
    def add(self, link: UnitLink) -> None:
        """Take up a unit, or a changed way to it."""
        member = self._members.setdefault(link.config.unit, Member(link))
        member.link = link
        if isinstance(link, EngineLink):
            self.deputies.add(link)
        member.work(self._hass, self._entry, self._places, self.handle)

    @callback
    def remove(self, unit: UnitId) -> None:
        """Let go of a unit."""
        self._members.pop(unit).stop()
        self.deputies.remove(unit)

    @callback
    def configure(self) -> None:
        """Tell the machine what the group is now."""
        configs = [member.link.config for member in self._members.values()]
        devices = [config for config in configs if config.is_device]
        self._store.units |= {config.unit: config.title for config in devices}
        options = GroupOptions.from_options(self._entry.options)
        timing = options.timing(TIMING)
        holds_back = options.holds_back(dt_util.now().time())
        group = Group(
            devices=group_devices(configs, holds_back=holds_back),
            spares=group_spares(configs),
            # Where nothing else started with Home Assistant no unit needs a longer grace.
            timing=replace(timing, boot_grace=0.0) if self.deputies.lived_on else timing,
        )
        self.handle(Configured(group))
        self._store.save()
        self._moves.look(self._places())
        self._tell_moves()
        self.deputies.update()
        self.courier.update()
        self._protection.listeners.tell()  # of other names, too

    @callback
    def _tell_moves(self) -> None:
        """Tell spares where cameras are that they hold and that have moved.

        Should one not take it, it is told again with the command to record.
        """
        for unit, spare in self._state.spares.items():
            if moved := self._moves.take(spare.places or {}):
                self._dispatch(Provision(unit, moved))

    @property
    def known_units(self) -> Mapping[UnitId, str]:
        """Titles of the working devices of which a spare may hold something, removed ones too."""
        return self._store.units

    def _places(self) -> Mapping[Camera, Place]:
        """Return what a spare needs to record each camera of the group."""
        return group_places(member.link.config for member in self._members.values())

    @property
    def configs(self) -> Iterable[UnitConfig]:
        """The units of the group."""
        return [member.link.config for member in self._members.values()]

    def _links(self) -> Iterable[UnitLink]:
        return (member.link for member in self._members.values())

    def _titles(self) -> Mapping[UnitId, str]:
        return {unit: member.link.config.title for unit, member in self._members.items()}

    def _owes_footage(self) -> bool:
        """Tell whether footage is to be given back to any device."""
        return any(device.owed for device in self._state.devices.values())

    # Facts in, decisions out

    @callback
    def handle(self, event: Event) -> None:
        """Let the machine take one step."""
        before, now = self._state, self._now()
        if now - before.now > SILENCE:
            self._awake_since = now
        self._state, commands = step(before, event, now)
        if isinstance(event, Planned):
            self.deputies.look()
        self._take(before, commands)

    def _now(self) -> float:
        return self._epoch + self._hass.loop.time()

    @callback
    def _take(self, before: State, commands: Iterable[Command]) -> None:
        """Take what was decided."""
        if not journal.untouched(before, self._state):
            self._store.journal = journal.dump(self._state)
            self._store.save()
            self.deputies.look()
        for command in commands:
            self._dispatch(command)
        self._set_deadline()
        self.tell_changes()
        for announcement in commands:
            if isinstance(announcement, Announce):
                self._announce(announcement)
        self._protection.look(self._state)
        self._steps.tell()

    # What engines decided while Home Assistant was away

    @callback
    def take_back(self, absence: Absence) -> tuple[Said, ...]:
        """Go on from where an engine is, and return what it has said."""
        before = self._state
        present = self._awake_since <= absence.since
        self._state, commands, said = take_back(before, absence, self._now(), present=present)
        self._take(before, commands)
        return said

    async def tell_past(self, said: Iterable[Said]) -> None:
        """Tell what an engine has said, and wait until all that is known is saved."""
        for item in said:
            if item.announcement.unit in self._members:
                self._announce(item.announcement, item.at)
        await self.audience.wait()
        await self.reports.saved()
        await self._store.saved()

    @callback
    def see_places(self, spare: UnitId, places: Mapping[str, PlaceState]) -> None:
        """Take what a spare holds: of the group for the machine, of removed units to clear."""
        found = {camera: place for key, place in places.items() if (camera := place_camera(key))}
        if (member := self._members.get(spare)) and member.worker:
            group = {unit: it.link.config.is_spare for unit, it in self._members.items()}
            self.leftovers.look(spare, member.worker, found, group)
        facts = {
            camera: PlaceFacts(
                commanded=place.commanded, recording=place.recording, error=place.error
            )
            for camera, place in found.items()
            # What is left of an earlier outage's footage takes no room and is wanted by nobody.
            if camera.unit in self._members and place.provisioned
        }
        self.handle(PlacesSeen(spare, facts))
        self._tell_moves()

    @callback
    def _dispatch(self, command: Command) -> None:
        """Hand a command to whoever carries it out."""
        match command:
            case Announce():
                pass  # when the states tell it too
            case Identify(unit):
                link = self._members[unit].link
                self._entry.async_create_background_task(
                    self._hass, self._identify(link), f"identify {link.config.title}"
                )
            case Synchronize() | Desist():
                self.courier.obey(command)
            case _:
                if worker := self._members[command.spare].worker:
                    worker.put(command)

    async def _identify(self, link: UnitLink) -> None:
        """Ask who answers at a unit's address; without an answer the machine asks again."""
        if (answer := await identify(link)) is not None:
            self.handle(answer)

    @callback
    def _set_deadline(self) -> None:
        """Come back when something is due though nothing happens."""
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        if (due := view.next_deadline(self._state)) is not None:
            self._deadline = self._hass.loop.call_at(
                due - self._epoch, lambda: self.handle(TimePassed())
            )

    # What the user asks for

    @callback
    def take_over(self, unit: UnitId) -> None:
        """Have spares record a device's cameras though it answers, until it is given back.

        Raises:
            ServiceValidationError: That makes no sense now.
            KeyError: The group has no such unit.
        """
        self._wish(TakeOver(unit))

    @callback
    def give_back(self, unit: UnitId) -> None:
        """Have a device that answers get its cameras back without further delay.

        Raises:
            ServiceValidationError: Spares have none of them, or it does not answer.
            KeyError: The group has no such unit.
        """
        self._wish(GiveBack(unit))

    @callback
    def synchronize_now(self, unit: UnitId) -> None:
        """Have a device get its footage back at once, whatever the time of day.

        Raises:
            ServiceValidationError: There is none to be given back now.
            KeyError: The group has no such unit.
        """
        self._wish(SynchronizeNow(unit))
        self.courier.rush(unit)

    @callback
    def drill(self, unit: UnitId) -> None:
        """Have a takeover measured; `drilled` is announced when it is over.

        Raises:
            ServiceValidationError: All is not well with the device, or no spare is there.
            KeyError: The group has no such unit.
        """
        self._wish(Drill(unit))

    @callback
    def _wish(self, wish: Wish) -> None:
        shown, title = self.view(wish.unit).device, self.config(wish.unit).title
        check(self._state, wish, shown, title)
        self.handle(wish)

    # What is shown

    @property
    def state(self) -> State:
        """All that is known."""
        return self._state

    @property
    def timing(self) -> Timing:
        """What the group goes by."""
        return self._state.group.timing

    @property
    def suspects(self) -> bool:
        """Whether any unit is silent and not yet known to be dead."""
        return any(map(detector.suspect, self._state.pulses.values()))

    @property
    def protection(self) -> Protection:
        """What the group is protected from."""
        return self._protection.latest

    @callback
    def tell_changes(self) -> None:
        """Tell those who listen to the units whose view has changed."""
        for unit, member in tuple(self._members.items()):
            before, member.view = member.view, self.view(unit)
            if member.view != before:
                log_connection(member.link.config.title, before, member.view)
                member.changes.tell()

    @callback
    def _announce(self, announcement: Announce, at: float | None = None) -> None:
        device, group = self.config(announcement.unit), self._entry.entry_id
        kept = whereabouts(self._hass, group, announcement, device, self._titles())
        announcement = replace(announcement, data={**announcement.data, **kept})
        self.reports.take(announcement, at)
        self.audience.hear(announcement, at)

    def config(self, unit: UnitId) -> UnitConfig:
        """Return what is configured of a unit."""
        return self._members[unit].link.config

    def link(self, unit: UnitId) -> UnitLink:
        """Return the way to a unit."""
        return self._members[unit].link

    def shown(self, unit: UnitId) -> UnitView:
        """Return what automations are to see of a unit: what they saw last, or how it is."""
        return self.audience.seen(unit) or self.view(unit)

    def view(self, unit: UnitId) -> UnitView:
        """Return how a unit is."""
        return UnitView(
            device=self.device_view(unit) if unit in self._state.devices else None,
            spare=self.spare_view(unit) if unit in self._state.spares else None,
        )

    def device_view(self, unit: UnitId) -> DeviceView:
        """Return how a working device is; no spare is ready that can't record."""
        found = view.device_view(self._state, unit)
        spares = [self._members[spare] for spare in self._state.spares if spare in self._members]
        if found.spare_ready and not any(member.link.can_record for member in spares):
            return replace(found, spare_ready=False, spare_ready_reason=Reason.SPARE_FAILS)
        return found

    def spare_view(self, unit: UnitId) -> SpareView:
        """Return how a spare is."""
        return view.spare_view(self._state, unit)

    @property
    def device_views(self) -> Mapping[UnitId, DeviceView]:
        """How each working device is."""
        return {unit: self.device_view(unit) for unit in self._state.devices}

    def taken_at(self, unit: UnitId) -> float | None:
        """Return when spares took the command to record a device, if they have one."""
        return pool.taken_at(self._state, unit)

    def tells(self, unit: UnitId) -> bool:
        """Tell whether a unit ever told what it records, as every spare does."""
        device = self._state.devices.get(unit)
        return device is None or device.tells

    def probe_pace(self, unit: UnitId) -> float:
        """Return the seconds between probes of a unit."""
        return view.probe_pace(self._state, unit)

    def watch_pace(self, unit: UnitId) -> float:
        """Return the seconds between questions for a unit's slow facts."""
        return view.watch_pace(self._state, unit)

    @callback
    def listen_steps(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back after every step: paces may have changed."""
        return self._steps.add(listener)

    @callback
    def listen_group(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back when what the group is protected from may have changed."""
        return self._protection.listeners.add(listener)

    @callback
    def listen_changes(self, unit: UnitId, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back when what is shown of a unit has changed."""
        return self._members[unit].changes.add(listener)

    @callback
    def listen_happenings(
        self, unit: UnitId, listener: Callable[[Announce], None]
    ) -> CALLBACK_TYPE:
        """Call back with all that is announced about a unit."""
        return self._members[unit].happenings.add(listener)
