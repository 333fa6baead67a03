"""Recording the sub stream of a camera: by its recorder's word, or by the address of its make."""

from dataclasses import replace

from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, channels_input, unit_input
from tests.integration.test_channel_flow import FakeCamera
from tests.nvr.dahua.dahua_lab import api_of, slot_of
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.nvr.unit import VirtualNvr


def stored(group: ConfigEntry, nvr: VirtualNvr) -> list[str]:
    """Return the addresses that spares record from."""
    return [channel["uri"] for channel in subentry_of(group, nvr).data["channels"]]


async def test_the_sub_stream_is_found_by_the_address_of_the_main_one_and_back(
    hass: HomeAssistant,
    group: ConfigEntry,
    nvr: VirtualNvr,
    at_channels: Flow,
    cameras: list[VirtualCamera],
) -> None:
    main, sub = f"{cameras[0].uri}?subtype=0", f"{cameras[0].uri}?subtype=1"
    values = channels_input(cameras)
    values["channels"][0] |= {"uri": main, "sub_stream": True}
    await at_channels.enter(values)
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.save()
    assert stored(group, nvr) == [sub, cameras[1].uri]

    flow = await Flow.change(hass, group, subentry_of(group, nvr))
    await flow.choose("channels")
    first, second = flow.suggested["channels"]
    assert (first["uri"], first["sub_stream"]) == (main, True)
    assert "sub_stream" not in second
    # Sent back as it was shown it is the same stream, whichever of its addresses is meant.
    for uri in (sub, main):
        await flow.enter({**values, "channels": [{**first, "uri": uri}, second]})
        await flow.choose("channels")
        assert flow.suggested["channels"] == [first, second]
    await flow.enter({**values, "channels": [{**first, "sub_stream": False}, second]})
    await flow.choose("save")
    assert stored(group, nvr) == [main, cameras[1].uri]


async def test_a_sub_stream_that_nobody_tells_is_asked_for(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras)
    values["channels"][1]["sub_stream"] = True
    await at_channels.enter(values)
    assert at_channels.error == "no_sub_stream"
    assert at_channels.result["description_placeholders"] == {"name": "Camera 2"}
    values["channels"][1]["sub_stream"] = False
    await at_channels.enter(values)
    assert at_channels.result["step_id"] == "verdicts"


async def test_the_sub_stream_that_a_recorder_tells_is_recorded(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    main, sub = (camera.uri for camera in cameras)
    nvr = await lab.nvr("NVR-1", cameras[:1], dahua=DahuaFirmware())

    async def tell_both() -> None:
        api_of(nvr).slots.change(0, replace(slot_of(nvr, 0), extra_url=sub))

    await lab.do(tell_both())
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter({"driver": "dahua"})
    (told,) = flow.suggested["channels"]
    assert told["uri"] == main
    account = channels_input([])["account"]
    await flow.enter({"channels": [{**told, "sub_stream": True}], "account": account})
    await flow.choose("channels")
    (shown,) = flow.suggested["channels"]
    assert (shown["uri"], shown["sub_stream"]) == (main, True)
    await flow.enter({"channels": [shown], "account": account})
    await flow.save()
    (channel,) = subentry_of(group, nvr).data["channels"]
    assert channel["uri"] == sub
    assert (channel["told_uri"], channel["told_sub"]) == (main, sub)


async def test_the_sub_stream_of_a_camera_of_home_assistant_is_recorded(
    hass: HomeAssistant,
    group: ConfigEntry,
    nvr: VirtualNvr,
    at_channels: Flow,
    cameras: list[VirtualCamera],
) -> None:
    uri = f"{cameras[0].uri}?subtype=0".replace("rtsp://", "rtsp://viewer:p%40ss%3Aw%2Frd@")
    await hass.data[DATA_COMPONENT].async_add_entities([FakeCamera("gate", uri)])
    item = {"number": 1, "name": "Gate", "camera": "camera.gate", "sub_stream": True}
    await at_channels.enter({"channels": [item], "account": {}})
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.save()
    assert stored(group, nvr) == [f"{cameras[0].uri}?subtype=1"]
