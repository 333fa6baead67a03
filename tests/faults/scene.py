"""A site of which every recorder is on a host of its own, and Home Assistant on another."""

from collections.abc import AsyncGenerator, Mapping, Sequence
import contextlib
from dataclasses import dataclass
from pathlib import Path

from scripts.lab import integration, site, switching
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.integration import DeviceEntities
from scripts.lab.namespaces import DYING_WITH_US, Host
from scripts.lab.processes import Program, tell
from scripts.lab.site import Plan, Recorder, Site
from scripts.lab.state_log import StateLog

HOME, NAMES, CAMERAS, SPARE = "home", "names", "cameras", "spare"
"""Hosts beside the recorders'."""
_PORT = 8123
_MOST = 30
"""Devices for which there are addresses between the others'."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A working NVR, and what Home Assistant shows of it."""

    recorder: Recorder
    shown: DeviceEntities
    host: str

    def is_well(self, states: Mapping[str, str]) -> bool:
        """Tell whether nothing is left of an outage."""
        return (
            states[self.shown.connection] == "on"
            and states[self.shown.working_status] == "recording"
        )


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that takes part."""

    devices: Sequence[Device]
    """The last one is known to Home Assistant by its name, the others by their address."""
    home: HomeAssistant
    log: StateLog
    switch: Path

    async def tell(self, command: str) -> None:
        """Make a cable bad, or good again."""
        await tell(self.switch, command)


def plan_of(devices: int) -> Plan:
    """Return the plan of a site of so many working devices, with a camera each."""
    if devices > _MOST:
        raise ValueError(f"there are addresses for {_MOST} devices only")
    return Plan(
        working_devices=devices,
        channels=1,
        base="10.77",
        places=devices,
        stream="sub",
    )


def hosts_of(plan: Plan) -> dict[str, list[str]]:
    """Return the addresses of each host."""
    hosts = {
        HOME: [f"{plan.network}.2"],
        NAMES: [f"{plan.network}.53"],
        SPARE: [plan.spare_host],
        CAMERAS: [f"{plan.network}.{101 + index}" for index in range(plan.working_devices)],
    }
    for index in range(plan.working_devices):
        hosts[f"nvr{index + 1}"] = [f"{plan.network}.{11 + index}"]
    return hosts


@contextlib.asynccontextmanager
async def running(
    plan: Plan, hosts: Mapping[str, Host], folder: Path, seed: int
) -> AsyncGenerator[Scene]:
    """Have it all run; this process must be on the host of Home Assistant."""
    here = site.build(plan, folder / "site")
    here.cameras.within = hosts[CAMERAS].within
    here.spare.program.within = hosts[SPARE].within
    for index, recorder in enumerate(here.working):
        recorder.program.within = hosts[f"nvr{index + 1}"].within
    async with contextlib.AsyncExitStack() as stack:
        switch = await stack.enter_async_context(switching.running(hosts, folder, seed))
        stack.push_async_callback(here.stop)
        await here.start()
        await stack.enter_async_context(_name_server(here, hosts[NAMES], folder))
        config = folder / "home-assistant"
        config.mkdir()
        home = HomeAssistant(config, _PORT)
        home.program.within = DYING_WITH_US
        stack.push_async_callback(home.stop)
        await home.start()
        log = StateLog(lambda _: None)
        devices = await _set_up(home, here)
        await log.follow(home)
        await log.wait_for("all is well", lambda s: calm(devices, s), 180)
        yield Scene(devices=devices, home=home, log=log, switch=switch)


@contextlib.asynccontextmanager
async def _name_server(here: Site, host: Host, folder: Path) -> AsyncGenerator[None]:
    """Give the last device a name."""
    last = here.working[-1]
    name = f"{last.name.replace(' ', '').lower()}.test"
    arguments = ["-m", "scripts.lab.names", "--address", host.addresses[0]]
    server = Program("names", [*arguments, f"{name}={last.host}"], folder / "names.log")
    server.within = host.within
    last.host = name
    try:
        await server.start_and_wait()
        yield
    finally:
        await server.stop()


async def _set_up(home: HomeAssistant, here: Site) -> list[Device]:
    entry_id = await integration.add_group(home, here.spare)
    for device in here.working:
        await integration.add_working_device(
            home, entry_id, device, here.camera_password, keep=True
        )
    return [
        Device(
            recorder=device,
            shown=await integration.device_entities(home, device.serial),
            host=f"nvr{index}",
        )
        for index, device in enumerate(here.working, start=1)
    ]


def calm(devices: Sequence[Device], states: Mapping[str, str]) -> bool:
    """Tell whether all is well, and a spare ready for each device."""
    return all(
        device.is_well(states) and states[device.shown.spare_ready] == "on" for device in devices
    )
