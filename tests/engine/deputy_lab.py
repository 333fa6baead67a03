"""An engine in its process, a virtual recorder in its charge, and managers that come and go."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import time
from typing import cast

from custom_components.nvr_hotspare.engine.standing import (
    CameraOrders,
    DeviceOrders,
    StandingOrders,
    as_plain,
)
from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.events import Configured
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import Channel, Spare, Timing, WorkingDevice
from custom_components.nvr_hotspare.failover.state import State
from custom_components.nvr_hotspare.nvr.engine_places import channel_of
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Place
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.messages import (
    RESUME,
    Appoint,
    Configure,
    Provision,
    Resumed,
)
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.plain import Plain
from tests.recorder.engine_lab import ROOMY, EngineLab, until
from tests.virtual_nvr.nvr_lab import CAMERA_PASSWORD
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import NvrConfig

ENGINE = "engine-1"
QUICK = Timing(
    interval=0.5,
    window=6.0,
    refused_window=1.5,
    boot_grace=3.0,
    retry=1.0,
    return_beats=2,
    overlap=0.5,
    suspect_pace=0.25,
    calm_watch=0.5,
    busy_watch=0.25,
)


def standing_orders(nvr: NvrConfig, camera: VirtualCamera, silence: float = 1.0) -> StandingOrders:
    """Return what a manager would say that protects one recorder with one camera."""
    unit = nvr.serial
    source = Source(uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)
    place = Place(key=f"{unit}/1", name="Gate", source=source)
    orders = StandingOrders(
        seq=1,
        spare=Spare(unit=ENGINE, capacity=4, local=True),
        devices=(
            DeviceOrders(
                title=nvr.name,
                device=WorkingDevice(unit=unit, channels=(Channel(number=1),)),
                endpoint=Endpoint(host=nvr.host, port=nvr.http_port),
                credentials=Credentials(username=nvr.username, password=nvr.password),
                cameras=(CameraOrders(channel=1, place=place),),
            ),
        ),
        timing=QUICK,
        silence=silence,
    )
    state, _ = step(State(), Configured(orders.group), time.time())
    return with_journal(orders, 1, cast("dict[str, Plain]", journal.dump(state)))


def with_journal(orders: StandingOrders, seq: int, entries: dict[str, Plain]) -> StandingOrders:
    """Return the same orders after a transition."""
    return StandingOrders(
        seq=seq,
        spare=orders.spare,
        devices=orders.devices,
        timing=orders.timing,
        silence=orders.silence,
        journal=entries,
    )


def channel(orders: StandingOrders) -> str:
    """Return what the engine calls the camera."""
    (place,) = orders.places.values()
    return channel_of(place.key)


@asynccontextmanager
async def onlooker(lab: EngineLab) -> AsyncIterator[EngineClient]:
    """Talk to the engine without commanding it."""
    client = await EngineClient.connect(lab.socket, "0", lab.reports.append, (RESUME,))
    try:
        yield client
    finally:
        await client.close()


async def appoint(client: EngineClient, orders: StandingOrders) -> None:
    """Give standing orders."""
    await client.request(Appoint(orders=as_plain(orders), seq=orders.seq))


async def manage(lab: EngineLab, orders: StandingOrders) -> None:
    """Come, command, give standing orders, and disappear."""
    async with onlooker(lab) as client:
        await client.resume()
        await client.request(Configure(settings=ROOMY))
        (place,) = orders.places.values()
        await client.request(Provision(sources={channel(orders): place.source}))
        await until(client, lambda report: report.channels[channel(orders)].ring > 0)
        await appoint(client, orders)


async def until_recorded(lab: EngineLab, orders: StandingOrders, *, recorded: bool) -> None:
    """Wait until the engine records the camera, or does so no more."""
    async with onlooker(lab) as client:
        while True:
            found = (await client.status()).channels.get(channel(orders))
            if recorded and found and found.state is ChannelState.RECORDING:
                return
            if not recorded and found and not found.recorded:
                return
            await asyncio.sleep(0.05)


async def until_said(lab: EngineLab, happening: str) -> None:
    """Wait until the engine has saved that it announced something."""
    said, record = f'"happening": "{happening}"', lab.state / "away.json"
    await eventually(lambda: record.exists() and said in record.read_text())


def happenings(resumed: Resumed) -> list[Plain]:
    """Return what was announced."""
    return [it["happening"] for it in resumed.announcements]


async def eventually(check: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own time limit ends what never will be."""
    while not check():  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0.05)


def on_duty(engine: Process) -> list[int]:
    """The processes of an engine's deputy."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            is_one = b"engine/__main__.py\0duty\0" in (entry / "cmdline").read_bytes()
            if is_one and f"\nPPid:\t{engine.pid}\n" in (entry / "status").read_text():
                found.append(int(entry.name))
    return found


def runs(process: int) -> bool:
    """Whether a process has not ended yet."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
