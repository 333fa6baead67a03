"""A site with two engines, each on a host of its own, as the spares of one group."""

from collections.abc import AsyncGenerator, Mapping, Sequence
import contextlib
from dataclasses import dataclass
from pathlib import Path

from scripts.lab import engines, integration, site, switching
from scripts.lab.engines import Engine
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.integration import SpareEntities
from scripts.lab.namespaces import DYING_WITH_US, Host
from scripts.lab.site import Plan
from scripts.lab.state_log import StateLog

from .scene import CAMERAS, HOME, Device, Scene, calm

_PORT = 8123
_READY = 180.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """All that takes part."""

    scene: Scene
    engines: Sequence[Engine]
    shown: Sequence[SpareEntities]


def plan_of(channels: int) -> Plan:
    """Return the plan of a site of two working devices with so many channels each."""
    return Plan(channels=channels, base="10.79", spare=False, stream="sub")


def capacities(plan: Plan) -> list[int]:
    """Return what each engine has room for: one device's cameras, and those of both."""
    return [plan.channels + 1, 2 * plan.channels]


def host_of(engine: int) -> str:
    """Return the name of the host of an engine."""
    return f"engine{engine + 1}"


def hosts_of(plan: Plan) -> dict[str, list[str]]:
    """Return the addresses of each host."""
    cameras = plan.working_devices * plan.channels
    hosts = {
        HOME: [f"{plan.network}.2"],
        CAMERAS: [f"{plan.network}.{101 + index}" for index in range(cameras)],
    }
    for index in range(plan.working_devices):
        hosts[f"nvr{index + 1}"] = [f"{plan.network}.{11 + index}"]
    for index in range(2):
        hosts[host_of(index)] = [f"{plan.network}.{31 + index}"]
    return hosts


@contextlib.asynccontextmanager
async def running(
    plan: Plan, hosts: Mapping[str, Host], folder: Path, seed: int
) -> AsyncGenerator[Stage]:
    """Have it all run; this process must be on the host of Home Assistant."""
    here = site.build(plan, folder / "site")
    here.cameras.within = hosts[CAMERAS].within
    for index, recorder in enumerate(here.working):
        recorder.program.within = hosts[f"nvr{index + 1}"].within
    async with contextlib.AsyncExitStack() as stack:
        switch = await stack.enter_async_context(switching.running(hosts, folder, seed))
        stack.push_async_callback(here.stop)
        await here.start()
        outposts = []
        for index, capacity in enumerate(capacities(plan)):
            name = host_of(index)
            (address,) = hosts[name].addresses
            engine = engines.build(name, address, folder / name, cameras=capacity)
            engine.program.within = hosts[name].within
            outposts.append(await stack.enter_async_context(engines.running(engine)))
        config = folder / "home-assistant"
        config.mkdir()
        home = HomeAssistant(config, _PORT)
        home.program.within = DYING_WITH_US
        stack.push_async_callback(home.stop)
        await home.start()
        entry_id = await integration.add_engine_group(home, outposts[0], "warm")
        await integration.add_engine(home, entry_id, outposts[1], "warm")
        devices = []
        for index, recorder in enumerate(here.working):
            await integration.add_working_device(home, entry_id, recorder, here.camera_password)
            shown = await integration.device_entities(home, recorder.serial)
            devices.append(Device(recorder=recorder, shown=shown, host=f"nvr{index + 1}"))
        log = StateLog(lambda _: None)
        await log.follow(home)
        await log.wait_for("all is well", lambda s: calm(devices, s), _READY)
        units = await home.call("config_entries/subentries/list", entry_id=entry_id)
        yield Stage(
            scene=Scene(devices=devices, home=home, log=log, switch=switch),
            engines=outposts,
            shown=[await integration.spare_entities(home, unit["unique_id"]) for unit in units[:2]],
        )
