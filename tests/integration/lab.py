"""Recorders and cameras in software, and how a user adds them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
import random
import threading
from threading import Thread
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

from custom_components.nvr_hotspare.const import DOMAIN, SUBENTRY_UNIT
from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, PlaceState
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Codec
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits as SessionLimits
from virtual_nvr.cameras import CamerasConfig, VirtualCamera, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.nvr.config import ChannelConfig, Limits, NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr
from virtual_nvr.private import Credentials as CameraAccount

PASSWORD = "cellar-door"
CAMERA_PASSWORD = "p@ss:w/rd"
_SMALL = ClipFormat(width=320, height=192, bit_rate=200_000, gop=5)


def loopback_address() -> str:
    """Return an address that nobody else uses, so that every unit can have the usual ports."""
    return f"127.{random.randrange(16, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"


async def _end_the_rest() -> None:
    """End what still runs in this loop, as `asyncio.run` would: requests that are listened to."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class Lab:
    """Starts peers, and stops them all at its end.

    They live in an event loop of their own: they are no part of Home Assistant, and the many
    connections that break when one of them stops are none of its business.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache
        self._stack = AsyncExitStack()
        self._running: dict[str, AsyncExitStack] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="lab")

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for serial in tuple(self._running):
            await self.stop(serial)
        await self.do(self._stack.aclose())
        await self.do(_end_the_rest())
        await self.do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for thread in threading.enumerate():
            if thread.name.startswith("disk-"):  # told to end, which takes a busy machine a moment
                thread.join(timeout=10)

    async def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done where the peers live."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def cameras(
        self,
        count: int,
        *,
        sessions: int = 4,
        gop: int = 5,
        codec: Codec = Codec.H264,
        onvif_port: int = 0,
    ) -> list[VirtualCamera]:
        """Start cameras with the account viewer."""
        config = CamerasConfig(
            count=count,
            first_address=loopback_address(),
            limits=SessionLimits(sessions=sessions),
            format=replace(_SMALL, gop=gop, codec=codec),
            cache=self._cache,
            onvif_port=onvif_port,
        )
        account = CameraAccount("viewer", CAMERA_PASSWORD)
        cameras = await self.do(self._stack.enter_async_context(VirtualCameras(config, account)))
        return list(cameras.cameras.values())

    async def nvr(
        self, serial: str, cameras: Iterable[VirtualCamera] = (), **settings: Any
    ) -> VirtualNvr:
        """Start a recorder that records these cameras."""
        channels = tuple(
            ChannelConfig(
                name=f"Camera {camera.number}",
                uri=camera.uri,
                username="viewer",
                password=CAMERA_PASSWORD,
            )
            for camera in cameras
        )
        values: dict[str, Any] = {
            "name": serial,
            "serial": serial,
            "host": loopback_address(),
            "username": "admin",
            "password": PASSWORD,
            "folder": self._folder / serial,
            "channels": channels,
            "limits": Limits(recordings=4, jobs=4, receivers=4),
        }
        return await self.start(NvrConfig(**values | settings))

    async def start(self, config: NvrConfig) -> VirtualNvr:
        """Start a recorder, or start one again."""
        stack = self._running[config.serial] = AsyncExitStack()
        return await self.do(stack.enter_async_context(VirtualNvr(config)))

    async def stop(self, serial: str) -> None:
        """Stop a recorder: its host refuses from now on."""
        await self.do(self._running.pop(serial).aclose())

    async def web_server(self, host: str, port: int) -> None:
        """Start a web server that is no recorder."""

        async def page(_: web.Request) -> web.Response:
            return web.Response(text="<html>It works!</html>")

        async def start() -> None:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", page)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, host, port).start()
            self._stack.push_async_callback(runner.cleanup)

        await self.do(start())

    async def talker(self, host: str, port: int, answer: bytes) -> Callable[[], Awaitable[None]]:
        """Start a server that says one thing, if anything, to all; return what stops it."""

        class Talker(asyncio.Protocol):
            transport: asyncio.BaseTransport

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = transport

            def data_received(self, _: bytes) -> None:
                if answer and isinstance(self.transport, asyncio.WriteTransport):
                    self.transport.write(answer)

        async def start() -> asyncio.Server:
            return await self._loop.create_server(Talker, host, port)

        server = await self.do(start())

        async def close() -> None:
            server.close()
            server.close_clients()

        self._stack.push_async_callback(close)
        return lambda: self.do(close())


def unit_input(nvr: VirtualNvr, **changes: Any) -> dict[str, Any]:
    """Return what a user enters to reach a recorder."""
    config = nvr.config
    more = {"username": config.username, "port": config.http_port, "ssl": config.https}
    return {"host": config.host, "password": config.password, "more": more} | changes


def _reached(nvr: VirtualNvr) -> list[dict[str, Any]]:
    """Return all that a user enters to reach a recorder: what is found out of a make is said."""
    makes = {"hikvision": nvr.config.hikvision, "dahua": nvr.config.dahua}
    return [unit_input(nvr), *({"driver": make} for make, is_one in makes.items() if is_one)]


def channels_input(cameras: Iterable[VirtualCamera], **changes: Any) -> dict[str, Any]:
    """Return what a user enters for the cameras of a recorder that does not tell them."""
    return {
        "channels": [
            {"number": number, "name": f"Camera {camera.number}", "uri": camera.uri}
            for number, camera in enumerate(cameras, start=1)
        ],
        "account": {"username": "viewer", "password": CAMERA_PASSWORD},
    } | changes


def builtin_input(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return what a user enters to make Home Assistant the spare, which keeps old footage too."""
    return {"folder": str(folder), "space_limit": 1, "days": 0, "ring_seconds": 30} | changes


async def add_group(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    """Create a group as a user does."""
    return await _add_group(hass, {"next_step_id": "recorder"}, *_reached(spare))


async def add_builtin_group(hass: HomeAssistant, folder: Path, **changes: Any) -> ConfigEntry:
    """Create a group whose spare is Home Assistant itself, as a user does."""
    answers = [{"next_step_id": "builtin"}, builtin_input(folder, **changes)]
    return await _add_group(hass, *answers, {"next_step_id": "accept"})


async def _add_group(hass: HomeAssistant, *answers: dict[str, Any]) -> ConfigEntry:
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    for answer in answers:
        result = await flows.async_configure(result["flow_id"], answer)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: ConfigEntry = result["result"]
    return entry


async def add_device(
    hass: HomeAssistant,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    cameras: Iterable[VirtualCamera],
    *,
    covers_no_record: bool = False,
) -> None:
    """Add a working device as a user does."""
    flows = hass.config_entries.subentries
    flow = await flows.async_init((entry.entry_id, SUBENTRY_UNIT), context={"source": SOURCE_USER})
    result = await flows.async_configure(flow["flow_id"], {"next_step_id": "normal"})
    for answer in _reached(nvr):
        result = await flows.async_configure(flow["flow_id"], answer)
    assert result["step_id"] == "channels", result
    result = await flows.async_configure(flow["flow_id"], channels_input(cameras))
    assert result["step_id"] == "verdicts", result
    for answer in (
        {"next_step_id": "save"},
        {"covers_no_record": covers_no_record},
        {"next_step_id": "keep"},
    ):
        result = await flows.async_configure(flow["flow_id"], answer)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()


def entity_id(hass: HomeAssistant, platform: str, unit: VirtualNvr | str, key: str) -> str:
    """Return the entity of a recorder, or of the unit with this serial."""
    serial = unit if isinstance(unit, str) else unit.config.serial
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{serial}_{key}")
    assert found is not None
    return found


def device_id(hass: HomeAssistant, nvr: VirtualNvr) -> str:
    """Return the device of a recorder in the only group."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    identifier = (DOMAIN, nvr.config.serial)
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
    assert device is not None
    return device.id


def state(hass: HomeAssistant, platform: str, unit: VirtualNvr | str, key: str) -> str:
    """Return the state of an entity of a recorder, or of the unit with this serial."""
    found = hass.states.get(entity_id(hass, platform, unit, key))
    assert found is not None
    return found.state


def issues(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return what people are told to put right."""
    return [it for (domain, _), it in ir.async_get(hass).issues.items() if domain == DOMAIN]


async def eventually(check: Callable[[], bool]) -> None:
    """Wait until something is so, for longer than even a starved machine may take."""
    async with asyncio.timeout(90):
        while not check():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _asked(nvr: VirtualNvr) -> AsyncIterator[OnvifUnit]:
    """Give a driver of a recorder, to ask it past Home Assistant."""
    config = nvr.config
    async with aiohttp.ClientSession() as session:
        yield OnvifUnit(
            session,
            Endpoint(host=config.host, port=config.http_port),
            Credentials(username=config.username, password=config.password),
        )


async def places(nvr: VirtualNvr) -> Mapping[str, PlaceState]:
    """Return what a spare holds."""
    async with _asked(nvr) as unit:
        return await unit.places()


async def until_recording(nvr: VirtualNvr) -> None:
    """Wait until a recorder records all of its cameras."""
    async with _asked(nvr) as unit, asyncio.timeout(90):
        while {*(await unit.recordings()).values()} != {Recording.YES}:  # noqa: ASYNC110 (it is asked)
            await asyncio.sleep(0.1)
