from datetime import UTC, datetime

import pytest

from tests.virtual_nvr.nvr_lab import StartNvr

SERVICES = {"device", "media", "recording", "search", "receiver"}


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
