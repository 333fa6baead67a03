"""What a recorder has been told and must not forget: recordings, receivers and jobs.

Every change is on disk before it is confirmed: a power cut leaves the old state or the new one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
import json
import os
from pathlib import Path
from typing import Any, Self

from custom_components.nvr_hotspare.recorder.model import Source

from .config import ChannelConfig, Limits
from .faults import full

VIDEO_TRACK = "VIDEO001"
"""Token of the one track that each recording has."""


class StateError(Exception):
    """The stored state can't be read."""


class JobMode(StrEnum):
    """What a recording job was told (ONVIF Recording Control, "RecordingJobConfiguration")."""

    IDLE = "Idle"
    ACTIVE = "Active"


class ReceiverMode(StrEnum):
    """When a receiver connects (ONVIF Receiver, "Receiver modes")."""

    AUTO = "AutoConnect"
    NEVER = "NeverConnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a recording says it is of; the client's own texts."""

    source_id: str = ""
    name: str = ""
    location: str = ""
    description: str = ""
    address: str = ""
    content: str = ""
    retention: str = "PT0S"


@dataclass(slots=True, kw_only=True)
class Recording:
    """A container of footage."""

    token: str
    labels: Labels
    fixed: bool = False
    """Part of the unit's own set-up: it can't be deleted."""


@dataclass(slots=True, kw_only=True)
class Receiver:
    """An RTSP client of the recorder; its credentials are never told to anyone."""

    token: str
    mode: ReceiverMode = ReceiverMode.AUTO
    uri: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    automatic: bool = False
    """Created for a job, and deleted with it."""

    @property
    def source(self) -> Source:
        """What the engine is to record."""
        return Source(uri=self.uri, username=self.username, password=self.password)


@dataclass(slots=True, kw_only=True)
class Job:
    """What moves the stream of a receiver into a recording."""

    token: str
    recording: str
    receiver: str
    mode: JobMode
    priority: int = 0
    activated: int = 0
    """Grows with each activation: of two jobs with one priority the later one wins."""
    fixed: bool = False


class State:
    """The configuration that survives a restart, within the unit's limits."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self.limits = limits
        self.keeps_receivers = False
        """Whether receivers that were created for jobs outlive them, which they should not."""
        self.recordings: dict[str, Recording] = {}
        self.receivers: dict[str, Receiver] = {}
        self.jobs: dict[str, Job] = {}
        self._count = 0
        self._stored = b""

    @classmethod
    def load(cls, path: Path, limits: Limits) -> Self:
        """Read what an earlier run stored; empty where there was none.

        Raises:
            StateError: The file is not what this class writes.
        """
        state = cls(path, limits)
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            return state
        except ValueError:
            raise StateError(f"{path} is not JSON") from None
        try:
            state._revive(content)
        except (ValueError, TypeError, KeyError) as error:
            raise StateError(f"{path} is damaged: {type(error).__name__}") from None
        return state

    def set_up(self, channels: Mapping[int, ChannelConfig]) -> None:
        """Bring the unit's own channels up to date; the modes of known jobs stay as they are.

        Of a channel that is gone nothing is told any more; its files stay where they are.
        """
        fixed = {token for token, it in self.recordings.items() if it.fixed}
        for recording in fixed - {f"recording-channel-{number}" for number in channels}:
            for filler in list(self.jobs_of(recording)):
                del self.jobs[filler.token]
                self.receivers.pop(filler.receiver, None)
            del self.recordings[recording]
        for number, channel in channels.items():
            recording, receiver, job = (
                f"{kind}-channel-{number}" for kind in ("recording", "receiver", "job")
            )
            self.recordings[recording] = Recording(
                token=recording,
                labels=Labels(
                    source_id=f"urn:channel:{number}", name=channel.name, address=channel.uri
                ),
                fixed=True,
            )
            self.receivers[receiver] = Receiver(
                token=receiver,
                uri=channel.uri,
                username=channel.username,
                password=channel.password,
            )
            if job not in self.jobs:
                self.jobs[job] = Job(
                    token=job,
                    recording=recording,
                    receiver=receiver,
                    mode=JobMode.ACTIVE,
                    activated=self.number(),
                    fixed=True,
                )

    def number(self) -> int:
        """Return a number that was never given before."""
        self._count += 1
        return self._count

    def add_recording(self, labels: Labels) -> Recording:
        """Make a recording; a fault where there are too many."""
        if len(self.recordings) >= self.limits.recordings:
            raise full("MaxRecordings", f"This unit holds {self.limits.recordings} recordings")
        recording = Recording(token=f"recording-{self.number()}", labels=labels)
        self.recordings[recording.token] = recording
        return recording

    def add_receiver(self, *, automatic: bool = False) -> Receiver:
        """Make a receiver without an address; a fault where there are too many."""
        if len(self.receivers) >= self.limits.receivers:
            raise full("MaxReceivers", f"This unit holds {self.limits.receivers} receivers")
        receiver = Receiver(token=f"receiver-{self.number()}", automatic=automatic)
        self.receivers[receiver.token] = receiver
        return receiver

    def check_room_for_job(self) -> None:
        """Raise the fault of a recording job too many."""
        if len(self.jobs) >= self.limits.jobs:
            raise full("MaxRecordingJobs", f"This unit holds {self.limits.jobs} recording jobs")

    def jobs_of(self, recording: str) -> Iterator[Job]:
        """Return the jobs of a recording."""
        return (job for job in self.jobs.values() if job.recording == recording)

    def ruling_job(self, recording: str) -> Job | None:
        """Return the one active job whose data goes into the recording.

        The highest priority wins, then the last activated (onvif.xsd, `Priority`).
        """
        active = (job for job in self.jobs_of(recording) if job.mode is JobMode.ACTIVE)
        return max(active, key=lambda job: (job.priority, job.activated), default=None)

    def drop_unused_receivers(self) -> None:
        """Delete the receivers that were created for jobs and that no job uses any more."""
        if self.keeps_receivers:
            return
        used = {job.receiver for job in self.jobs.values()}
        for receiver in list(self.receivers.values()):
            if receiver.automatic and receiver.token not in used:
                del self.receivers[receiver.token]

    def _revive(self, content: dict[str, Any]) -> None:
        for values in content["recordings"]:
            labels = Labels(**values.pop("labels"))
            self.recordings[values["token"]] = Recording(labels=labels, **values)
        for values in content["receivers"]:
            mode = ReceiverMode(values.pop("mode"))
            self.receivers[values["token"]] = Receiver(mode=mode, **values)
        for values in content["jobs"]:
            told = JobMode(values.pop("mode"))
            self.jobs[values["token"]] = Job(mode=told, **values)
        self._count = content["count"]

    def dump(self) -> bytes:
        """Return all of it as `store` puts it on disk."""
        content = {
            "recordings": [asdict(entry) for entry in self.recordings.values()],
            "receivers": [asdict(entry) for entry in self.receivers.values()],
            "jobs": [asdict(entry) for entry in self.jobs.values()],
            "count": self._count,
        }
        return json.dumps(content, indent=1).encode()

    def store(self, dumped: bytes) -> None:
        """Put a dump on disk, unless it is there already; blocks, and may run in a thread."""
        if dumped != self._stored:
            _replace(self._path, dumped)
            self._stored = dumped


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
