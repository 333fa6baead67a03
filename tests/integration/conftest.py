"""Home Assistant with real recorders and cameras in software around it."""

from collections.abc import AsyncIterator
from pathlib import Path
import random

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
import pytest_socket

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.failover.model import Timing
from custom_components.nvr_hotspare.recorder import probe
from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE
from custom_components.nvr_hotspare.surroundings import greetings

# The test plugin brings a `custom_components` of its own: ours must be imported before.
from custom_components.nvr_hotspare.units import device_list
from tests.integration.flow import Flow
from tests.integration.lab import Lab, add_device, add_group, eventually, state, unit_input
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow the whole loopback network, where every recorder has an address, and the engine."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.0/8"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture(autouse=True)
def discovery_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return where recorders of this test can be found, and no others."""
    port = random.randrange(20_000, 30_000)
    monkeypatch.setattr(device_list, "ASKED", ("239.255.255.250", port))
    # Apart: those that are stopped say good-bye, and would be waited for.
    monkeypatch.setattr(greetings, "HEARD", ("239.255.255.250", port + 10_000))
    monkeypatch.setattr(device_list, "PATIENCE", 0.05)
    return port


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide in less time than people are given, yet not so soon that a busy machine looks dead."""
    timing = Timing(
        interval=0.3,
        window=2.0,
        refused_window=2.0,
        slow_window=10.0,
        suspect_pace=0.2,
        slow_pace=0.3,
        busy_watch=0.2,
        calm_watch=0.5,
        confirm=12.0,
        retry=0.5,
        provision_retry=0.5,
        boot_grace=1.0,
        overlap=0.2,
    )
    monkeypatch.setattr(manager, "TIMING", timing)
    monkeypatch.setattr(probe, "_WINDOW", CLOCK_RATE // 5)


@pytest.fixture
async def lab(
    hass: HomeAssistant, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lab]:
    """Recorders and cameras, started when a test asks for them."""
    async with Lab(tmp_path, cache=tmp_path_factory.getbasetemp()) as lab:
        yield lab
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def spare(lab: Lab) -> VirtualNvr:
    """A recorder that may be the spare."""
    return await lab.nvr("SPARE")


@pytest.fixture
async def cameras(lab: Lab) -> list[VirtualCamera]:
    """The cameras of NVR-1."""
    return await lab.cameras(2)


@pytest.fixture
async def nvr(lab: Lab, cameras: list[VirtualCamera]) -> VirtualNvr:
    """A recorder that records them."""
    return await lab.nvr("NVR-1", cameras)


@pytest.fixture
async def entry(
    hass: HomeAssistant, spare: VirtualNvr, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> ConfigEntry:
    """A group that is well: NVR-1 records its cameras, and the spare is ready for them."""
    entry = await add_group(hass, spare)
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    return entry


@pytest.fixture
async def group(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    """A group that has nothing but its spare yet."""
    return await add_group(hass, spare)


@pytest.fixture
async def at_channels(hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr) -> Flow:
    """A flow that asks for the cameras of NVR-1."""
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"
    return flow


@pytest.fixture
async def builtin_home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Path]:
    """A disk with room for Home Assistant's configuration and footage; no engine outlives it."""
    hass.config.config_dir = str(tmp_path / "config")
    yield tmp_path
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Python's own mishap pass: a connection that a server accepts while it is closing.

    And give tests in which much is waited for the time that a starved machine takes.
    """
    mishap = "ignore:.*_SelectorTransport.__del__.*:pytest.PytestUnraisableExceptionWarning"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(mishap))
            item.add_marker(pytest.mark.timeout(300))
