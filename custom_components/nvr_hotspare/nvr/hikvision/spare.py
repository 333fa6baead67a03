"""Making the recorder stand in for others: a channel per camera, recorded when told to.

A camera stays on its channel, connected, and its schedule says whether it is recorded: so a
takeover is one change of a schedule for each. Whoever takes a camera off its channel may lose its
footage: a place that holds some keeps its channel until that is given up.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...failover.model import Recording
from ..errors import UnitError, UnitFullError, UnitRequestError
from ..model import Place, PlaceState
from ..together import together
from .builder import Builder
from .client import IsapiClient
from .footage import HikvisionFootage
from .inputs import Camera, Presence, take_cameras, take_presence
from .mark import Mark, digest_of
from .recording import REFUSALS, Witness
from .tracks import is_enabled, set_recorded, take_track
from .working import ChannelWork


@dataclass(frozen=True, slots=True)
class Held:
    """A channel of ours."""

    camera: Camera
    mark: Mark
    key: str


class HikvisionSpare:
    """The `Spare` side of a unit."""

    def __init__(self, client: IsapiClient, witness: Witness, footage: HikvisionFootage) -> None:
        self._client = client
        self._witness = witness
        self._footage = footage
        self.builder = Builder(client)
        self.building = asyncio.Lock()
        """Who adds or takes away holds it."""
        self._keys: dict[str, str] = {}
        """The keys of places that were ever told, by digest."""
        self._commanded: set[str] = set()
        """Keys of the places told to record: they never give way."""
        self._left: set[str] = set()
        """Keys of places that were taken away as far as their footage allows."""
        self._idle: set[Mark] = set()
        """Places seen not recorded though told to: seen once, they may just be connecting."""
        self._holding: dict[Mark, bool] = {}
        """Whether there is footage of a place, as far as it is known."""

    def know(self, keys: Iterable[str]) -> None:
        """Learn the keys of places: channels tell only digests of them."""
        self._keys |= {digest_of(key): key for key in keys}

    async def places(self) -> Mapping[str, PlaceState]:
        """See `Spare`."""
        async with self.building:
            cameras = await take_cameras(self._client)
        ours = {held.key: held for held in reversed(self.held(cameras))}
        if not ours:
            return {}
        works, there = await self._witness.works(), await self._presence()
        return await together({key: self._state(it, works, there) for key, it in ours.items()})

    async def provision(self, places: Iterable[Place]) -> None:
        """See `Spare`."""
        wanted = {place.key: place for place in places}
        self.know(wanted)
        self._left -= wanted.keys()
        errors: list[UnitError] = []
        async with self.building:
            for place in wanted.values():
                try:
                    await self._build(place)
                except (UnitFullError, *REFUSALS) as error:
                    errors.append(error)
        if errors:
            raise errors[0]

    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        """See `Spare`."""
        wanted = {place.key: place for place in places}
        self.know(wanted)
        self._commanded |= wanted.keys()
        self._left -= wanted.keys()
        errors: dict[str, str] = {}
        async with self.building:
            held = {it.key: it.camera for it in self.held(await take_cameras(self._client))}
            ready = {
                key: camera
                for key, camera in held.items()
                if key in wanted and self.builder.is_ready(camera, wanted[key])
            }
            self._forget(ready)
            errors |= await together({key: self._start(it) for key, it in ready.items()})
            for key in wanted.keys() - ready.keys():
                errors[key] = await self._build_and_start(wanted[key])
        return {key: error for key, error in errors.items() if error}

    async def release(self, keys: Iterable[str]) -> None:
        """See `Spare`."""
        released = set(keys)
        self.know(released)
        self._commanded -= released
        async with self.building:
            for held in self.held(await take_cameras(self._client)):
                if held.key in released:
                    await set_recorded(self._client, held.camera.channel, record=False)

    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        """See `Spare`."""
        gone = set(keys)
        self.know(gone)
        self._commanded -= gone
        async with self.building:
            for held in self.held(await take_cameras(self._client)):
                if held.key in gone:
                    await self._take_away(held, delete_footage=delete_footage)

    async def held_by(self, key: str) -> Held:
        """Return the channel of a place.

        Raises:
            UnitRequestError: There is none.
            UnitError: As `take_cameras`.
        """
        self.know([key])
        async with self.building:
            for held in self.held(await take_cameras(self._client)):
                if held.key == key:
                    return held
        raise UnitRequestError("It holds nothing of this camera")

    def held(self, cameras: Sequence[Camera]) -> Sequence[Held]:
        """Return the channels that are ours: one a place, but for the oddest interruptions."""
        return [
            Held(camera, mark, self._keys.get(mark.digest, mark.key))
            for camera in cameras
            if (mark := self.builder.mark_of(camera)) is not None
        ]

    async def _build(self, place: Place) -> Camera:
        """Have a camera on a channel, whether there already or not."""
        cameras = await take_cameras(self._client)
        held = next((it.camera for it in self.held(cameras) if it.key == place.key), None)
        if held is not None and self.builder.is_ready(held, place):
            return held
        return await self.builder.build(place, cameras, held)

    async def _build_and_start(self, place: Place) -> str:
        """Add a camera and record it; returns what went wrong, empty if nothing did."""
        while True:
            try:
                return await self._start(await self._build(place))
            except UnitFullError as error:
                if not await self._make_room():
                    return str(error)
            except REFUSALS as error:
                return str(error)

    async def _start(self, camera: Camera) -> str:
        try:
            await set_recorded(self._client, camera.channel, record=True)
        except REFUSALS as error:
            return str(error)
        return ""

    async def _make_room(self) -> bool:
        """Take away one place that only waits and holds nothing; False if there is none."""
        for held in self.held(await take_cameras(self._client)):
            if held.key in self._commanded or await self._is_commanded(held.camera):
                continue
            if not await self._holds(held, recorded=False):
                await self.builder.remove(held.camera)
                return True
        return False

    async def _take_away(self, held: Held, *, delete_footage: bool) -> None:
        if not delete_footage and await self._holds(held, recorded=None):
            await set_recorded(self._client, held.camera.channel, record=False)
            self._left.add(held.key)
            return
        await self.builder.remove(held.camera)
        self._holding.pop(held.mark, None)
        self._left.discard(held.key)

    async def _state(
        self, held: Held, works: Mapping[int, ChannelWork], there: Mapping[int, Presence]
    ) -> PlaceState:
        channel = held.camera.channel
        commanded = await self._is_commanded(held.camera)
        recorded = await self._witness.is_recorded(channel, works) if commanded else False
        presence = there.get(channel)
        rejected = presence is not None and presence.is_rejected
        avoided = rejected and self.builder.avoid(held.camera)
        error = ""
        if commanded and not recorded and presence is not None and not presence.online:
            error = f"The recorder has no connection to the camera: {presence.error}".rstrip(" :")
        idle = commanded and recorded is False
        proven = bool(error) or (idle and held.mark in self._idle)
        (self._idle.add if idle else self._idle.discard)(held.mark)
        return PlaceState(
            key=held.key,
            commanded=commanded,
            recording=_recording(commanded=commanded, recorded=recorded, proven=proven),
            error=error,
            holds_footage=await self._holds(held, recorded=recorded),
            provisioned=held.key not in self._left and not avoided,
        )

    async def _is_commanded(self, camera: Camera) -> bool:
        return is_enabled(await take_track(self._client, camera.channel))

    async def _presence(self) -> Mapping[int, Presence]:
        try:
            return await take_presence(self._client)
        except REFUSALS:
            return {}

    async def _holds(self, held: Held, *, recorded: bool | None) -> bool:
        """Whether there is footage of a place; where that is not told there may be some."""
        if recorded:
            self._holding[held.mark] = True
        if held.mark not in self._holding:
            try:
                found = await self._footage.has_any(held.camera.channel, held.mark.since)
            except REFUSALS:
                return True
            self._holding[held.mark] = found
        return self._holding[held.mark]

    def _forget(self, keys: Iterable[str]) -> None:
        """Look again whether there is footage of places that are going to be recorded."""
        digests = {digest_of(key) for key in keys}
        for mark in [it for it in self._holding if it.digest in digests]:
            del self._holding[mark]


def _recording(*, commanded: bool, recorded: bool | None, proven: bool) -> Recording:
    if not commanded:
        return Recording.NOT_SCHEDULED
    if recorded:
        return Recording.YES
    return Recording.NO if proven else Recording.UNKNOWN
