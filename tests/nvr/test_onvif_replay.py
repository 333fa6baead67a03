"""Where a spare plays the footage that it has."""

import pytest

from custom_components.nvr_hotspare.nvr.errors import (
    UnitProtocolError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.model import Capability
from custom_components.nvr_hotspare.nvr.onvif.inventory import source_id
from tests.nvr.conftest import PASSWORD, Drive
from tests.nvr.scripted_unit import (
    http,
    services_answer,
    soap,
)
from tests.nvr.search_recorder import KEY, SECOND, Recorder, recordings


def replay_uri(uri: str) -> bytes:
    name = "trp:GetReplayUriResponse"
    namespace = 'xmlns:trp="http://www.onvif.org/ver10/replay/wsdl"'
    return http(soap(f"<{name} {namespace}><trp:Uri>{uri}</trp:Uri></{name}>"))


async def test_a_spare_plays_at_the_host_where_it_is_reached(drive: Drive) -> None:
    recorder = Recorder(
        answers={
            "GetRecordings": recordings(r1=source_id(KEY)),
            "GetReplayUri": replay_uri("rtsp://user:word@10.9.8.7:8554/replay?r=1&amp;s=2"),
        }
    )

    async with recorder.serve() as unit:
        replay = await drive(unit.endpoint).replay(KEY)

    assert replay.uri == f"rtsp://{unit.endpoint.host}:8554/replay?r=1&s=2"
    assert (replay.username, replay.password) == ("admin", PASSWORD)
    assert replay.ahead == 0
    assert PASSWORD not in repr(replay)


async def test_the_clock_of_a_spare_goes_with_its_footage(drive: Drive) -> None:
    recorder = Recorder(
        3600.0,
        {
            "GetRecordings": recordings(r1=source_id(KEY)),
            "GetReplayUri": replay_uri("rtsp://10.9.8.7/replay"),
        },
    )

    async with recorder.serve() as unit:
        replay = await drive(unit.endpoint).replay(KEY)

    assert abs(replay.ahead - 3600 * SECOND) < SECOND // 4


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("rtsps://10.9.8.7/replay", UnitUnsupportedError),
        ("http://10.9.8.7/replay", UnitProtocolError),
        ("", UnitProtocolError),
    ],
)
async def test_what_is_no_rtsp_is_no_replay(drive: Drive, uri: str, error: type[Exception]) -> None:
    recorder = Recorder(
        answers={"GetRecordings": recordings(r1=source_id(KEY)), "GetReplayUri": replay_uri(uri)}
    )

    async with recorder.serve() as unit:
        with pytest.raises(error):
            await drive(unit.endpoint).replay(KEY)


async def test_footage_needs_search_and_replay(drive: Drive) -> None:
    information = "<tds:Manufacturer>A</tds:Manufacturer><tds:SerialNumber>S1</tds:SerialNumber>"
    name = "tds:GetDeviceInformationResponse"
    identity = http(soap(f"<{name}>{information}</{name}>"))
    whole = Recorder(answers={"GetDeviceInformation": identity})
    lacking = Recorder(
        answers={
            "GetDeviceInformation": identity,
            "GetServices": http(services_answer("recording", "search")),
        }
    )

    async with whole.serve() as unit:
        assert Capability.FOOTAGE in (await drive(unit.endpoint).probe()).capabilities
    async with lacking.serve() as unit:
        assert Capability.FOOTAGE not in (await drive(unit.endpoint).probe()).capabilities
