"""Cameras that hang on their recorder are told apart from those that are away."""

from ipaddress import IPv4Network

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.cameras import sources
from custom_components.nvr_hotspare.cameras.behind import is_internal
from custom_components.nvr_hotspare.recorder.errors import SourceUnreachableError
from custom_components.nvr_hotspare.recorder.model import Source
from tests.integration.flow import Flow
from tests.integration.lab import CAMERA_PASSWORD, Lab, channels_input, loopback_address, unit_input
from virtual_nvr.nvr.config import ChannelConfig


async def test_a_camera_of_which_only_the_recorder_s_own_address_is_told_is_behind_it(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    host = loopback_address()
    virtual_host = f"rtsp://{host}:65001/stream"
    channel = ChannelConfig(
        name="Gate", uri=virtual_host, username="viewer", password=CAMERA_PASSWORD
    )
    nvr = await lab.nvr("NVR-1", host=host, channels=(channel,))
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    assert flow.suggested["channels"] == [{"number": 1, "name": "Gate", "priority": "normal"}]
    await flow.enter(channels_input([], channels=flow.suggested["channels"]))
    assert "behind the recorder's own PoE ports" in flow.verdicts[0]
    assert flow.result["menu_options"] == ["channels", "save"]
    await flow.save()
    subentry = list(group.subentries.values())[-1]
    flow = await Flow.change(hass, group, subentry)
    await flow.choose("channels")
    await flow.enter(channels_input([], channels=flow.suggested["channels"]))
    assert "behind the recorder's own PoE ports" in flow.verdicts[0]


async def test_a_camera_that_does_not_answer_in_a_network_of_nobody_s_is_behind_it(
    at_channels: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Source) -> None:
        raise SourceUnreachableError("Nobody reaches what is inside a recorder, nor may a test.")

    monkeypatch.setattr(sources, "probe_source", silent)
    channels = [
        {"number": 1, "name": "Inside", "uri": "rtsp://192.168.254.2/Streaming/Channels/101"},
        {"number": 2, "name": "Away", "uri": "rtsp://127.0.0.9/Streaming/Channels/101"},
    ]
    await at_channels.enter(channels_input([], channels=channels))
    inside, away = at_channels.verdicts
    assert "PoE ports" in inside
    assert inside.endswith("192.168.254.2")
    assert "PoE ports" not in away


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("192.168.254.2", True),
        ("10.1.1.65", True),
        ("192.168.1.31", False),  # near the recorder
        ("10.20.7.7", False),  # in a network of Home Assistant's
        ("8.8.8.8", False),
        ("127.9.9.9", False),
        ("gate.lan", False),
        ("fd00::2", False),
        ("", False),
    ],
)
def test_private_addresses_elsewhere_are_inside_a_recorder(host: str, *, internal: bool) -> None:
    networks = [IPv4Network("192.168.1.0/24"), IPv4Network("10.20.0.0/16")]
    assert is_internal(host, networks) is internal
