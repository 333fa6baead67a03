"""What happens around the units: the network, mains, maintenance, our own restarts."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
import sys
import time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.const import WorkMode
from custom_components.nvr_hotspare.failover.events import (
    Event,
    HostLink,
    Planned,
    PowerReturned,
    WitnessSeen,
)
from custom_components.nvr_hotspare.failover.model import Timing
from custom_components.nvr_hotspare.isolation import inquiry
from custom_components.nvr_hotspare.isolation.gateway import default_gateway
from custom_components.nvr_hotspare.isolation.host_link import host_link
from custom_components.nvr_hotspare.isolation.witnesses import CAMERAS, Witness, ask, witnesses
from custom_components.nvr_hotspare.manager import FailoverManager
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Identity, Limits
from custom_components.nvr_hotspare.settings.group import GroupOptions, MaintenanceWindow
from custom_components.nvr_hotspare.settings.unit import NetworkConfig, UnitConfig
from custom_components.nvr_hotspare.surroundings.maintenance import Maintenance, planned
from custom_components.nvr_hotspare.surroundings.ups import on_mains
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    entity_id,
    eventually,
    loopback_address,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def told(entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """All events from now on that the manager of a group that is well was told."""
    manager: FailoverManager = entry.runtime_data.manager
    events: list[Event] = []
    handle = manager.handle

    def note(event: Event) -> None:
        events.append(event)
        handle(event)

    monkeypatch.setattr(manager, "handle", note)
    return events


def set_options(hass: HomeAssistant, entry: ConfigEntry, options: GroupOptions) -> None:
    hass.config_entries.async_update_entry(entry, options=options.as_options())


# Witnesses and the host's link


async def test_isolation_cameras_of_all_devices_are_asked_and_one_that_refuses_answers(
    entry: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    host = loopback_address()  # of nobody, so it refuses
    asked = list(witnesses(entry.runtime_data.units, gateway=host))
    assert [it.host for it in asked] == [*(urlsplit(it.uri).hostname for it in cameras), host]
    assert set((await ask(asked)).values()) == {True}
    assert len(asked) <= CAMERAS + 1


async def test_isolation_a_witness_that_is_silent_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "open_connection", never)
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.knock.KNOCK_TIME", 0.05)
    assert await ask(witnesses([], gateway="192.0.2.1")) == {"192.0.2.1": False}


async def test_isolation_witnesses_are_asked_only_while_a_unit_is_suspect(
    hass: HomeAssistant,
    lab: Lab,
    nvr: VirtualNvr,
    told: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inquiry, "PACE", 0.1)
    await asyncio.sleep(0.5)
    assert not [it for it in told if isinstance(it, WitnessSeen)]
    await lab.stop("NVR-1")
    await eventually(lambda: any(isinstance(it, WitnessSeen) and it.answers for it in told))
    # A lone recorder that falls silent while its cameras answer is an outage.
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_isolation_without_a_link_nobody_is_taken_for_dead(
    hass: HomeAssistant,
    lab: Lab,
    nvr: VirtualNvr,
    told: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inquiry, "PACE", 0.1)
    monkeypatch.setattr(inquiry, "host_link", lambda: False)
    await lab.stop("NVR-1")
    await eventually(lambda: HostLink(up=False) in told)
    await asyncio.sleep(3.0)  # longer than silence is excused else
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    monkeypatch.setattr(inquiry, "host_link", lambda: True)
    await eventually(lambda: HostLink(up=True) in told)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


@pytest.mark.parametrize(
    ("interfaces", "linked"),
    [
        ({"lo": "unknown"}, None),
        ({"lo": "unknown", "eth0": "up"}, True),
        ({"lo": "unknown", "eth0": "lowerlayerdown"}, False),
        ({"lo": "unknown", "eth0*": "down", "docker0": "up"}, False),
        ({"lo": "unknown", "eth0*": "down", "wlan0*": "up"}, True),
        ({"lo": "unknown", "eth0*": "dormant"}, False),
        ({"lo": "unknown", "eth0*": "unknown"}, True),
    ],
)
def test_isolation_the_link_is_that_of_hardware_where_there_is_any(
    tmp_path: Path, interfaces: Mapping[str, str], *, linked: bool | None
) -> None:
    for name, operstate in interfaces.items():
        folder = tmp_path / name.removesuffix("*")
        folder.mkdir()
        (folder / "operstate").write_text(f"{operstate}\n")
        if name.endswith("*"):
            (folder / "device").mkdir()
    assert host_link(tmp_path) is linked


def test_isolation_where_nothing_can_be_read_nothing_is_said(tmp_path: Path) -> None:
    assert host_link(tmp_path / "nowhere") is None
    (tmp_path / "eth0").mkdir()
    assert host_link(tmp_path) is None


NAS = "192.0.2.20"
ALWAYS = MaintenanceWindow(weekday=None, start="00:00:00", minutes=1440)


def a_unit(host: str) -> UnitConfig:
    """Return a recorder at an address, without cameras."""
    return UnitConfig(
        subentry_id="",
        title="NVR",
        mode=WorkMode.NORMAL,
        way=NetworkConfig(
            endpoint=Endpoint(host=host), credentials=Credentials(username="", password="")
        ),
        identity=Identity(manufacturer="", model="", firmware="", serial="NVR"),
        limits=Limits(),
        protected=True,
        channels=(),
    )


@pytest.mark.parametrize(
    ("host", "named", "asked"),
    [
        (NAS, "", [("192.0.2.1", True)]),
        ("nas.lan", "", [("192.0.2.1", True)]),
        (NAS, "192.0.2.2", [("192.0.2.2", False)]),
        ("127.0.0.1", "", []),  # reached without any network
    ],
)
def test_isolation_the_default_gateway_is_asked_where_none_is_named(
    host: str, named: str, asked: list[tuple[str, bool]]
) -> None:
    found = witnesses([a_unit(host)], named, default_gateway="192.0.2.1")
    assert [(witness.host, witness.guessed) for witness in found] == asked


async def test_isolation_the_silence_of_a_default_gateway_counts_once_it_was_heard(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    told: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_gateway() -> list[bool]:
        return [it.answers for it in told if isinstance(it, WitnessSeen) and it.witness == gateway]

    gateway, answers, asked = loopback_address(), False, 0

    async def ask(found: Iterable[Witness]) -> Mapping[str, bool]:
        nonlocal asked
        asked += 1
        return {witness.name: not witness.guessed or answers for witness in found}

    monkeypatch.setattr(inquiry, "PACE", 0.1)
    monkeypatch.setattr(inquiry, "ask", ask)
    monkeypatch.setattr(inquiry, "default_gateway", lambda: gateway)
    monkeypatch.setattr(
        "custom_components.nvr_hotspare.isolation.witnesses._is_here", lambda _: False
    )
    set_options(hass, entry, GroupOptions(maintenance=(ALWAYS,)))  # it stays suspect
    await lab.stop("NVR-1")
    await eventually(lambda: asked > 2)
    assert of_gateway() == []
    answers = True
    await eventually(lambda: True in of_gateway())
    answers = False
    await eventually(lambda: False in of_gateway())


async def test_isolation_a_recorder_and_all_its_cameras_behind_a_dead_switch_are_an_outage(
    hass: HomeAssistant,
    lab: Lab,
    builtin_home: Path,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, asked = False, 0

    async def ask(found: Iterable[Witness]) -> Mapping[str, bool]:
        nonlocal asked
        asked += 1
        return {witness.name: witness.guessed and answers for witness in found}

    monkeypatch.setattr(inquiry, "PACE", 0.1)
    monkeypatch.setattr(inquiry, "ask", ask)
    monkeypatch.setattr(inquiry, "default_gateway", lambda: "192.0.2.1")
    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, window=2.0))
    monkeypatch.setattr(
        "custom_components.nvr_hotspare.isolation.witnesses._is_here", lambda _: False
    )
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await lab.stop("NVR-1")
    before = asked
    await eventually(lambda: asked > before + 40)  # in more than the time it is given
    assert state(hass, "binary_sensor", nvr, "connection") == "on"  # nothing answers
    answers = True
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")


ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t{net}\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
wlan0\t00000000\t{far}\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t{near}\t0003\t0\t0\t100\t00000000\t0\t0\t0
docker0\t00000000\t{host}\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t00000000\t{host}\t0002\t0\t0\t1\t00000000\t0\t0\t0
"""


def as_kernel(address: str) -> str:
    """Write an address as the kernel does: the bytes as a number of this machine."""
    return f"{int.from_bytes(IPv4Address(address).packed, sys.byteorder):08X}"


@pytest.mark.parametrize(
    ("hardware", "expected"),
    [
        (["eth0/device", "wlan0/device", "docker0"], "192.0.2.1"),  # of several the nearest
        (["wlan0/device", "eth0", "docker0/lower_veth1"], "192.0.2.254"),
        (["eth0/lower_bond0/lower_eno1/device", "docker0"], "192.0.2.1"),
        (["eth0", "docker0"], ""),  # a container: its gateway is its host
    ],
)
def test_isolation_the_default_gateway_is_beyond_the_hosts_own_hardware(
    tmp_path: Path, hardware: list[str], expected: str
) -> None:
    for folder in hardware:
        (tmp_path / folder).mkdir(parents=True)
    routes = tmp_path / "route"
    addresses = {
        "net": "192.0.2.0",
        "near": "192.0.2.1",
        "far": "192.0.2.254",
        "host": "172.17.0.1",
    }
    routes.write_text(ROUTES.format(**{key: as_kernel(it) for key, it in addresses.items()}))
    assert default_gateway(routes, tmp_path) == expected


@pytest.mark.parametrize("text", ["", "Iface\n", "Iface\neth0\n", "Iface\neth0 x y z 0 0 0 0\n"])
def test_isolation_where_no_route_can_be_read_there_is_no_gateway(
    tmp_path: Path, text: str
) -> None:
    assert default_gateway(tmp_path / "nowhere", tmp_path) == ""
    (tmp_path / "route").write_text(text)
    assert default_gateway(tmp_path / "route", tmp_path) == ""


# Mains


@pytest.mark.parametrize(
    ("text", "mains"),
    [
        ("on", True),
        ("OL CHRG", True),
        ("Online, Battery Charging", True),
        ("ONLINE", True),
        ("off", False),
        ("OB DISCHRG LB", False),
        ("On Battery, Battery Discharging", False),
        ("ONBATT", False),
        ("unavailable", None),
        ("unknown", None),
        ("27.4", None),
    ],
)
def test_calm_what_a_power_supply_tells_of_mains(text: str, *, mains: bool | None) -> None:
    assert on_mains(State("sensor.ups", text)) is mains


async def test_calm_mains_that_return_are_told_once(
    hass: HomeAssistant, entry: ConfigEntry, told: list[Event]
) -> None:
    hass.states.async_set("sensor.ups", "OL")
    set_options(hass, entry, GroupOptions(ups="sensor.ups"))
    await hass.async_block_till_done()
    for text in ("OB", "unavailable", "OL", "OL CHRG"):
        hass.states.async_set("sensor.ups", text)
        await hass.async_block_till_done()
    assert [it for it in told if isinstance(it, PowerReturned)] == [PowerReturned()]
    set_options(hass, entry, GroupOptions())
    await hass.async_block_till_done()
    for text in ("OB", "OL"):
        hass.states.async_set("sensor.ups", text)
        await hass.async_block_till_done()
    assert len([it for it in told if isinstance(it, PowerReturned)]) == 1


# Maintenance


@pytest.mark.parametrize(
    ("window", "now", "minutes_left"),
    [
        (MaintenanceWindow(weekday=None, start="02:00:00", minutes=60), "2026-11-24 02:00", 60),
        (MaintenanceWindow(weekday=None, start="02:00:00", minutes=60), "2026-11-24 03:00", None),
        (MaintenanceWindow(weekday=1, start="23:30:00", minutes=60), "2026-11-25 00:10", 20),
        (MaintenanceWindow(weekday=2, start="23:30:00", minutes=60), "2026-11-25 00:10", None),
        (MaintenanceWindow(weekday=0, start="12:00:00", minutes=2880), "2026-11-26 11:59", None),
        (MaintenanceWindow(weekday=0, start="12:00:00", minutes=2880), "2026-11-25 11:59", 1),
        # The night in which an hour comes twice: what begins at 1:30 lasts two hours all the same.
        (MaintenanceWindow(weekday=None, start="01:30:00", minutes=120), "2026-10-25 02:15", 75),
    ],
)
def test_calm_a_maintenance_window_is_as_long_as_it_says(
    window: MaintenanceWindow, now: str, minutes_left: int | None
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    found = planned([window], ["NVR-1"], moment)
    expected = {} if minutes_left is None else {"NVR-1": moment.timestamp() + 60 * minutes_left}
    assert found == expected


def test_calm_a_maintenance_window_may_be_of_some_units_only() -> None:
    window = MaintenanceWindow(weekday=None, start="02:00:00", minutes=60, units=("NVR-2",))
    moment = datetime.fromisoformat("2026-11-24 02:30").replace(tzinfo=BERLIN)
    assert set(planned([window], ["NVR-1", "NVR-2"], moment)) == {"NVR-2"}


async def test_calm_maintenance_is_no_outage_also_after_a_restart_of_home_assistant(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    begun = dt_util.now() - timedelta(minutes=1)
    window = MaintenanceWindow(
        weekday=None, start=begun.strftime("%H:%M:%S"), minutes=60, units=("NVR-1",)
    )
    set_options(hass, entry, GroupOptions(maintenance=(window,)))
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: _phase(entry) == "watching")
    await lab.stop("NVR-1")
    await eventually(lambda: _phase(entry) == "suspect")
    await asyncio.sleep(3.0)
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    # A window that is taken away is over.
    set_options(hass, entry, GroupOptions())
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


def _phase(entry: ConfigEntry) -> str:
    return str(entry.runtime_data.manager.device_view("NVR-1").phase)


async def test_calm_maintenance_is_planned_at_the_beginning_of_each_window(
    hass: HomeAssistant,
) -> None:
    begins = (dt_util.now() + timedelta(hours=2)).replace(microsecond=0)
    window = MaintenanceWindow(weekday=None, start=begins.strftime("%H:%M:%S"), minutes=30)
    told: list[Planned] = []
    maintenance = Maintenance(hass, told.append)
    maintenance.follow([window], ["SPARE", "NVR-1"])
    assert not told
    async_fire_time_changed(hass, begins)
    await hass.async_block_till_done()
    until = begins.timestamp() + 30 * 60
    assert told == [Planned("SPARE", until, once=False), Planned("NVR-1", until, once=False)]
    maintenance.stop()
    async_fire_time_changed(hass, begins + timedelta(days=1))
    await hass.async_block_till_done()
    assert len(told) == 2


# Our own restarts


async def test_calm_our_own_restart_of_a_recorder_is_no_outage(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    target = {"entity_id": entity_id(hass, "button", nvr, "restart")}
    await hass.services.async_call("button", "press", target, blocking=True)
    await lab.stop("NVR-1")
    await eventually(lambda: _phase(entry) == "suspect")
    await asyncio.sleep(3.0)
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    await lab.start(nvr.config)
    await eventually(lambda: _phase(entry) == "watching")
    # It excused one silence.
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_calm_a_restart_is_excused_for_as_long_as_the_groups_timing_says(
    hass: HomeAssistant,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    told: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(manager, "TIMING", Timing(restart_grace=86_400.0))
    entry.runtime_data.manager.configure()
    target = {"entity_id": entity_id(hass, "button", nvr, "restart")}
    await hass.services.async_call("button", "press", target, blocking=True)
    (planned,) = (it for it in told if isinstance(it, Planned))
    assert planned.until == pytest.approx(time.time() + 86_400, abs=600)


@pytest.mark.usefixtures("entry")
async def test_calm_a_recorder_that_does_not_restart_is_not_excused(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    target = {"entity_id": entity_id(hass, "button", nvr, "restart")}
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("button", "press", target, blocking=True)
    assert caught.value.translation_key == "not_restarted"
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
