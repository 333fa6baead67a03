"""Settings that drift: cameras added to and removed from a working device while it runs."""

from http import HTTPStatus
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import CAMERA_PASSWORD, Lab, eventually, issues, places
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.nvr_hotspare.coordinator.FOLLOW_PACE", 0.3)


def channels(entry: ConfigEntry, nvr: VirtualNvr) -> dict[int, dict[str, Any]]:
    return {it["number"]: it for it in subentry_of(entry, nvr).data["channels"]}


def numbers(entry: ConfigEntry, nvr: VirtualNvr) -> dict[str, int]:
    told: dict[str, int] = subentry_of(entry, nvr).data.get("told_numbers", {})
    return told


async def known(entry: ConfigEntry, nvr: VirtualNvr) -> None:
    """Wait until it is known what the unit has."""
    await eventually(lambda: bool(numbers(entry, nvr)))


async def asked(hass: HomeAssistant, key: str) -> str:
    """Wait for an issue and return what it is about."""
    await eventually(lambda: [it.translation_key for it in issues(hass)] == [key])
    facts = issues(hass)[0].translation_placeholders
    assert facts is not None
    return facts["camera"]


class Fix:
    """A repair as the frontend makes it."""

    def __init__(self, hass: HomeAssistant, client: Any) -> None:
        self._hass = hass
        self._client = client
        self.result: dict[str, Any] = {}

    async def start(self) -> None:
        assert await async_setup_component(self._hass, "repairs", {})
        (issue,) = issues(self._hass)
        await self._post("", {"handler": DOMAIN, "issue_id": issue.issue_id})

    async def enter(self, values: dict[str, Any]) -> None:
        await self._post(f"/{self.result['flow_id']}", values)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        response = await self._client.post(f"/api/repairs/issues/fix{path}", json=body)
        assert response.status == HTTPStatus.OK
        self.result = await response.json()


@pytest.fixture
async def fix(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Fix:
    assert await async_setup_component(hass, "repairs", {})
    return Fix(hass, await hass_client())


async def test_a_camera_that_is_added_on_its_unit_can_be_protected(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    *,
    nvr: VirtualNvr,
    spare: VirtualNvr,
    fix: Fix,
) -> None:
    await known(entry, nvr)
    (camera,) = await lab.cameras(1)
    await lab.do(nvr.add_channel(camera.uri, "Yard"))
    assert await asked(hass, "camera_new") == "Yard"
    await fix.start()
    assert fix.result["menu_options"] == ["add", "leave"]
    assert "can be recorded" in fix.result["description_placeholders"]["verdict"]
    await fix.enter({"next_step_id": "add"})
    assert fix.result["type"] == "create_entry"
    added = channels(entry, nvr)[3]
    assert (added["name"], added["uri"]) == ("Yard", camera.uri)
    assert (added["username"], added["password"]) == ("viewer", CAMERA_PASSWORD)
    assert not issues(hass)
    # The spare is made ready for it.
    while "NVR-1/3" not in await places(spare):
        pass


@pytest.mark.parametrize(
    ("others", "verdict"),
    [(("wrong", CAMERA_PASSWORD), "can be recorded"), (("wrong", "worse"), "does not accept")],
)
async def test_a_new_camera_is_tried_with_two_accounts_of_the_others(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    *,
    nvr: VirtualNvr,
    fix: Fix,
    others: tuple[str, str],
    verdict: str,
) -> None:
    await known(entry, nvr)
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("channels")
    pairs = zip(flow.suggested["channels"], others, strict=True)
    items = [{**item, "password": password} for item, password in pairs]
    await flow.enter({"channels": items, "account": {}})
    await flow.choose("save")
    (camera,) = await lab.cameras(1)
    await lab.do(nvr.add_channel(camera.uri, "Yard"))
    await asked(hass, "camera_new")
    await fix.start()
    assert verdict in fix.result["description_placeholders"]["verdict"]
    await fix.enter({"next_step_id": "add"})
    added = channels(entry, nvr)[3]["password"]
    assert added == (CAMERA_PASSWORD if CAMERA_PASSWORD in others else "wrong")


async def test_a_new_camera_behind_its_recorder_is_told_from_one_that_is_away(
    lab: Lab, hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, fix: Fix
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.add_channel(f"rtsp://{nvr.config.host}:65001/stream", "Yard"))
    await asked(hass, "camera_new")
    await fix.start()
    assert "own PoE ports" in fix.result["description_placeholders"]["verdict"]
    await fix.enter({"next_step_id": "add"})
    assert channels(entry, nvr)[3]["behind"]


async def test_a_camera_that_is_left_alone_is_asked_about_once(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, fix: Fix
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.add_channel("rtsp://127.9.9.9:9/away", "Yard"))
    await asked(hass, "camera_new")
    await fix.start()
    assert "nothing answers" in fix.result["description_placeholders"]["verdict"]
    await fix.enter({"next_step_id": "leave"})
    assert set(channels(entry, nvr)) == {1, 2}
    assert numbers(entry, nvr)["recording-channel-3"] == 3
    await lab.do(nvr.add_channel("rtsp://127.9.9.9:9/else", "Barn"))
    assert await asked(hass, "camera_new") == "Barn"


async def test_a_camera_that_is_gone_is_forgotten_when_the_user_says_so(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, *, nvr: VirtualNvr, fix: Fix
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.remove_channel(1))
    assert await asked(hass, "camera_gone") == "Camera 1"
    assert set(channels(entry, nvr)) == {1, 2}
    await fix.start()
    await fix.enter({})
    assert fix.result["type"] == "create_entry"
    assert set(channels(entry, nvr)) == {2}
    assert numbers(entry, nvr) == {"recording-channel-2": 2}
    await eventually(
        lambda: [it.channel for it in entry.runtime_data.manager.config("NVR-1").places()] == [2]
    )


async def test_a_camera_that_is_away_for_a_while_is_asked_about_no_longer(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.remove_channel(2))
    await asked(hass, "camera_gone")
    uri, name = nvr.config.channels[1].uri, nvr.config.channels[1].name
    await lab.do(nvr.add_channel(uri, name))
    await eventually(lambda: not issues(hass))
    assert set(channels(entry, nvr)) == {1, 2}


async def test_cameras_keep_their_numbers_when_home_assistant_starts_after_one_has_gone(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.remove_channel(1))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await asked(hass, "camera_gone") == "Camera 1"
    link = entry.runtime_data.manager.link("NVR-1")
    assert list(await link.ask(lambda unit: unit.recordings())) == [2]


async def test_a_camera_that_is_renamed_on_its_unit_is_renamed_here(
    lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.rename_channel(2, "Back door"))
    await eventually(lambda: channels(entry, nvr)[2]["name"] == "Back door")
    assert channels(entry, nvr)[1]["name"] == "Camera 1"


async def test_what_has_drifted_goes_with_its_unit(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await known(entry, nvr)
    await lab.do(nvr.remove_channel(2))
    await asked(hass, "camera_gone")
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, nvr).subentry_id)
    await eventually(lambda: not issues(hass))
