"""Whether a recording is really being filled: only what is proven counts.

A job's mode says what it was told; "a client shall use GetRecordingJobState to determine if data
transfer is really taking place" (onvif.xsd, RecordingJobConfiguration). A unit whose disk died may
still transfer, so the proof is footage of just now, or footage that has grown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ...failover.model import Recording
from ..errors import UnitRequestError, UnitUnsupportedError
from ..together import together
from ..untrusted import printable
from .client import OnvifClient
from .inventory import Container, Inventory, Job
from .reading import part, parts, text
from .wsdl import Service

_JUST_NOW = timedelta(seconds=15)
_STATES: Final = ("Active", "PartiallyActive", "Error", "Idle")
"""Of a job, the best first (onvif.xsd, RecordingJobState)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of one recording."""

    recording: Recording
    error: str = ""
    """Why it is not filled although it should be, as the unit says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What a recording holds, where the unit tells."""

    empty: bool | None
    until: datetime | None
    """Where it ends, by the unit's clock."""


@dataclass(frozen=True, slots=True)
class _JobState:
    """What a unit tells of a job; `state` is empty where it does not."""

    state: str
    error: str
    conditional: bool

    @property
    def rank(self) -> int:
        """0 for the best: of several jobs, one that records is enough."""
        return _STATES.index(self.state) if self.state in _STATES else len(_STATES)


class Witness:
    """Remembers what was seen of each recording, to see its footage grow."""

    def __init__(self, client: OnvifClient) -> None:
        self._client = client
        self._until: dict[str, datetime] = {}
        self._idle: set[str] = set()

    async def examine(
        self, inventory: Inventory, containers: Iterable[Container]
    ) -> Mapping[str, Finding]:
        """Tell of each of these recordings, by its token, whether it is being filled.

        Raises:
            UnitError: As `OnvifClient.call`; that a unit does not tell is no error.
        """
        there = {it.token for it in inventory.containers}
        self._until = {token: it for token, it in self._until.items() if token in there}
        self._idle &= there
        return await together(
            {it.token: self._examine(it.token, inventory.jobs_of(it)) for it in containers}
        )

    async def footage(self, token: str) -> Footage:
        """Ask what a recording holds.

        Raises:
            UnitError: As `OnvifClient.call`; that a unit does not tell is no error.
        """
        try:
            told = await self._client.call(
                Service.SEARCH, "GetRecordingInformation", RecordingToken=token
            )
        except UnitUnsupportedError, UnitRequestError:
            return await self._summary()
        tracks = parts(told, "Track")
        ends = [part(told, "LatestRecording"), *(part(track, "DataTo") for track in tracks)]
        known = [_utc(end) for end in ends if isinstance(end, datetime)]
        # A track without data has no entry (onvif.xsd, RecordingInformation).
        return Footage(empty=not known and not tracks, until=max(known, default=None))

    async def _summary(self) -> Footage:
        """Ask until when there is footage of any recording: better than nothing."""
        try:
            told = await self._client.call(Service.SEARCH, "GetRecordingSummary")
        except UnitUnsupportedError, UnitRequestError:
            return Footage(empty=None, until=None)
        until = part(told, "DataUntil")
        empty = part(told, "NumberRecordings") == 0  # then the times mean nothing
        if empty or not isinstance(until, datetime):
            return Footage(empty=empty or None, until=None)
        return Footage(empty=None, until=_utc(until))

    async def _examine(self, token: str, jobs: Sequence[Job]) -> Finding:
        was_idle = token in self._idle
        self._idle.discard(token)
        active = [job for job in jobs if job.active]
        if not active:
            return Finding(recording=Recording.NOT_SCHEDULED if jobs else Recording.UNKNOWN)
        told = [await self._state(job) for job in active]
        best = min(told, key=lambda it: it.rank)
        match best.state:
            case "Active" | "PartiallyActive":
                recording = await self._proven(token, whole=best.state == "Active")
            case "Error":
                recording = Recording.NO
            case "Idle" if best.conditional:
                recording = Recording.NOT_SCHEDULED
            case "Idle":
                self._idle.add(token)
                # Seen once, it may just be connecting.
                recording = Recording.NO if was_idle else Recording.UNKNOWN
            case _:
                recording = Recording.UNKNOWN
        return Finding(recording=recording, error=best.error)

    async def _state(self, job: Job) -> _JobState:
        try:
            told = await self._client.call(
                Service.RECORDING, "GetRecordingJobState", JobToken=job.token
            )
        except UnitUnsupportedError, UnitRequestError:
            return _JobState("", "", job.conditional)
        tracks = (
            track for source in parts(told, "Sources") for track in parts(source, "Tracks", "Track")
        )
        errors = (printable(text(track, "Error")) for track in tracks)
        return _JobState(text(told, "State"), next(filter(None, errors), ""), job.conditional)

    async def _proven(self, token: str, *, whole: bool) -> Recording:
        footage = await self.footage(token)
        if footage.until is None:
            # Nothing recorded yet is no proof; a unit that tells no times is believed.
            believed = whole and footage.empty is None
            return Recording.YES if believed else Recording.UNKNOWN
        before = self._until.get(token)
        self._until[token] = footage.until
        grown = before is not None and footage.until > before
        proven = grown or self._is_just_now(footage.until)
        return Recording.YES if proven else Recording.UNKNOWN

    def _is_just_now(self, until: datetime) -> bool:
        offset = self._client.clock_offset
        if offset is None:
            return False
        unit_now = datetime.now(UTC) + timedelta(seconds=offset)
        return abs(unit_now - until) <= _JUST_NOW


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
