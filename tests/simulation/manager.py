"""Home Assistant in small: it asks the units, lets the machine decide, and hands out its commands.

Each step is checked: the units that it touched, and every so often everything.
"""

from collections.abc import Callable, Iterable
from functools import partial
import json
from math import inf
from random import Random

from custom_components.nvr_hotspare.failover import calm, journal
from custom_components.nvr_hotspare.failover.commands import (
    Announce,
    Command,
    Desist,
    Identify,
    Synchronize,
)
from custom_components.nvr_hotspare.failover.deadlines import sleep
from custom_components.nvr_hotspare.failover.detector import suspect
from custom_components.nvr_hotspare.failover.events import (
    Configured,
    Event,
    FootageFlows,
    HeartbeatReceived,
    Identified,
    IdentityRefused,
    PlacesSeen,
    Planned,
    ProbeUnanswered,
    RecordingsSeen,
    Started,
    TimePassed,
    WitnessSeen,
)
from custom_components.nvr_hotspare.failover.evolving import replace
from custom_components.nvr_hotspare.failover.invariants import (
    InvariantError,
    check_commands,
    check_device,
    check_footage,
    check_invariants,
)
from custom_components.nvr_hotspare.failover.look import Look
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Group,
    Happening,
    PlaceFacts,
    Recording,
    Silence,
    UnitId,
)
from custom_components.nvr_hotspare.failover.state import (
    DeviceState,
    State,
    Witness,
    with_device,
    with_pulse,
)
from custom_components.nvr_hotspare.failover.view import next_deadline, probe_pace, watch_pace
from tests.simulation.account import Account
from tests.simulation.agenda import Agenda, Asked, Loop
from tests.simulation.changes import changes, only_more_suspect, returning
from tests.simulation.couriers import Couriers
from tests.simulation.faults import Rates
from tests.simulation.site import NOTICE, Site, Unit
from tests.simulation.spares import SpareWorkers

ROUND_TRIP = 0.25
GIVEN_UP = 2.0
"""After this long a probe counts as unanswered where nothing comes back."""
WITNESS_PACE = 2.0
"""Seconds between questions to a camera while a unit is suspect."""
FLOW_PACE = 10.0
"""Seconds between signs of life of the courier."""
EVERYTHING = 1000
"""Steps between checks of everything."""
TOLD = {True: Recording.YES, False: Recording.NO}
SEEN = {
    (commanded, records): PlaceFacts(commanded=commanded, recording=TOLD[records])
    for commanded in TOLD
    for records in TOLD
}
"""What is seen of a place, by whether it was commanded to record and whether it does."""


class Manager:
    """The machine of one group at work."""

    def __init__(
        self,
        agenda: Agenda,
        site: Site,
        rng: Random,
        rates: Rates,
        group: Group,
        *,
        skips: bool = True,
        listens: bool = False,
    ) -> None:
        self.agenda = agenda
        self.site = site
        self.rng = rng
        self.rates = rates
        self.group = group
        self.account = Account()
        self.state = State()
        self.away = False
        self._isolated = False
        self._planned: dict[UnitId, float] = {}
        self._skips = skips
        self._listens = listens
        self._deadline = inf
        self._saved_before = self.state
        self._suspects: dict[UnitId, None] = {}
        self._life = 0
        self.couriers = Couriers(self)
        self.workers = SpareWorkers(self)
        self._probes: dict[UnitId, Loop] = {}
        self._watches: dict[UnitId, Loop] = {}
        self._flows: dict[UnitId, Loop] = {}
        for unit in site.units:
            self._probes[unit] = self._loop(self._probe, probe_pace, unit)
            self._watches[unit] = self._loop(self._watch, watch_pace, unit)
            if unit in site.devices:
                self._flows[unit] = self._loop(self._flow, lambda _state, _unit: FLOW_PACE, unit)
        self._witness = self._loop(self._ask_witness, lambda _state, _unit: WITNESS_PACE, "camera")
        self.start()

    def _loop(
        self,
        ask: Callable[[UnitId], Asked],
        pace: Callable[[State, UnitId], float],
        unit: UnitId,
    ) -> Loop:
        number = len(self._probes) + len(self._watches) + len(self._flows)
        return Loop(
            self.agenda,
            number,
            partial(ask, unit) if self._skips else (lambda: (ask(unit), Asked.NEWS)[1]),
            lambda: pace(self.state, unit),
        )

    @property
    def _loops(self) -> Iterable[Loop]:
        for loops in (self._probes, self._watches, self._flows):
            yield from loops.values()
        yield self._witness

    # Its life

    def start(self) -> None:
        """Take up where the journal ends."""
        self.away = False
        self._life += 1
        self.happens(Configured(self.group))
        self.happens(Started())
        for unit, until in self._planned.items():
            self.happens(Planned(unit, until))
        for loop in self._loops:
            loop.begin(0.0)

    def stop(self) -> None:
        """Leave the journal behind: now and then one that lacks the last transition."""
        state = self._saved_before if self.rng.random() < self.rates.lost else self.state
        self.state = journal.load(json.loads(json.dumps(journal.dump(state))))
        self.away = True
        self._life += 1
        self._deadline = inf
        for loop in self._loops:
            loop.stop()
        self._suspects.clear()
        self.couriers.stop()
        self.workers.stop()

    def configure(self, group: Group) -> None:
        """Let the user change the group."""
        self.group = group
        self.happens(Configured(group))

    def plan(self, unit: UnitId, until: float) -> None:
        """Let somebody say that a unit restarts, which is told again after a start."""
        self._planned = {u: at for u, at in self._planned.items() if at > self.agenda.now}
        self._planned[unit] = until
        self.happens(Planned(unit, until))

    def run(self, until: float) -> None:
        """Live until then."""
        while True:
            coming = self.agenda.next
            if self._deadline < coming and self._deadline < until:
                self.agenda.now = self._deadline
                self.happens(TimePassed())
            elif coming <= until:
                self.agenda.go_on()
            else:
                self.agenda.now = until
                return

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something some seconds from now, unless Home Assistant restarts before."""
        life = self._life
        self.agenda.later(seconds, lambda: action() if life == self._life else None)

    def chance(self, odds: float) -> bool:
        """Draw whether something happens that rarely does."""
        return odds > 0 and self.rng.random() < odds

    # Passing over what changes nothing

    def alter(self, name: UnitId, change: Callable[[Unit], None] | None = None) -> None:
        """Change how a unit really is; without a change, something about it came of itself."""
        self._note_signs(name)
        for loops in (self._probes, self._watches):
            loops[name].wake()
        self.site.alter(name, self.agenda.now, change)

    def isolate(self, *, isolated: bool) -> None:
        """Let nothing at all be reached any more, no witness either; or again."""
        self._note_witness()
        self._isolated = isolated
        self._witness.wake()

    def _goes_on_telling(self, unit: UnitId) -> None:
        """Pass over what a device tells: from now on it is known as one that tells all the time.

        Otherwise its word would seem stale after a minute; asked on, it would have told again.
        """
        if self._skips:
            self._note(replace(self.state.devices[unit], told=inf))

    def _goes_on_flowing(self, unit: UnitId) -> None:
        """Pass over signs of life of the courier, likewise."""
        device = self.state.devices[unit]
        if self._skips and device.delivery:
            self._note(replace(device, delivery=replace(device.delivery, heard=inf)))

    def _goes_on_answering(self, witness: str) -> None:
        """Pass over answers of a witness, likewise."""
        if self._skips:
            self.state = replace(self.state, witnesses={witness: Witness(answers=True, asked=inf)})

    def _note_witness(self) -> None:
        """Note when the witness was really asked last."""
        for name, witness in self.state.witnesses.items():
            if witness.asked == inf:
                known = replace(witness, asked=self._witness.latest())
                self.state = replace(self.state, witnesses={name: known})

    def _note_signs(self, unit: UnitId) -> None:
        """Note when a unit really was last heard, and how often, before anything changes for it."""
        if self._probes[unit].answered is Asked.SIGN_OF_LIFE:
            pulse, latest = self.state.pulses[unit], self._probes[unit].latest()
            beats = round((latest - pulse.since) / self.group.timing.interval)
            pulse = replace(pulse, since=latest, beats=pulse.beats + beats)
            self.state = with_pulse(self.state, unit, pulse)
        device = self.state.devices.get(unit)
        if device and device.told == inf:
            device = replace(device, told=self._watches[unit].latest())
            self._note(device)
        if device and device.delivery and device.delivery.heard == inf:
            heard = self._flows[unit].latest()
            self._note(replace(device, delivery=replace(device.delivery, heard=heard)))

    def _note(self, device: DeviceState) -> None:
        state = with_device(self.state, device)
        self.state = sleep(state, Look(state, {device.config.unit}, (), spares=False))
        self._deadline = _deadline(self.state)

    # Facts in, decisions out

    def happens(self, event: Event) -> bool:
        """Let the machine take a step; tell whether more came of it than a later sign of life."""
        if self.away:
            return False
        before = self.state
        self.state, commands = step(before, event, self.agenda.now)
        changed = changes(before, self.state)
        if self.state.wakes is not before.wakes:
            self._deadline = _deadline(self.state)
        if not (changed or commands):
            return False
        news = bool(changed) or any(not isinstance(command, Identify) for command in commands)
        self.account.steps += news
        same = before.devices is self.state.devices and self.site.spares.keys().isdisjoint(changed)
        if not (same or journal.untouched(before, self.state)):
            self._saved_before = before
        self._check(before, event, changed, commands)
        self._wake(before, changed)
        for command in commands:
            self._dispatch(command)
        return news

    def _check(
        self, before: State, event: Event, changed: list[UnitId], commands: tuple[Command, ...]
    ) -> None:
        try:
            for unit in changed:
                if unit in self.state.devices:
                    check_device(self.state, unit, self.agenda.now)
            if any(not isinstance(command, Announce | Identify) for command in commands):
                check_commands(self.state, commands)
            if self.state.devices is not before.devices:
                check_footage(before, event, self.state)
            if self.account.steps % EVERYTHING == 0:
                check_invariants(self.state, self.agenda.now)
        except InvariantError as error:
            self.account.broken.append(f"{self.agenda.now}: {event}: {error}")

    def _wake(self, before: State, changed: list[UnitId]) -> None:
        """Ask again whom the machine now knows otherwise."""
        shifted = before.spares is not self.state.spares
        for unit in changed:
            if only_more_suspect(before, self.state, unit):
                continue
            self._note_signs(unit)
            for loops in (self._probes, self._watches, self._flows):
                if loop := loops.get(unit):
                    loop.wake()
            if self._suspect(unit):
                self._suspects[unit] = None
                self._witness.wake()
            elif self._suspects.pop(unit, unit) is None and not self._suspects:
                self._note_witness()
            shifted = shifted or returning(before.devices.get(unit)) != returning(
                self.state.devices.get(unit)
            )
        for unit in self.state.spares if shifted else ():
            self._watches[unit].keep_pace()

    def _dispatch(self, command: Command) -> None:
        match command:
            case Announce(unit, happening):
                if happening is Happening.HEARTBEAT_LOST:
                    self.account.outages += 1
                    it = self.site.units[unit]
                    if it.answers and self.agenda.now - it.answers_since > NOTICE:
                        self.account.needless.append((self.agenda.now, unit))
                if self._listens:
                    self.account.said.append((self.agenda.now, command))
            case Identify(unit):
                self.later(ROUND_TRIP, lambda: self._identify(unit))
            case Synchronize() | Desist():
                self.couriers.obey(command)
            case _:
                self.workers.put(command)

    def answer(self, event: Event) -> None:
        """Let an answer come, which is now and then lost or comes twice."""
        if self.chance(self.rates.lost):
            return
        self.happens(event)
        if self.chance(self.rates.doubled):
            self.happens(event)

    # Questions

    def _probe(self, unit: UnitId) -> Asked:
        it = self.site.units[unit]
        online = self.state.online(unit)
        if it.answers and not self.chance(self.rates.lost):
            self.happens(HeartbeatReceived(unit))
            if online:
                return Asked.NEWS if self._beats_count(unit) else Asked.SIGN_OF_LIFE
            in_vain = it.locked and unit not in self.site.devices
            return Asked.NOTHING if in_vain else Asked.NEWS
        silence = Silence.SILENT if it.answers else it.silence
        if not online:
            return Asked.NEWS if it.answers else Asked.NOTHING
        if silence is Silence.REFUSED:
            self.happens(ProbeUnanswered(unit, silence))
        else:
            self.later(GIVEN_UP, partial(self.happens, ProbeUnanswered(unit, silence)))
        return Asked.NEWS

    def _beats_count(self, unit: UnitId) -> bool:
        """Tell whether it matters how many more heartbeats are counted of an online unit."""
        device, timing = self.state.devices.get(unit), self.group.timing
        if device is None or device.outage is None:
            return False
        if device.outage.refused and not self.site.units[unit].locked:
            return True
        enough = max(timing.return_beats, calm.quiet_beats(device, timing))
        return self.state.pulses[unit].beats < enough

    def _watch(self, unit: UnitId) -> Asked:
        it, now = self.site.units[unit], self.agenda.now
        if not it.obeys:
            return Asked.NOTHING
        if self.chance(self.rates.lost):
            return Asked.NEWS
        if unit in self.site.spares:
            facts = {camera: self._facts(it, camera) for camera in it.places}
            self.happens(PlacesSeen(unit, facts))
            return Asked.NOTHING
        recordings = {c.channel: TOLD[self.site.recording(c, now)] for c in it.cameras}
        self.happens(RecordingsSeen(unit, recordings))
        if not self.state.online(unit):
            return Asked.NOTHING
        if self.state.devices[unit].missing_since:
            return Asked.NEWS
        self._goes_on_telling(unit)
        return Asked.SIGN_OF_LIFE

    def _ask_witness(self, name: str) -> Asked:
        if not self._suspects:
            return Asked.NOTHING
        self.happens(WitnessSeen(name, answers=not self._isolated))
        if self._isolated:
            return Asked.NEWS
        self._goes_on_answering(name)
        return Asked.SIGN_OF_LIFE

    def _suspect(self, unit: UnitId) -> bool:
        return suspect(self.state.pulses[unit])

    def _facts(self, spare: Unit, camera: Camera) -> PlaceFacts:
        lent = self.site.lent(spare, camera, self.agenda.now)
        return SEEN[spare.places[camera] is not None, lent]

    def _identify(self, unit: UnitId) -> None:
        it = self.site.units[unit]
        if it.obeys:
            self.answer(Identified(unit, same=True))
        elif it.answers:
            self.answer(IdentityRefused(unit))

    def _flow(self, unit: UnitId) -> Asked:
        if not self.couriers.works_for(unit):
            return Asked.NOTHING
        news = self.happens(FootageFlows(unit, flowing=True))
        if news or self.state.devices[unit].delivery is None:
            return Asked.NEWS
        self._goes_on_flowing(unit)
        return Asked.SIGN_OF_LIFE

    def courier_changed(self, unit: UnitId) -> None:
        """The courier begins to work for a device, or works for it no more."""
        self._note_signs(unit)
        self._flows[unit].wake()


def _deadline(state: State) -> float:
    deadline = next_deadline(state)
    return inf if deadline is None else deadline
