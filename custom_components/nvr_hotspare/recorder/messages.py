"""What the engine and whoever gives it orders say to each other: lines of JSON over any stream.

A request is `{"id": 7, "do": "record", ...}`, its answer `{"id": 7, "result": {...}}` or
`{"id": 7, "error": "Why not."}`; answers come in the order of the requests. The first request is
`hello`. After it the engine also sends `{"report": {...}}` whenever something has changed, and
`{"bye": "Why."}` before it closes the connection itself. Those requests that only look at a disk
(`held`, `look`, `inspect`) keep no other waiting: their answers come when they are ready.

An engine with a deputy obeys commands only from a client that has said `resume` (see `lease`);
one that does not know of deputies, by its capabilities, commands from its `hello` on.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import cast

from .errors import MessageError
from .giving.model import Replay, Target
from .model import Source
from .orders import Settings
from .plain import Plain, PlainError, dump, load
from .spans import Span

PROTOCOL = 1
"""Grows when an older peer would misunderstand; additions alone don't make it grow."""
RESUME = "resume"
"""A capability: of an engine, that it decides while its client is away; of a client, that it says
`resume` before it commands."""
MAX_LINE = 1 << 20
"""Bytes of one message: 256 channels need less than 200 KiB."""
MAX_CHANNELS = 256
"""Of one engine."""
MAX_JOBS = 256
"""That one engine knows of at the same time."""
MAX_GAPS = 1024
"""Of one job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Begins a conversation; answered by `Welcome`."""

    protocol: int
    version: str
    capabilities: tuple[str, ...] = ()
    """What the client knows beyond the first version of the protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Says who answers."""

    protocol: int
    version: str
    pid: int
    capabilities: tuple[str, ...] = ()
    """What the engine knows beyond the first version of the protocol."""
    cameras: int = 0
    """That its machine may record at the same time; 0 where nobody has said."""
    folder: str = ""
    """Where its footage is; empty from an engine that does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Asks for the right to command; answered by `Resumed`.

    From then on the engine decides nothing by itself, until this client hangs up or is silent for
    too long.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Says what the engine has done by itself; the same again until it is told `Settled`."""

    term: int
    """Grows whenever it is another who commands; begins anew with the engine."""
    seq: int = 0
    """Of the standing orders it went by, the latest if it did nothing; 0 if it has none."""
    deciding_since: float | None = None
    """When it began to decide, in seconds since 1970; None if it did not."""
    began: Mapping[str, Plain] | None = None
    """The journal with which its decisions began; None as for `journal`."""
    journal: Mapping[str, Plain] | None = None
    """Where its decisions ended; None if it made none since it was last appointed."""
    announcements: tuple[Mapping[str, Plain], ...] = ()
    """What it had to tell people, the oldest first (see `engine.away`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Says that what `Resumed` told is saved: the engine may forget it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint:
    """Gives standing orders for when the client is away; those before are forgotten."""

    orders: Mapping[str, Plain]
    seq: int
    """Tells the orders apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Shows that both sides live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Asks for an `EngineReport` of this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """Changes the settings."""

    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """Says where cameras are, to be ready for them."""

    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Starts recording; answered by `Failures`."""

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What went wrong, a sentence by channel."""

    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Stops recording, with the next key frame if it goes on being ready."""

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Forgets channels; their footage stays unless it is to be deleted."""

    channels: tuple[str, ...]
    delete_footage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Says which clips of a channel were given back and verified, by file name."""

    channel: str
    clips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Ends the engine. Its orders stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpair:
    """Ends the pairing of an engine on another machine. It forgets its orders; footage stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Has footage of a channel given back; how it goes is told in the reports.

    The same again changes nothing while it goes on, and has it tried again where it failed.
    What an earlier one of the same job has given is not given again.
    """

    job: str
    """Its name, as a channel's: letters, digits, dots, dashes and underscores, 128 at most."""
    channel: str
    """The engine's own; of another recorder's it is only told."""
    replay: Replay | None = None
    """Where to get it, None for this engine's own archive."""
    window: Span
    """The outage as far as footage is concerned. Clips that lie in it as a whole are marked as
    returned when nothing of them is missing any more."""
    gaps: tuple[Span, ...]
    """What the recorder lacks of the window."""
    target: Target

    def __post_init__(self) -> None:
        if len(self.gaps) > MAX_GAPS:
            raise ValueError(f"A job has no more than {MAX_GAPS} gaps.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desist:
    """Ends jobs and forgets them; what they have given stays."""

    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Says how quickly footage is given back, all jobs together."""

    bandwidth: int = 0
    """Bytes per second; 0 for no limit."""
    concurrent: int = 2

    def __post_init__(self) -> None:
        if self.bandwidth < 0 or self.concurrent < 1:
            raise ValueError("A pace is not negative, and at least one job goes on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Asks what the engine holds of a channel; answered by `Covered`."""

    channel: str
    within: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Asks what a folder holds of a channel; answered by `Covered`."""

    target: Target
    within: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """Asks whether a folder is of use; answered by `Inspection`."""

    target: Target
    mark: bool = False
    """Whether to mark it, if it is: nothing is given into a folder without that mark."""


type Orderly = (
    Hello
    | Resume
    | Settled
    | Appoint
    | Ping
    | Status
    | Configure
    | Provision
    | Record
    | Release
    | Remove
    | Returned
    | Stop
    | Unpair
    | GiveBack
    | Desist
    | Pace
)
"""What is done one at a time, in the order in which it is asked for."""
type Question = Held | Look | Inspect
"""What only looks at a disk."""
type Request = Orderly | Question

_REQUESTS: dict[str, type[Request]] = {
    kind.__name__.lower(): kind
    for kind in (
        Hello,
        Resume,
        Settled,
        Appoint,
        Ping,
        Status,
        Configure,
        Provision,
        Record,
        Release,
        Remove,
        Returned,
        Stop,
        Unpair,
        GiveBack,
        Desist,
        Pace,
        Held,
        Look,
        Inspect,
    )
}


def encode(message: Mapping[str, Plain]) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def encode_request(number: int, request: Request) -> bytes:
    """Return a request as it is sent."""
    named: dict[str, Plain] = {"id": number, "do": type(request).__name__.lower()}
    return encode(named | cast("dict[str, Plain]", dump(request)))


def parse_request(message: Mapping[str, Plain]) -> tuple[int, Request]:
    """Return the number of a request and the request.

    Raises:
        MessageError: It is not known, or says what it can't. `number` tells which.
    """
    match message:
        case {"id": int(number), "do": str(name)}:
            if (kind := _REQUESTS.get(name)) is None:
                raise MessageError("The engine does not know this request.", number)
            try:
                return number, load(kind, dict(message))
            except PlainError as error:
                raise MessageError(f"The request {name} is not valid: {error}", number) from None
    raise MessageError("A message is no request.")


async def read(reader: asyncio.StreamReader) -> dict[str, Plain] | None:
    """Wait for the next message, None where the stream ends.

    Args:
        reader: Made with a limit of `MAX_LINE`.

    Raises:
        MessageError: It is no message, or too long for one.
        ConnectionError: The connection broke.
    """
    try:
        line = await reader.readuntil()
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise MessageError("A message is too long.") from None
    try:
        message = json.loads(line, parse_constant=_refuse)
    except ValueError, RecursionError:
        raise MessageError("A message is no JSON.") from None
    if not isinstance(message, dict):
        raise MessageError("A message is no object.")
    return message


def _refuse(_: str) -> None:
    """Take no NaN and no infinity, which JSON does not have."""
    raise ValueError
