"""What is said about footage that is given back."""

from dataclasses import dataclass, field
from enum import StrEnum

from ..errors import RecorderError
from ..spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Where another recorder plays back what it has recorded of one camera.

    As ONVIF has it (Replay Control), or where `times` is set as vendors do, whose addresses say
    from when to when.
    """

    uri: str
    """With {start} and {end} in it where `times` is set."""
    username: str = ""
    password: str = field(default="", repr=False)
    ahead: int = 0
    """Nanoseconds by which its clock is ahead of ours, and so the times of its footage."""
    fingerprint: str = ""
    """Of its certificate, where it is an rtsps:// URI."""
    times: str = ""
    """How an address has a time, in the form of strftime; in whole seconds."""
    zone: int = 0
    """Nanoseconds by which times in addresses are ahead of UTC, and so what its clock shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a recorder looks for its footage of one camera."""

    folder: str
    """Its recordings, as this machine sees them. It has to be there, and is never made."""
    template: str
    """The path of a recording in it; `naming` says of what it consists."""
    zone: str = "UTC"
    """The time zone (IANA) that the recorder names its files in."""
    channel: int
    name: str = ""
    """What the recorder calls the camera, for templates that have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What there is of a channel within a stretch of time."""

    spans: tuple[Span, ...] = ()
    unknown: tuple[str, ...] = ()
    """Files that may hold more, but can't be read: paths in the folder."""


class TransferState(StrEnum):
    """How far footage has been given back."""

    WAITING = "waiting"
    """For others to end, or to be tried again."""
    COPYING = "copying"
    VERIFYING = "verifying"
    DONE = "done"
    """All that the spare holds and that can be read is there, proven by reading it again."""
    FAILED = "failed"
    """Nothing goes on until it is asked for again."""


class TransferProblem(StrEnum):
    """Why footage can't be given back, or not all of it."""

    FOLDER_GONE = "folder_gone"
    """It is not there, or is not the one that was set up: a network share that is away."""
    FOLDER_FULL = "folder_full"
    FOLDER_READ_ONLY = "folder_read_only"
    FOLDER_DENIED = "folder_denied"
    FOLDER_FAILED = "folder_failed"
    """Its disk fails in another way."""
    NAME_INVALID = "name_invalid"
    """The template does not give a name, or gives it to several channels."""
    NAME_TAKEN = "name_taken"
    SOURCE_UNREACHABLE = "source_unreachable"
    SOURCE_REJECTED = "source_rejected"
    SOURCE_UNSUPPORTED = "source_unsupported"
    SOURCE_LOST = "source_lost"
    """It went away while it was read."""
    SOURCE_DAMAGED = "source_damaged"
    """Some of what it holds can't be read. All else is given."""
    NOT_VERIFIED = "not_verified"
    """What was written is not what was read, twice."""
    ENGINE_FAILED = "engine_failed"
    """Its own disk, where it notes what it has done, or itself."""


class TransferError(RecorderError):
    """Footage can't be given back; the text is a sentence without secrets."""

    def __init__(self, problem: TransferProblem, text: str) -> None:
        """Say what is wrong, in one word and in a sentence."""
        super().__init__(text)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """How it stands about one job; what an earlier engine has done for it counts."""

    channel: str
    state: TransferState = TransferState.WAITING
    problem: TransferProblem | None = None
    error: str = ""
    """The problem in a sentence without secrets."""
    seconds: float = 0.0
    """Of footage that are to be given, as far as it is known."""
    seconds_done: float = 0.0
    """Given and verified."""
    bytes: int = 0
    """Given and verified."""
    frames: int = 0
    """Of video, given and verified."""
    overlap_frames: int = 0
    """Of these, those that stand beside the gaps: the rest of their groups of pictures."""
    playing_time: float = 0.0
    """Seconds that all these frames last."""
    clips: int = 0
    """Files given and verified."""
    missing: tuple[Span, ...] = ()
    """What of the gaps the spare does not hold, or nobody can read. Of very many the closest
    ones are told as one."""

    @property
    def active(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state not in {TransferState.DONE, TransferState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is found out about a folder before anything is given."""

    problem: TransferProblem | None = None
    """Why it is of no use."""
    error: str = ""
    """The same in a sentence."""
    free: int = 0
    """Bytes."""
    total: int = 0
    links: bool = True
    """Whether a file system keeps, at a new name, from taking the place of another file."""
    recognised: int = 0
    """Recordings of the last day whose names the template explains."""
    newest: int | None = None
    """When the newest of those recognised begins: nanoseconds since 1970 UTC."""
