"""The capabilities a driver offers; what a unit can really do is probed, never assumed.

Every method raises a `UnitError`: `UnitUnreachableError` where nothing answers in time,
`UnitCredentialsError` where the account is not accepted, `UnitProtocolError` where the answer
makes no sense. A cancelled call leaves nothing behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ..failover.model import Recording
from ..recorder.giving.model import Replay
from ..recorder.model import Source
from ..recorder.spans import Span
from .model import (
    ChannelSettings,
    FootageTold,
    Heartbeat,
    Identity,
    Place,
    PlaceState,
    Probe,
    UnitEvent,
)


class Unit(Protocol):
    """Any recorder."""

    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        """Ask for a sign of life, without credentials and without retrying.

        Whatever only a live unit could answer counts, a rejected request and a fault included.
        `fresh` opens a connection for it instead of using a kept-alive one.
        """

    async def identify(self) -> Identity:
        """Ask who the unit is."""

    async def probe(self) -> Probe:
        """Find out all that the unit can do."""

    async def restart(self) -> None:
        """Restart the unit; returns when it has agreed to."""


class Subscription(Protocol):
    """A unit's promise to tell what happens to it."""

    async def pull(self) -> Sequence[UnitEvent]:
        """Wait for what happens, and return it; nothing after a while.

        It takes less than a minute. That it returns at all is a sign of life; once it raised,
        the promise is void.
        """

    async def close(self) -> None:
        """Want to be told no more; takes a few seconds at most and raises nothing."""


class Teller(Unit, Protocol):
    """A recorder that tells by itself what happens to it."""

    async def subscribe(self) -> Subscription:
        """Want to be told what happens from now on, and how things are.

        Raises:
            UnitUnsupportedError: It tells nothing, or not to this account.
            UnitFullError, UnitRequestError: Not now: others listen already, as a rule.
        """


class Shower(Unit, Protocol):
    """A recorder that shows live what it records."""

    async def live(self) -> Mapping[int | str, Source]:
        """Tell where it shows its channels, by number, and the places on it, by key.

        The sub stream where there is one. What is not there it does not show, or does not tell
        that it does.

        Raises:
            UnitUnsupportedError: It shows nothing at all.
        """


class WorkingDevice(Unit, Protocol):
    """A recorder that may need a spare."""

    async def settings(self) -> Sequence[ChannelSettings]:
        """Return the unit's channels."""

    async def recordings(self) -> Mapping[int, Recording]:
        """Tell for each channel number whether it is being recorded."""

    async def footage(self, number: int, within: Span, /) -> FootageTold:
        """Tell what the unit has of a channel.

        Raises:
            UnitUnsupportedError: It can't tell.
            UnitRequestError: It has no such channel.
        """


class Spare(Unit, Protocol):
    """A recorder that can stand in for others. Every call may be repeated without harm."""

    def know(self, places: Iterable[Place]) -> None:
        """Be told of all places that there may be: some spares can't store a key whole."""
        del places  # most can

    async def places(self) -> Mapping[str, PlaceState]:
        """Return what this project has put on the spare, by key."""

    async def provision(self, places: Iterable[Place]) -> None:
        """Make the spare ready to record these cameras, without recording them yet.

        Raises:
            UnitFullError: A limit leaves no room; those that fitted are provisioned.
        """

    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        """Start recording these cameras, all at once, provisioning what is not.

        Where a limit leaves no room, places that are idle and not asked for give way.
        Returns what went wrong, as a sentence by key; empty when all were told to record.
        """

    async def release(self, keys: Iterable[str]) -> None:
        """Stop recording; the places and their footage stay."""

    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        """Take away what was provisioned; footage stays unless it is to be deleted."""

    async def footage(self, key: str, within: Span, /) -> FootageTold:
        """Tell what the spare has of a camera.

        Raises:
            UnitUnsupportedError: It can't tell.
            UnitRequestError: It has no place of that key.
        """

    async def replay(self, key: str) -> Replay:
        """Tell where the spare plays what it has of a camera.

        Raises:
            UnitUnsupportedError: It does not; its footage is to be had in another way.
            UnitRequestError: It has no place of that key.
        """


class Recorder(WorkingDevice, Spare, Teller, Shower, Protocol):
    """A recorder on the network, in any role: what it can't do it says."""

    async def footage(self, camera: int | str, within: Span, /) -> FootageTold:
        """Tell what the unit has of a channel, by its number, or of a place, by its key."""
