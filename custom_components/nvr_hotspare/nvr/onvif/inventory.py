"""What a recorder holds: recordings, the jobs that fill them, the receivers these draw from.

ONVIF Recording Control and Receiver services. A recording of ours is known by its SourceId,
which belongs to the client alone; a device is not to interpret it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import re
from typing import Any, Final
from urllib.parse import quote, unquote

from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..untrusted import printable
from ..uris import stream_uri
from .client import OnvifClient
from .reading import part, parts, text
from .wsdl import Service

_RECEIVER_TYPE: Final = "http://www.onvif.org/ver10/schema/Receiver"
"""A job's source that is a receiver; the WSDL's default."""
_PROFILE_TYPE: Final = "http://www.onvif.org/ver10/schema/Profile"
"""A job's source that is a media profile."""
_OURS: Final = "urn:nvr-hotspare:"
_MOST = 1024
"""Recordings, jobs or receivers."""
_MAX_SOURCE_ID = 128
"""Characters that every device takes (Recording Control, "RecordingSourceInformation")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A recording: where footage of one camera goes."""

    token: str
    key: str | None
    """Of the `Place` it was made for; None if it is not ours."""
    name: str
    address: str
    """An informative URI, as the unit tells it."""
    video: frozenset[str]
    """The tokens of its video tracks; empty where the unit does not tell them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What moves streams into a recording."""

    token: str
    recording: str
    active: bool
    """Told to record."""
    priority: int
    receivers: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    """The media profiles that it moves instead: the unit's own video."""
    conditional: bool
    """Records by rules of its own: a schedule, events, or what this version does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """An RTSP client of the recorder."""

    uri: str | None
    """Without credentials."""
    automatic: bool
    """Connects when a job needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that a unit holds at one moment."""

    containers: Sequence[Container]
    """In an order that does not change."""
    jobs: Sequence[Job]
    receivers: dict[str, Receiver]

    @property
    def own(self) -> Sequence[Container]:
        """The recordings that the unit does not hold for us."""
        return [it for it in self.containers if it.key is None]

    def held(self, key: str) -> Sequence[Container]:
        """Return our recordings of one place: one, but for the oddest interruptions."""
        return [it for it in self.containers if it.key == key]

    def jobs_of(self, container: Container) -> Sequence[Job]:
        """Return the jobs that fill a recording, the one that wins first."""
        jobs = (job for job in self.jobs if job.recording == container.token)
        return sorted(jobs, key=lambda job: (not job.active, -job.priority))

    def split_jobs(self) -> tuple[Sequence[Job], Sequence[Job]]:
        """Return the jobs that fill recordings of ours, and all others."""
        ours = {it.token for it in self.containers if it.key is not None}
        return (
            [job for job in self.jobs if job.recording in ours],
            [job for job in self.jobs if job.recording not in ours],
        )


async def take_inventory(client: OnvifClient) -> Inventory:
    """Ask a unit what it holds.

    Raises:
        UnitUnsupportedError: It has no Recording Control service.
        UnitError: As `OnvifClient.call`.
    """
    recordings = await client.call(Service.RECORDING, "GetRecordings")
    jobs = await client.call(Service.RECORDING, "GetRecordingJobs")
    try:
        receivers = await client.call(Service.RECEIVER, "GetReceivers")
    except UnitUnsupportedError, UnitRequestError:
        receivers = []
    containers = [_container(it) for it in _tokened(recordings, "RecordingToken")]
    return Inventory(
        containers=sorted(containers, key=lambda it: natural(it.token)),
        jobs=[_job(it) for it in _tokened(jobs, "JobToken")],
        receivers={it.Token: _receiver(it) for it in _tokened(receivers, "Token")},
    )


def source_id(key: str) -> str:
    """Return the SourceId of a place's recording.

    Raises:
        ValueError: Not every device would keep it whole.
    """
    text = _OURS + quote(key, safe="")
    if len(text) > _MAX_SOURCE_ID:
        raise ValueError(f"A key of {len(key)} characters is too long")
    return text


def natural(token: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts tokens as people would: "10" after "9"."""
    parts = re.findall(r"([0-9]{1,18})|([^0-9]+|[0-9]+)", token)
    return [(0, int(number), "") if number else (1, 0, text) for number, text in parts]


def _tokened(answer: Any, name: str) -> Iterable[Any]:
    """Leave out what has no token: nothing can be asked about it."""
    entries = parts(answer)
    if len(entries) > _MOST:
        raise UnitProtocolError("It tells of more recordings than any unit holds")
    return [it for it in entries if text(it, name)]


def _container(entry: Any) -> Container:
    source = part(entry, "Configuration", "Source")
    own_id = text(source, "SourceId")
    return Container(
        token=entry.RecordingToken,
        key=unquote(own_id.removeprefix(_OURS)) if own_id.startswith(_OURS) else None,
        name=printable(text(source, "Name")) or printable(text(entry, "Configuration", "Content")),
        address=text(source, "Address"),
        video=frozenset(
            text(track, "TrackToken")
            for track in parts(entry, "Tracks", "Track")
            if text(track, "Configuration", "TrackType") == "Video"
        ),
    )


def _job(entry: Any) -> Job:
    configuration = part(entry, "JobConfiguration")
    priority = part(configuration, "Priority")
    return Job(
        token=entry.JobToken,
        recording=text(configuration, "RecordingToken"),
        active=text(configuration, "Mode") == "Active",
        priority=priority if isinstance(priority, int) else 0,
        receivers=receivers_of(configuration),
        profiles=_sources_of(configuration, _PROFILE_TYPE),
        # Later versions of the schema added an EventFilter and a ScheduleToken.
        conditional=any(
            part(configuration, name) for name in ("Extension", "_raw_elements", "_attr_1")
        ),
    )


def receivers_of(configuration: Any) -> tuple[str, ...]:
    """Return the receivers that a RecordingJobConfiguration names."""
    return _sources_of(configuration, _RECEIVER_TYPE)


def _sources_of(configuration: Any, kind: str) -> tuple[str, ...]:
    """Return the tokens of a job's sources that are of a kind; a receiver if it is not said."""
    tokens = [part(source, "SourceToken") for source in parts(configuration, "Source")]
    return tuple(
        text(token, "Token")
        for token in tokens
        if text(token, "Token") and (text(token, "Type") or _RECEIVER_TYPE) == kind
    )


def _receiver(entry: Any) -> Receiver:
    return Receiver(
        uri=stream_uri(text(entry, "Configuration", "MediaUri")),
        automatic=text(entry, "Configuration", "Mode") == "AutoConnect",
    )
