"""What a recorder tells of itself and its channels."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.errors import (
    UnitProtocolError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.model import Capability, ChannelSettings, Place
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Source
from tests.nvr.conftest import CAMERA_PASSWORD, Drive, StartNvr
from tests.nvr.scripted_unit import (
    Request,
    Script,
    fault,
    http,
    scripted_unit,
    services_answer,
    soap,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig, Limits

_CHANNELS = tuple(
    ChannelConfig(
        name=f"Camera {number}", uri=f"rtsp://127.9.9.{number}:9/s", username="u", password="p"
    )
    for number in range(1, 12)
)


async def test_channels_and_their_sources_come_from_jobs_and_receivers(
    start_nvr: StartNvr, drive: Drive
) -> None:
    settings = await drive(await start_nvr(channels=_CHANNELS)).settings()
    assert list(settings) == [
        ChannelSettings(
            token=f"recording-channel-{number}",
            number=number,
            name=f"Camera {number}",
            source=Source(uri=f"rtsp://127.9.9.{number}:9/s"),
        )
        for number in range(1, 12)
    ]


async def test_a_unit_without_receivers_names_its_channels_only(
    start_nvr: StartNvr, drive: Drive
) -> None:
    driver = drive(await start_nvr(channels=_CHANNELS[:2], receiver=False))
    settings = await driver.settings()
    assert [(it.number, it.name, it.source) for it in settings] == [
        (1, "Camera 1", None),
        (2, "Camera 2", None),
    ]
    assert Capability.SPARE not in (await driver.probe()).capabilities


async def test_places_for_others_are_no_channels(start_nvr: StartNvr, drive: Drive) -> None:
    driver = drive(await start_nvr(channels=_CHANNELS[:1]))
    await driver.provision([Place(key="a", name="A", source=Source(uri="rtsp://127.9.9.9/s"))])
    assert len(await driver.settings()) == 1
    assert len(await driver.recordings()) == 1


async def test_capacity_is_the_smallest_limit_less_what_others_use(
    start_nvr: StartNvr, drive: Drive
) -> None:
    limits = Limits(recordings=9, jobs=6, receivers=5)
    unit = await start_nvr(channels=_CHANNELS[:2], limits=limits)
    driver = drive(unit)
    before = await driver.probe()
    place = Place(key="a", name="A", source=Source(uri="rtsp://127.9.9.9:9/s"))
    await driver.record([place])
    after = await driver.probe()
    assert (before.capacity, before.own_recordings) == (3, 2)
    assert (after.capacity, after.own_recordings) == (3, 2)


async def test_what_is_half_built_is_not_counted_as_somebody_elses(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(limits=Limits(recordings=8, jobs=8, receivers=8))
    driver = drive(unit)
    places = [
        Place(key=f"{number}", name="A", source=Source(uri=f"rtsp://127.9.9.9:9/{number}"))
        for number in range(8)
    ]
    building = asyncio.create_task(driver.provision(places))
    while not building.done():
        assert (await driver.probe()).capacity == 8
    await building
    assert (await driver.probe()).capacity == 8


async def test_rates_are_told_in_bits_where_the_unit_tells_them(
    start_nvr: StartNvr, drive: Drive, tmp_path: Path
) -> None:
    rates = Limits(camera_rate=8000, total_rate=20_000)
    unit = await start_nvr(limits=rates)
    found = (await drive(unit).probe()).limits
    assert (found.camera_rate, found.total_rate) == (8_000_000, 20_000_000)
    silent = await start_nvr(folder=tmp_path / "silent")
    found = (await drive(silent).probe()).limits
    assert (found.camera_rate, found.total_rate) == (0, 0)


async def test_a_unit_that_makes_no_recordings_is_no_spare(
    start_nvr: StartNvr, drive: Drive
) -> None:
    found = await drive(await start_nvr(dynamic_recordings=False)).probe()
    assert Capability.SPARE not in found.capabilities
    assert found.capacity == 0
    assert {Capability.SETTINGS, Capability.RECORDING_STATE} <= found.capabilities


async def test_restarts_when_told_to(start_nvr: StartNvr, drive: Drive) -> None:
    driver = drive(await start_nvr())
    await driver.restart()
    with pytest.raises(UnitUnreachableError):
        await _beat_on(driver)


async def _beat_on(driver: OnvifUnit) -> None:
    while True:
        await driver.heartbeat()
        await asyncio.sleep(0.01)


async def test_a_channel_keeps_its_number_when_others_come_and_go(drive: Drive) -> None:
    tokens = ["10", "2", "1"]

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        items = "".join(
            f"<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken>"
            f"<tt:Configuration><tt:Source><tt:SourceId/><tt:Name>N{token}</tt:Name></tt:Source>"
            "</tt:Configuration></trc:RecordingItem>"
            for token in tokens
        )
        return _answer(request, GetRecordings=items)

    async with scripted_unit(script) as unit:
        driver = drive(unit.endpoint)
        first = {it.name: it.number for it in await driver.settings()}
        tokens.remove("2")
        tokens.append("3")
        second = {it.name: it.number for it in await driver.settings()}
        tokens.append("2")
        third = {it.name: it.number for it in await driver.settings()}
        later = drive(unit.endpoint, numbers={"1": 1, "10": 3, "gone": 2})
        told = {it.token: it.number for it in await later.settings()}
    assert first == {"N1": 1, "N2": 2, "N10": 3}
    assert second == {"N1": 1, "N10": 3, "N3": 4}
    assert third == {**first, **second}
    assert told == {"1": 1, "10": 3, "2": 4, "3": 5}


async def test_a_source_at_the_unit_itself_is_none(drive: Drive) -> None:
    own = ("rtsp://127.0.0.1:554/1", "rtsp://10.7.7.7/2", "rtsp://u:p@10.0.0.9/3")
    interface = (
        '<tds:NetworkInterfaces token="e"><tt:Enabled>true</tt:Enabled><tt:IPv4>'
        "<tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>10.7.7.7</tt:Address>"
        "<tt:PrefixLength>8</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config>"
        "</tt:IPv4></tds:NetworkInterfaces>"
    )
    items = "".join(
        f"<trc:RecordingItem><tt:RecordingToken>{number}</tt:RecordingToken><tt:Configuration>"
        f"<tt:Source><tt:SourceId/><tt:Name/><tt:Location/><tt:Description/>"
        f"<tt:Address>{uri}</tt:Address></tt:Source><tt:Content/>"
        "</tt:Configuration></trc:RecordingItem>"
        for number, uri in enumerate(own, start=1)
    )

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        return _answer(request, GetRecordings=items, GetNetworkInterfaces=interface)

    async with scripted_unit(script) as unit:
        settings = await drive(unit.endpoint).settings()
    assert [(it.name, it.source) for it in settings] == [
        ("Channel 1", None),
        ("Channel 2", None),
        ("Channel 3", Source(uri="rtsp://10.0.0.9/3")),
    ]
    assert [it.behind for it in settings] == [True, True, False]


_PROFILES = "".join(
    f'<trt:Profiles token="p{number}"><tt:Name>P</tt:Name><tt:VideoSourceConfiguration token="c">'
    f"<tt:Name>{name}</tt:Name><tt:UseCount>1</tt:UseCount>"
    f"<tt:SourceToken>{source}</tt:SourceToken></tt:VideoSourceConfiguration></trt:Profiles>"
    for number, (source, name) in enumerate([("s2", "Yard"), ("s1", ""), ("s2", "Yard sub")])
)


async def test_a_unit_without_recording_control_tells_its_video_sources(drive: Drive) -> None:
    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return http(services_answer("media"))
        return _answer(request, GetProfiles=_PROFILES)

    async with scripted_unit(script) as unit:
        driver = drive(unit.endpoint)
        settings = await driver.settings()
        recordings = await driver.recordings()
    assert [(it.number, it.name) for it in settings] == [(1, "Channel 1"), (2, "Yard")]
    assert recordings == {1: Recording.UNKNOWN, 2: Recording.UNKNOWN}


async def test_an_older_unit_is_asked_for_its_capabilities(drive: Drive) -> None:
    told = "<tds:Capabilities><tt:Media><tt:XAddr>http://x/old/media</tt:XAddr></tt:Media>"

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return fault("ActionNotSupported")
        return _answer(request, GetCapabilities=told + "</tds:Capabilities>", GetProfiles=_PROFILES)

    async with scripted_unit(script) as unit:
        await drive(unit.endpoint).settings()
    assert "/old/media" in {request.path for request in unit.requests}


async def test_a_unit_without_channels_says_so(drive: Drive) -> None:
    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return http(services_answer("device"))
        return fault("ActionNotSupported")

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitUnsupportedError):
            await drive(unit.endpoint).settings()


def _identity(serial: str, mac: str, hardware: str = "HW-7") -> Script:
    information = (
        "<tds:Manufacturer>M</tds:Manufacturer><tds:Model>X</tds:Model>"
        f"<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>{serial}</tds:SerialNumber>"
        f"<tds:HardwareId>{hardware}</tds:HardwareId>"
    )
    interface = (
        '<tds:NetworkInterfaces token="e"><tt:Enabled>true</tt:Enabled><tt:Info>'
        f"<tt:HwAddress>{mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
    )

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        return _answer(request, GetDeviceInformation=information, GetNetworkInterfaces=interface)

    return script


@pytest.mark.parametrize(
    ("serial", "mac", "known_as"),
    [
        ("DS-123", "00-11-22-AA-BB-CC", "DS-123"),
        ("", "001122AABBCC", "00:11:22:aa:bb:cc"),
        ("00000000", "00:11:22:aa:bb:cc", "00:11:22:aa:bb:cc"),
        ("N/A", "00:00:00:00:00:00", "HW-7"),
    ],
)
async def test_is_known_by_its_serial_number_or_what_comes_next(
    serial: str, mac: str, known_as: str, drive: Drive
) -> None:
    async with scripted_unit(_identity(serial, mac)) as unit:
        assert (await drive(unit.endpoint).identify()).serial == known_as


async def test_a_unit_that_is_nobody_is_refused(drive: Drive) -> None:
    async with scripted_unit(_identity("", "", "")) as unit:
        with pytest.raises(UnitProtocolError, match="who it is"):
            await drive(unit.endpoint).identify()


@pytest.mark.parametrize("limit", ["NaN", "INF", "-5", "1e308", "many"])
async def test_a_limit_that_is_none_does_not_matter(limit: str, drive: Drive) -> None:
    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServiceCapabilities" and "recording" in request.path:
            limits = f'DynamicRecordings="true" MaxRecordings="{limit}" MaxRecordingJobs="{limit}"'
            return _answer(request, GetServiceCapabilities=f"<trc:Capabilities {limits}/>")
        if request.operation == "GetServiceCapabilities":
            told = '<trv:Capabilities SupportedReceivers="7"/>'
            return _answer(request, "trv", GetServiceCapabilities=told)
        return _identity("S", "")(request, _)  # type: ignore[return-value]  # never awaits

    async with scripted_unit(script) as unit:
        assert (await drive(unit.endpoint).probe()).capacity == (0 if limit == "-5" else 7)


async def test_a_channel_that_is_kept_from_recording_is_noticed(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    channel = ChannelConfig(
        name="Gate", uri=camera.uri, username="viewer", password=CAMERA_PASSWORD
    )
    unit = await start_nvr(channels=(channel,))
    driver = drive(unit)
    await _seen(driver, Recording.YES)
    await unit.hold(1)
    await _seen(driver, Recording.NO)
    await unit.let_go(1)
    await _seen(driver, Recording.YES)


async def _seen(driver: OnvifUnit, recording: Recording) -> None:
    """Wait until the first channel is in this state."""
    while True:
        if (await driver.recordings())[1] is recording:
            return
        await asyncio.sleep(0.05)


class _Recorder:
    """A unit with one recording, whose state a test sets."""

    def __init__(self, mode: str = "Active", state: str = "Active", search: str = "full") -> None:
        self.mode = mode
        self.state = state
        self.search = search
        self.until: datetime | None = None
        self.job_extra = ""

    def __call__(self, request: Request, _: asyncio.StreamWriter) -> bytes:
        until = self.until.isoformat().replace("+00:00", "Z") if self.until else ""
        latest = f"<tt:LatestRecording>{until}</tt:LatestRecording>" if until else ""
        until = until or "1970-01-01T00:00:00Z"
        if self.search == "summary" and request.operation == "GetRecordingInformation":
            return fault("ActionNotSupported")
        if request.operation == "GetServices" and self.search == "none":
            return http(services_answer("recording"))
        return _answer(
            request,
            GetRecordings="<trc:RecordingItem><tt:RecordingToken>r</tt:RecordingToken>"
            "</trc:RecordingItem>",
            GetRecordingJobs="<trc:JobItem><tt:JobToken>j</tt:JobToken><tt:JobConfiguration>"
            f"<tt:RecordingToken>r</tt:RecordingToken><tt:Mode>{self.mode}</tt:Mode>"
            f"<tt:Priority>1</tt:Priority>{self.job_extra}</tt:JobConfiguration></trc:JobItem>",
            GetRecordingJobState="<trc:State><tt:RecordingToken>r</tt:RecordingToken>"
            f"<tt:State>{self.state}</tt:State></trc:State>",
            GetRecordingInformation="<tse:RecordingInformation><tt:RecordingToken>r"
            f"</tt:RecordingToken>{latest}<tt:Content/><tt:RecordingStatus>Recording"
            "</tt:RecordingStatus></tse:RecordingInformation>",
            GetRecordingSummary="<tse:Summary><tt:DataFrom>1970-01-01T00:00:00Z</tt:DataFrom>"
            f"<tt:DataUntil>{until}</tt:DataUntil>"
            f"<tt:NumberRecordings>{1 if self.until else 0}</tt:NumberRecordings></tse:Summary>",
        )


def _answer(request: Request, prefix: str = "", **answers: str) -> bytes:
    """Answer with these contents, and with an empty list to every other question."""
    name = request.operation
    if name == "GetServices":
        return http(services_answer("recording", "receiver", "search", "media"))
    by_path = {"recording": "trc", "receiver": "trv", "search": "tse", "media": "trt"}
    prefix = prefix or by_path.get(request.path.rpartition("/")[2], "tds")
    return http(soap(f"<{prefix}:{name}Response>{answers.get(name, '')}</{prefix}:{name}Response>"))


_OLD = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("search", ["full", "summary"])
async def test_a_recording_whose_footage_grows_is_recorded(search: str, drive: Drive) -> None:
    recorder = _Recorder(search=search)
    async with scripted_unit(recorder) as unit:
        driver = drive(unit.endpoint)
        recorder.until = _OLD
        assert await driver.recordings() == {1: Recording.UNKNOWN}
        recorder.until = _OLD + timedelta(seconds=1)
        assert await driver.recordings() == {1: Recording.YES}
        # The unit claims to record, and its footage stands still: neither is proven.
        assert await driver.recordings() == {1: Recording.UNKNOWN}


async def test_a_recording_without_footage_is_not_proven(drive: Drive) -> None:
    async with scripted_unit(_Recorder()) as unit:
        driver = drive(unit.endpoint)
        assert await driver.recordings() == {1: Recording.UNKNOWN}


async def test_a_unit_that_tells_no_times_is_believed(drive: Drive) -> None:
    async with scripted_unit(_Recorder(search="none")) as unit:
        assert await drive(unit.endpoint).recordings() == {1: Recording.YES}


async def test_an_error_is_a_proven_no(drive: Drive) -> None:
    async with scripted_unit(_Recorder(state="Error")) as unit:
        assert await drive(unit.endpoint).recordings() == {1: Recording.NO}


async def test_idle_is_a_proven_no_when_seen_twice(drive: Drive) -> None:
    recorder = _Recorder(state="Idle")
    async with scripted_unit(recorder) as unit:
        driver = drive(unit.endpoint)
        assert await driver.recordings() == {1: Recording.UNKNOWN}
        assert await driver.recordings() == {1: Recording.NO}
        recorder.mode = "Idle"
        assert await driver.recordings() == {1: Recording.NOT_SCHEDULED}
        recorder.mode = "Active"
        assert await driver.recordings() == {1: Recording.UNKNOWN}


@pytest.mark.parametrize(
    "extra",
    [
        "<tt:Extension><tt:EventFilter/></tt:Extension>",
        "<tt:EventFilter><tt:Filter/></tt:EventFilter>",
    ],
)
async def test_a_job_with_rules_of_its_own_may_be_idle(extra: str, drive: Drive) -> None:
    recorder = _Recorder(state="Idle")
    recorder.job_extra = extra
    async with scripted_unit(recorder) as unit:
        driver = drive(unit.endpoint)
        await driver.recordings()
        assert await driver.recordings() == {1: Recording.NOT_SCHEDULED}


@pytest.mark.parametrize("state", ["PartiallyActive", "Confused", ""])
async def test_a_state_that_proves_nothing_is_unknown(state: str, drive: Drive) -> None:
    async with scripted_unit(_Recorder(state=state, search="none")) as unit:
        driver = drive(unit.endpoint)
        await driver.recordings()
        assert await driver.recordings() == {1: Recording.UNKNOWN}


async def test_footage_of_just_now_is_proof_at_first_sight(drive: Drive) -> None:
    recorder = _Recorder()
    ahead = timedelta(days=300)

    def script(request: Request, writer: asyncio.StreamWriter) -> bytes:
        if request.operation != "GetSystemDateAndTime":
            return recorder(request, writer)
        now = datetime.now(UTC) + ahead
        parts = {"Date": ("Year", "Month", "Day"), "Time": ("Hour", "Minute", "Second")}
        told = "".join(
            f"<tt:{outer}>"
            + "".join(f"<tt:{it}>{getattr(now, it.lower())}</tt:{it}>" for it in inner)
            + f"</tt:{outer}>"
            for outer, inner in parts.items()
        )
        utc = f"<tds:SystemDateAndTime><tt:UTCDateTime>{told}</tt:UTCDateTime>"
        return _answer(request, GetSystemDateAndTime=utc + "</tds:SystemDateAndTime>")

    async with scripted_unit(script) as unit:
        driver = drive(unit.endpoint)
        await driver.heartbeat()
        recorder.until = datetime.now(UTC) + ahead
        assert await driver.recordings() == {1: Recording.YES}
