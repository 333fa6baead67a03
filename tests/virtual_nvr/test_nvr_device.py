from datetime import UTC, datetime

from lxml import etree
import pytest

from tests.virtual_nvr.nvr_lab import StartNvr

SERVICES = {"device", "event", "media", "recording", "search", "replay", "receiver"}


async def test_tells_time_to_anybody(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    peer.username = ""
    told = (await peer.call("device", "GetSystemDateAndTime")).UTCDateTime
    date, time = told.Date, told.Time
    moment = datetime(
        date.Year, date.Month, date.Day, time.Hour, time.Minute, time.Second, tzinfo=UTC
    )
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60


async def test_tells_who_it_is(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(serial="VN-0042")
    told = await peer.call("device", "GetDeviceInformation")
    assert (told.Manufacturer, told.SerialNumber) == ("NVR Hot Spare", "VN-0042")


@pytest.mark.parametrize("receiver", [True, False])
async def test_lists_the_services_it_has(start_nvr: StartNvr, *, receiver: bool) -> None:
    _, peer = await start_nvr(receiver=receiver)
    told = await peer.call("device", "GetServices", IncludeCapability=True)
    names = {service.XAddr.rpartition("/")[2].removesuffix("_service") for service in told}
    assert names == (SERVICES if receiver else SERVICES - {"receiver"})


async def test_every_service_tells_what_it_can_do_to_anybody(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    peer.username = ""
    for service in SERVICES:
        assert await peer.call(service, "GetServiceCapabilities")


async def test_capabilities_by_category(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    everything = await peer.call("device", "GetCapabilities")
    assert everything.Device.XAddr.endswith("/onvif/device_service")
    # zeep takes every category of the extension for one of the schema's xs:any.
    extensions = {etree.QName(told).localname for told in everything.Extension._value_1}
    assert extensions == {"Recording", "Search", "Replay", "Receiver"}
    assert everything.Events.WSPullPointSupport
    media = await peer.call("device", "GetCapabilities", Category=["Media"])
    assert (media.Device, media.Extension) == (None, None)
    assert media.Media.StreamingCapabilities.RTP_RTSP_TCP


async def test_tells_its_scopes_name_and_addresses(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr(name="Attic & cellar")
    scopes = [scope.ScopeItem for scope in await peer.call("device", "GetScopes")]
    assert "onvif://www.onvif.org/Profile/G" in scopes
    assert "onvif://www.onvif.org/name/Attic%20%26%20cellar" in scopes
    assert (await peer.call("device", "GetHostname")).Name == "VN-0001"
    [interface] = await peer.call("device", "GetNetworkInterfaces")
    assert interface.IPv4.Config.Manual[0].Address == unit.config.host
