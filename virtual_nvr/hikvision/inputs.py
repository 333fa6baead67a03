"""The channels of the recorder: which camera is on each, and what is to be recorded of it.

They are kept in a file of their own; the recordings and jobs of the recorder beneath follow them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from ..nvr.config import ChannelConfig
from ..nvr.state import JobMode, State
from .firmware import HikvisionFirmware

CUSTOM = "CUSTOM"
"""Begins the name of each custom protocol; their numbers follow."""
PROTOCOLS = ("HIKVISION", "ONVIF")
_STREAM = "/stream"
"""Where cameras show what they show: what a recorder learns from them in other protocols."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """A custom protocol: the RTSP stream that cameras of one kind have."""

    name: str
    port: int = 554
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A camera on a channel."""

    name: str = ""
    protocol: str = "HIKVISION"
    address: str = ""
    port: int = 8000
    source: int = 1
    """Which of the camera's own inputs."""
    username: str = "admin"
    password: str = field(default="", repr=False)
    own: bool = False
    """Whether the recorder has had it from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What is recorded of a channel: by its schedule, or by hand."""

    enable: bool = False
    schedule: str = ""
    """The XML in which a client wrote it, empty for all day long."""
    manual: bool = False


class Inputs:
    """All channels, numbered from 1."""

    def __init__(self, path: Path, count: int, firmware: HikvisionFirmware) -> None:
        """Read what an earlier run stored; empty where there was none."""
        self.count = count
        self.inputs: dict[int, Input] = {}
        self.tracks: dict[int, Track] = {}
        self.customs = {
            number: Custom(name=f"Custom {number}")
            for number in range(1, firmware.custom_protocols + 1)
        }
        self._path = path
        self._firmware = firmware
        self.is_new = not path.exists()
        if not self.is_new:
            stored = json.loads(path.read_text())
            self.inputs = {int(key): Input(**it) for key, it in stored["inputs"].items()}
            self.tracks = {int(key): Track(**it) for key, it in stored["tracks"].items()}
            self.customs |= {int(key): Custom(**it) for key, it in stored["customs"].items()}

    @property
    def free(self) -> list[int]:
        """The channels without a camera."""
        return [it for it in range(1, self.count + 1) if it not in self.inputs]

    def take_over(self, channels: Mapping[int, ChannelConfig]) -> None:
        """Have the recorder's own cameras; those that clients have added stay."""
        for number in [it for it, camera in self.inputs.items() if camera.own]:
            if number not in channels:
                self.remove(number)
        for number, camera in channels.items():
            known = number in self.inputs
            self.inputs[number] = self._input_of(camera)
            if not known:
                self.tracks[number] = Track(enable=True)

    def add(self, number: int, camera: Input) -> None:
        """Put a camera onto a channel."""
        self.inputs[number] = camera
        self.tracks[number] = Track(enable=self._firmware.records_new_cameras)

    def remove(self, number: int) -> None:
        """Take a camera off its channel."""
        del self.inputs[number]
        self.tracks.pop(number, None)

    def is_recorded(self, number: int) -> bool:
        """Whether a channel is to be recorded now."""
        track = self.tracks.get(number, Track())
        return track.enable or track.manual

    def apply(self, state: State) -> None:
        """Have the recorder beneath record what it should."""
        state.set_up({number: self._channel(it) for number, it in self.inputs.items()})
        for number in self.inputs:
            wanted = JobMode.ACTIVE if self.is_recorded(number) else JobMode.IDLE
            state.jobs[f"job-channel-{number}"].mode = wanted

    def store(self) -> None:
        """Put them on disk, whole or not at all."""
        content = {
            name: {number: asdict(it) for number, it in table.items()}
            for name, table in (
                ("inputs", self.inputs),
                ("tracks", self.tracks),
                ("customs", self.customs),
            )
        }
        partial = self._path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
        partial.replace(self._path)

    def custom_of(self, protocol: str) -> Custom | None:
        """Return the custom protocol of a name, None where it is another one."""
        digits = protocol.removeprefix(CUSTOM)
        return self.customs.get(int(digits)) if digits.isdecimal() else None

    def uri(self, camera: Input) -> str:
        """Return where a camera's stream is, as the recorder learns it."""
        custom = self.custom_of(camera.protocol)
        if custom is not None:
            return f"rtsp://{camera.address}:{custom.port}{custom.path}"
        return f"rtsp://{camera.address}:{self._firmware.camera_rtsp_port}{_STREAM}"

    def is_rejected(self, camera: Input) -> bool:
        """Whether a camera does not let the recorder in."""
        return not camera.password or camera.protocol == self._firmware.rejected_protocol

    def _channel(self, camera: Input) -> ChannelConfig:
        return ChannelConfig(
            name=camera.name,
            uri=self.uri(camera),
            username=camera.username,
            password="" if self.is_rejected(camera) else camera.password,
        )

    def _input_of(self, camera: ChannelConfig) -> Input:
        """Return a camera that the recorder has had from the beginning, by its stream."""
        parts = urlsplit(camera.uri)
        port, path = parts.port or 554, parts.path
        wanted = {(port, path), (554, "")}
        number, custom = next(
            (number, it) for number, it in self.customs.items() if (it.port, it.path) in wanted
        )
        self.customs[number] = replace(custom, port=port, path=path)
        return Input(
            name=camera.name,
            protocol=f"{CUSTOM}{number}",
            address=parts.hostname or "",
            port=port,
            username=camera.username,
            password=camera.password,
            own=True,
        )


def recording_of(number: int) -> str:
    """Return the token of a channel's recording beneath."""
    return f"recording-channel-{number}"
