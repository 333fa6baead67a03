"""The site of the demo and the tests: cameras, working NVRs and a spare, each on its address."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
import contextlib
from dataclasses import dataclass, field
import json
from pathlib import Path
import secrets

from .processes import Program, tell

CAMERA_PORT = 8554
USERNAME = "admin"
BRANDS = ("dahua", "hikvision")
"""Those that a virtual recorder can be of."""
_LOGIN = 2.0
"""Seconds that a recorder of a brand takes to log in to a camera."""
_SLOTS = 16
"""Channels of a spare of a brand."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large a site is to be, and where: on 127.0.`subnet`.0/24 if nothing else is said."""

    working_devices: int = 2
    channels: int = 4
    """Of each working device, and of the spare: enough for whichever device dies."""
    spare: bool = True
    """Whether a recorder stands by as the spare."""
    subnet: int = 0
    base: str = "127.0"
    places: int = 0
    """How many cameras the spare records at a time; 0 for those of one device."""
    stream: str = "main"
    """What the cameras send."""
    spare_brand: str = ""
    """Whose API the spare speaks, one of `BRANDS`; none for ONVIF alone."""
    working_brand: str = ""
    """The same of the working devices."""

    @property
    def network(self) -> str:
        """The first three numbers of all addresses."""
        return f"{self.base}.{self.subnet}"

    @property
    def spare_host(self) -> str:
        """Where the spare is: at 20, or after the last of many devices."""
        return f"{self.network}.{max(20, 11 + self.working_devices)}"

    def gop(self, camera: int) -> int:
        """Return the frames from key frame to key frame of a camera: of the last one, of 4 s."""
        return 100 if camera == self.working_devices * self.channels else 25


@dataclass(kw_only=True)
class Recorder:
    """One virtual NVR and what it takes to add it."""

    name: str
    serial: str
    host: str
    port: int
    password: str = field(repr=False)
    folder: Path
    cameras: Sequence[str] = ()
    """The names of the cameras it records, in the order of its channels."""
    program: Program
    control: Path
    """Socket for commands to it."""


@dataclass(kw_only=True)
class Site:
    """Everything but Home Assistant."""

    plan: Plan
    cameras: Program
    camera_password: str = field(repr=False)
    control: Path
    working: list[Recorder]
    spare: Recorder

    async def start(self) -> None:
        """Start everything; returns when all of it is ready."""
        await self.cameras.start_and_wait()
        await asyncio.gather(*(each.program.start_and_wait() for each in self._recorders()))

    async def stop(self) -> None:
        """Stop everything."""
        programs = [*(each.program for each in self._recorders()), self.cameras]
        await asyncio.gather(*(program.stop() for program in programs))

    def _recorders(self) -> list[Recorder]:
        return [*self.working, self.spare] if self.plan.spare else self.working

    async def tell_cameras(self, command: str) -> None:
        """Have a camera freeze, drop or be restored, such as `freeze 3`."""
        await tell(self.control, command)


def build(plan: Plan, folder: Path) -> Site:
    """Write all that the programs of a site are told when they start."""
    folder.mkdir(parents=True)
    network = plan.network
    count = plan.working_devices * plan.channels
    camera_password = secrets.token_urlsafe(12)
    credentials = _write_private(
        folder / "cameras.json", {"username": USERNAME, "password": camera_password}
    )
    control = folder / "cameras.sock"
    arguments = ["-m", "virtual_nvr", "cameras", "--count", str(count)]
    arguments += ["--first-address", f"{network}.101", "--port", str(CAMERA_PORT)]
    arguments += ["--credentials", str(credentials), "--control", str(control)]
    arguments += ["--long-gop", str(count), "--stream", plan.stream]
    cameras = Program("cameras", arguments, folder / "cameras.log")
    working = []
    for index in range(plan.working_devices):
        first = index * plan.channels + 1
        channels = [
            {
                "name": f"Camera {number}",
                "uri": f"rtsp://{network}.{100 + number}:{CAMERA_PORT}/stream",
                "username": USERNAME,
                "password": camera_password,
            }
            for number in range(first, first + plan.channels)
        ]
        config = {
            "serial": f"VN{plan.subnet:03}{index + 1:04}",
            "host": f"{network}.{11 + index}",
            "channels": channels,
            **_brand(plan.working_brand),
        }
        working.append(_recorder(f"NVR {index + 1}", folder / f"nvr{index + 1}", config))
    # A camera's recording stays on the spare while its place serves another: recordings outnumber
    # what can be recorded at the same time.
    places = plan.places or plan.channels
    limits = {"recordings": 64, "jobs": places, "receivers": places}
    if plan.spare_brand:  # footage stays with its channel
        limits = dict.fromkeys(limits, _SLOTS)
    spare = _recorder(
        "Spare",
        folder / "spare",
        {
            "serial": f"VN{plan.subnet:03}9999",
            "host": plan.spare_host,
            "limits": limits,
            **_brand(plan.spare_brand),
        },
    )
    return Site(
        plan=plan,
        cameras=cameras,
        camera_password=camera_password,
        control=control,
        working=working,
        spare=spare,
    )


@contextlib.asynccontextmanager
async def running(plan: Plan, folder: Path) -> AsyncGenerator[Site]:
    """A site for as long as the block runs."""
    site = build(plan, folder)
    try:
        await site.start()
        yield site
    finally:
        await site.stop()


def _brand(brand: str) -> dict[str, object]:
    """Return what a recorder of a brand is told."""
    return {brand: {"login_seconds": _LOGIN}, "manufacturer": brand.title()} if brand else {}


def _recorder(name: str, folder: Path, config: Mapping[str, object]) -> Recorder:
    folder.mkdir()
    password = secrets.token_urlsafe(12)
    port = 8000
    content = {
        "name": name,
        "username": USERNAME,
        "password": password,
        "folder": str(folder / "recordings"),
        "http_port": port,
        **config,
    }
    path = _write_private(folder / "nvr.json", content)
    control = folder / "control"
    arguments = ["-m", "virtual_nvr", "nvr", "--config", str(path), "--control", str(control)]
    channels = config.get("channels", [])
    assert isinstance(channels, list)
    return Recorder(
        name=name,
        serial=str(config["serial"]),
        host=str(config["host"]),
        port=port,
        password=password,
        folder=folder / "recordings",
        cameras=[str(channel["name"]) for channel in channels],
        program=Program(name, arguments, folder / "nvr.log"),
        control=control,
    )


def _write_private(path: Path, content: dict[str, object]) -> Path:
    path.touch(0o600)
    path.write_text(json.dumps(content))
    return path
