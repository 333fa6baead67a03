"""What a virtual recorder is told when it starts: one JSON file that only its owner may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
import json
from pathlib import Path
import stat
from typing import Any
from urllib.parse import urlsplit

from ..dahua.firmware import DahuaFirmware
from ..hikvision.firmware import HikvisionFirmware

_FORBIDDEN_MODE = stat.S_IRWXG | stat.S_IRWXO


class ConfigError(Exception):
    """The configuration can't be used; the text says why and holds no secret."""


class Auth(StrEnum):
    """How clients may prove who they are (ONVIF Core, "Authentication")."""

    DIGEST = "digest"
    """HTTP Digest."""
    WSSE = "wsse"
    """WS-UsernameToken."""
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """A camera that the unit records from its first start on."""

    name: str
    uri: str
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse what would show a password to whoever asks for the address."""
        if "@" in urlsplit(self.uri).netloc:
            raise ConfigError("uri must not hold credentials: username and password do")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the unit holds; announced, and kept but for the rates."""

    recordings: int = 16
    jobs: int = 16
    receivers: int = 16
    camera_rate: int = 0
    """Kilobits per second of one camera; 0 is not announced."""
    total_rate: int = 0
    """Kilobits per second of all cameras together; 0 is not announced."""
    pull_points: int = 8
    """Clients that may wait for events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """After so many wrong passwords in a row the account is closed for a while."""

    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NvrConfig:
    """A virtual recorder."""

    name: str
    serial: str
    host: str
    """Its own address, such as 127.0.0.11."""
    username: str
    password: str = field(repr=False)
    folder: Path
    """Holds its recordings and what else must survive a restart."""
    http_port: int = 8000
    discovery_port: int = 0
    """Where it answers WS-Discovery, 3702 as a rule; 0 where it can't be found."""
    https: bool = False
    """Whether it speaks HTTPS there, by a certificate that it makes for itself."""
    rtsp_port: int = 8554
    channels: tuple[ChannelConfig, ...] = ()
    limits: Limits = field(default_factory=Limits)
    auth: Auth = Auth.BOTH
    lockout: Lockout | None = None
    dynamic_recordings: bool = True
    """Whether clients may create and delete recordings."""
    receiver: bool = True
    """Whether it has the Receiver service, and so tells where its cameras are."""
    push_url: str = field(default="", repr=False)
    """Where it tells that it lives, if anywhere; who knows the address can speak for it."""
    push_seconds: float = 5.0
    """Between two of these heartbeats."""
    keeps_receivers: bool = False
    """Whether receivers that were made for jobs outlive them, as they should not."""
    dahua: DahuaFirmware | None = None
    """Speaks as recorders of Dahua do, with this firmware; None if it does not."""
    hikvision: HikvisionFirmware | None = None
    """Speaks as recorders of Hikvision do, with this firmware; None if it does not."""
    manufacturer: str = "NVR Hot Spare"
    model: str = "Virtual NVR"
    firmware: str = "1.0"


_PARTS: Mapping[str, type[Any]] = {
    "limits": Limits,
    "lockout": Lockout,
    "dahua": DahuaFirmware,
    "hikvision": HikvisionFirmware,
}
"""What is an object of its own within a configuration."""


def load(path: Path) -> NvrConfig:
    """Read a configuration file.

    Raises:
        ConfigError: The file can't be read, others than its owner may read it, or it is wrong.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(path.stat().st_mode) & _FORBIDDEN_MODE:
                raise ConfigError(f"{path} holds passwords: make it readable by you alone (0600)")
            content = json.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{path} is not JSON") from None
    try:
        return parse(content)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse(content: object) -> NvrConfig:
    """Check a configuration as it stands in the file.

    Raises:
        ConfigError: Something is missing, unknown or of the wrong kind.
    """
    values = _object(content, "the configuration")
    channels = values.get("channels", [])
    if not isinstance(channels, list):
        raise ConfigError("channels is not a list")
    made: dict[str, Any] = {
        "channels": tuple(
            _make(ChannelConfig, entry, f"channel {number}")
            for number, entry in enumerate(channels, start=1)
        )
    }
    for key, part in _PARTS.items():
        if values.get(key) is not None:
            made[key] = _make(part, values[key], key)
    if "auth" in values:
        try:
            made["auth"] = Auth(values["auth"])
        except ValueError:
            raise ConfigError("auth is none of " + ", ".join(Auth)) from None
    if isinstance(values.get("folder"), str):
        made["folder"] = Path(values["folder"])
    config = _make(NvrConfig, {**values, **made}, "the configuration")
    for kind in ("recordings", "jobs", "receivers"):
        if getattr(config.limits, kind) < len(config.channels):
            raise ConfigError(f"more channels than the limit of {kind}")
    return config


def _object(content: object, what: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{what} is not an object")
    return content


def _make[T](kind: type[T], content: object, what: str) -> T:
    """Make a dataclass of a JSON object whose simple values must have the declared types."""
    values = _object(content, what)
    declared = {entry.name: entry.type for entry in fields(kind)}  # type: ignore[arg-type]
    if unknown := values.keys() - declared.keys():
        raise ConfigError(f"{what} has an unknown entry: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        wanted = declared[name]
        allowed = (int, float) if wanted is float else wanted
        if wanted in {str, int, float, bool, Path} and (
            not isinstance(value, allowed)  # type: ignore[arg-type]
            or (isinstance(value, bool) and wanted is not bool)
        ):
            raise ConfigError(f"{what}: {name} is of the wrong kind")
    try:
        return kind(**values)
    except TypeError:
        raise ConfigError(f"{what}: an entry is missing") from None
