"""The channels of the recorder: which camera is on each, and what is to be recorded of it.

They are kept in a file of their own; the recordings and jobs of the recorder beneath follow them.
Footage belongs to the channel: a camera that comes onto it next goes on in the same timeline.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
import json
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from ..nvr.config import ChannelConfig
from ..nvr.state import JobMode, State

UNUSED = "192.168.0.0"
"""The address of a channel that has no camera."""
_STREAM = "/stream"
"""Where cameras show what they show: what a recorder learns from them in other protocols."""


class RecordMode(IntEnum):
    """What is recorded of a channel."""

    AUTO = 0
    """What its schedule says."""
    MANUAL = 1
    """Everything."""
    STOP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One channel."""

    address: str = UNUSED
    enable: bool = False
    protocol: str = "Private"
    port: int = 37777
    http_port: int = 80
    rtsp_port: int = 554
    username: str = "admin"
    password: str = field(default="", repr=False)
    name: str = ""
    """What the table of cameras calls it."""
    main_url: str = field(default="", repr=False)
    """With General only; clients may write credentials into it."""
    extra_url: str = field(default="", repr=False)
    title: str = ""
    """What people see."""
    mode: RecordMode = RecordMode.AUTO
    schedule: str = "1 00:00:00-24:00:00"
    """Of each day: a mask of what is recorded (1 is everything, 2 motion), and when."""

    @property
    def channel(self) -> ChannelConfig:
        """What the recorder beneath is to record."""
        parts = urlsplit(self.main_url) if self.protocol == "General" else None
        if parts is not None:
            uri = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        else:
            uri = f"rtsp://{self.address}:{self.rtsp_port}{_STREAM}"
        return ChannelConfig(
            name=self.title, uri=uri, username=self.username, password=self.password
        )


class Slots:
    """All channels, numbered from 0 as the recorder does itself."""

    def __init__(self, path: Path, count: int) -> None:
        """Read what an earlier run stored; empty where there was none."""
        self._path = path
        self._slots = {number: Slot(title=f"Channel {number + 1}") for number in range(count)}
        self.is_new = not path.exists()
        if not self.is_new:
            for number, values in json.loads(path.read_text()).items():
                mode = RecordMode(values.pop("mode"))
                self._slots[int(number)] = Slot(**values, mode=mode)

    @property
    def all(self) -> Mapping[int, Slot]:
        """The channels by number."""
        return self._slots

    def take_over(self, channels: Mapping[int, ChannelConfig]) -> None:
        """Have the recorder's own cameras, which count from 1; other channels stay."""
        for number, slot in self._slots.items():
            known = slot.enable and slot.name.startswith("own-")
            if number + 1 in channels:
                camera = channels[number + 1]
                self._slots[number] = replace(_slot_of(camera, number + 1), mode=slot.mode)
            elif known:
                self._slots[number] = Slot(title=f"Channel {number + 1}")

    def change(self, number: int, slot: Slot) -> None:
        """Put something else on a channel; LookupError where there is no such channel."""
        if number not in self._slots:
            raise LookupError(number)
        self._slots[number] = slot

    def apply(self, state: State) -> None:
        """Have the recorder beneath record what it should."""
        state.set_up({n + 1: slot.channel for n, slot in self._slots.items() if slot.enable})
        for number, slot in self._slots.items():
            if slot.enable:
                wanted = JobMode.IDLE if slot.mode is RecordMode.STOP else JobMode.ACTIVE
                state.jobs[f"job-channel-{number + 1}"].mode = wanted

    def store(self) -> None:
        """Put them on disk, whole or not at all."""
        partial = self._path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({number: asdict(slot) for number, slot in self._slots.items()}, file)
        partial.replace(self._path)


def recording_of(number: int) -> str:
    """Return the token of a channel's recording beneath."""
    return f"recording-channel-{number + 1}"


def _slot_of(camera: ChannelConfig, number: int) -> Slot:
    """Return the channel of a camera that the recorder has had from the beginning."""
    parts = urlsplit(camera.uri)
    account = f"{quote(camera.username, safe='')}:{quote(camera.password, safe='')}@"
    uri = parts._replace(netloc=(account if camera.username else "") + parts.netloc).geturl()
    return Slot(
        address=parts.hostname or UNUSED,
        enable=True,
        protocol="General",
        rtsp_port=parts.port or 554,
        username=camera.username,
        password=camera.password,
        name=f"own-{number}",
        main_url=uri,
        title=camera.name,
    )
