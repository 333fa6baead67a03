"""Sets the integration up the way a person does: through its flows, forms and automations."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .engines import Engine
from .home_assistant import HomeAssistant
from .site import USERNAME, Recorder

DOMAIN = "nvr_hotspare"
_ENTRIES = "/api/config/config_entries"


class SetupError(RuntimeError):
    """A flow ended elsewhere than at its goal."""


@dataclass(frozen=True, kw_only=True)
class DeviceEntities:
    """What a working device shows, by entity id."""

    connection: str
    working_status: str
    spare_ready: str
    event: str
    protection: str
    synchronized: str
    last_outage: str


@dataclass(frozen=True, kw_only=True)
class SpareEntities:
    """What a spare shows, by entity id."""

    connection: str
    working_status: str
    channels_in_use: str


async def add_group(home: HomeAssistant, spare: Recorder) -> str:
    """Add the integration with a recorder as its spare; returns the id of its entry."""
    return await _create_group(home, {"next_step_id": "recorder"}, account(spare))


async def add_builtin_group(home: HomeAssistant, folder: Path, standby: str) -> str:
    """Add the integration with Home Assistant as its spare; returns the id of its entry."""
    answer = {"folder": str(folder), **_engine_options(standby)}
    return await _create_group(
        home, {"next_step_id": "builtin"}, answer, {"next_step_id": "accept"}
    )


async def add_engine_group(home: HomeAssistant, engine: Engine, standby: str) -> str:
    """Add the integration with an engine on another machine; returns the id of its entry."""
    answers = await _pairing(engine)
    return await _create_group(home, {"next_step_id": "engine"}, answers, _engine_options(standby))


async def add_engine(home: HomeAssistant, entry_id: str, engine: Engine, standby: str) -> None:
    """Add an engine on another machine as a spare beside those that a group has."""
    answers = (
        {"next_step_id": "hot_spare"},
        {"next_step_id": "engine"},
        await _pairing(engine),
        _engine_options(standby),
        {"preference": 2},
    )
    await _add_unit(home, entry_id, engine.name, *answers)


async def add_recorder_spare(home: HomeAssistant, entry_id: str, spare: Recorder) -> None:
    """Add a recorder as a spare beside those that a group has."""
    answers = (
        {"next_step_id": "hot_spare"},
        {"next_step_id": "recorder"},
        account(spare),
        {"preference": 2},
    )
    await _add_unit(home, entry_id, spare.name, *answers)


async def _pairing(engine: Engine) -> dict[str, Any]:
    return {"host": engine.host, "port": engine.port, "code": await engine.shown_code()}


def _engine_options(standby: str) -> dict[str, Any]:
    return {"space_limit": 20, "days": 1, "standby": standby, "ring_seconds": 30}


async def _add_unit(
    home: HomeAssistant, entry_id: str, name: str, *answers: dict[str, Any]
) -> None:
    done = await home.flow(f"{_ENTRIES}/subentries/flow", [entry_id, "unit"], *answers)
    if done["type"] != "create_entry":
        raise SetupError(f"{name} was not added: {done}")


async def first_unit(home: HomeAssistant, entry_id: str) -> str:
    """Return the serial of the unit that a group began with."""
    units = await home.call("config_entries/subentries/list", entry_id=entry_id)
    return str(units[0]["unique_id"])


async def _create_group(home: HomeAssistant, *answers: dict[str, Any]) -> str:
    step = await home.flow(f"{_ENTRIES}/flow", DOMAIN, *answers)
    if step["type"] != "create_entry":
        raise SetupError(f"the group was not created: {step}")
    entry_id: str = step["result"]["entry_id"]
    # The integration opens the form that adds a unit; here it is not wanted yet.
    await home.request("DELETE", f"{_ENTRIES}/subentries/flow/{step['next_flow'][1]}")
    return entry_id


async def add_working_device(
    home: HomeAssistant,
    entry_id: str,
    device: Recorder,
    camera_password: str,
    *,
    keep: bool = False,
) -> str:
    """Add a working NVR with the channels it tells of.

    Its footage goes into its folder, or with `keep` stays on the spare. Returns the verdict on
    its cameras' sources.
    """
    path = f"{_ENTRIES}/subentries/flow"
    form = await home.flow(path, [entry_id, "unit"], {"next_step_id": "normal"}, account(device))
    channels = suggestion(form, "channels")
    cameras = {"username": USERNAME, "password": camera_password}
    answer = {"channels": channels, "account": cameras}
    verdicts = await home.request("POST", f"{path}/{form['flow_id']}", answer)
    if verdicts["type"] != "menu":
        raise SetupError(f"the sources of {device.name} were not accepted: {verdicts}")
    folder = {
        "folder": str(device.folder / "recordings"),
        "template": "virtual_nvr",
        "zone": "UTC",
    }
    saved = ({"next_step_id": "save"}, {"covers_no_record": False})
    into_folder = ({"next_step_id": "folder"}, folder, {"next_step_id": "take_folder"})
    done = {}
    for step in (*saved, *([{"next_step_id": "keep"}] if keep else into_folder)):
        done = await home.request("POST", f"{path}/{form['flow_id']}", step)
    if done["type"] != "create_entry":
        raise SetupError(f"{device.name} was not added: {done}")
    return str(verdicts["description_placeholders"]["verdicts"])


async def set_bandwidth(home: HomeAssistant, entry_id: str, megabits: float) -> None:
    """Decide how quickly footage is given back, all of a group together; 0 for no limit."""
    answer = {"bandwidth_mbit": megabits, "concurrent": 2, "admins_only": False}
    menu = {"next_step_id": "giving_back"}
    step = await home.flow(f"{_ENTRIES}/options/flow", entry_id, menu, answer)
    if step["type"] != "create_entry":
        raise SetupError(f"the bandwidth was not taken: {step}")


async def add_automation(home: HomeAssistant, name: str, working_status: str) -> str:
    """Add an automation with a plain state trigger on `backing_up`; returns its entity id."""
    key = working_status.replace(".", "_")
    automation = {
        "alias": f"{name} is backed up",
        "triggers": [{"trigger": "state", "entity_id": working_status, "to": "backing_up"}],
        "conditions": [],
        "actions": [
            {
                "action": "persistent_notification.create",
                "data": {"title": name, "message": "The spare records its cameras."},
            }
        ],
    }
    await home.request("POST", f"/api/config/automation/config/{key}", automation)
    async with asyncio.timeout(10):
        while True:  # Home Assistant answers before the automation is there
            for entity in await home.call("config/entity_registry/list"):
                if entity["platform"] == "automation" and entity["unique_id"] == key:
                    return str(entity["entity_id"])
            await asyncio.sleep(0.1)


async def device_entities(home: HomeAssistant, serial: str) -> DeviceEntities:
    """Find the entities of a working device."""
    return DeviceEntities(**await _entities(home, serial, DeviceEntities))


async def spare_entities(home: HomeAssistant, serial: str) -> SpareEntities:
    """Find the entities of a spare."""
    return SpareEntities(**await _entities(home, serial, SpareEntities))


async def live_cameras(home: HomeAssistant, serial: str) -> list[str]:
    """Find the cameras of a working device, in the order of its channels."""
    prefix = f"{serial}_live_"
    found = {
        int(entity["unique_id"].removeprefix(prefix)): str(entity["entity_id"])
        for entity in await home.call("config/entity_registry/list")
        if entity["platform"] == DOMAIN and entity["unique_id"].startswith(prefix)
    }
    return [found[number] for number in sorted(found)]


async def name_device(home: HomeAssistant, serial: str, name: str) -> None:
    """Give a unit the name that people know it by."""
    for device in await home.call("config/device_registry/list"):
        if device["serial_number"] == serial:
            await home.call(
                "config/device_registry/update",
                device_id=device["id"],
                name_by_user=name,
            )
            return
    raise SetupError(f"{name} is no device")


async def group_id(home: HomeAssistant) -> str:
    """Return the id of the entry of the only group."""
    entries = await home.call("config_entries/get", domain=DOMAIN)
    (group,) = [str(entry["entry_id"]) for entry in entries]
    return group


async def device_id(home: HomeAssistant, serial: str) -> str:
    """Return the id of a unit in the device registry."""
    devices = await home.call("config/device_registry/list")
    (device,) = [str(it["id"]) for it in devices if it["serial_number"] == serial]
    return device


async def add_dashboard(home: HomeAssistant) -> str:
    """Add the dashboard that the integration makes of its groups; returns its address."""
    path = "hot-spare"
    await home.call(
        "lovelace/dashboards/create",
        url_path=path,
        title="NVR Hot Spare",
        icon="mdi:shield-sync",
        show_in_sidebar=True,
        require_admin=False,
    )
    strategy = {"type": "custom:nvr-hotspare"}
    await home.call("lovelace/config/save", url_path=path, config={"strategy": strategy})
    return f"{home.url}/{path}"


async def _entities(home: HomeAssistant, serial: str, kind: type) -> dict[str, str]:
    prefix = f"{serial}_"
    registry = await home.call("config/entity_registry/list")
    return {
        key: entity["entity_id"]
        for entity in registry
        if entity["platform"] == DOMAIN and entity["unique_id"].startswith(prefix)
        if (key := entity["unique_id"].removeprefix(prefix)) in kind.__annotations__
    }


def account(recorder: Recorder) -> dict[str, Any]:
    """Answer the form that asks for a recorder's address and account."""
    return {
        "host": recorder.host,
        "password": recorder.password,
        "more": {"username": USERNAME, "port": recorder.port},
    }


def suggestion(form: dict[str, Any], name: str) -> Any:
    """Return what a form suggests for one of its fields."""
    if form["type"] != "form":
        raise SetupError(f"expected a form, not {form}")
    for field in form["data_schema"]:
        if field["name"] == name:
            return field["description"]["suggested_value"]
    raise SetupError(f"the form has no {name}: {form}")
