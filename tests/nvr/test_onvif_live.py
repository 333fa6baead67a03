"""Where a recorder says that it shows its cameras live."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
import re

import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitProtocolError, UnitUnsupportedError
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import Source
from tests.nvr.conftest import CAMERA_PASSWORD, PASSWORD, Drive, StartNvr
from tests.nvr.scripted_unit import Request, fault, http, scripted_unit, services_answer, soap
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig

_PREFIXES = {"recording": "trc", "receiver": "trv", "media": "trt"}
_PROFILE = "http://www.onvif.org/ver10/schema/Profile"


@dataclass(frozen=True)
class _Profile:
    token: str
    source: str
    name: str = ""
    size: tuple[int, int] = (640, 360)
    encoding: str = "H264"

    def __str__(self) -> str:
        width, height = self.size
        return (
            f'<trt:Profiles token="{self.token}"><tt:Name>P</tt:Name>'
            f'<tt:VideoSourceConfiguration token="v"><tt:Name>{self.name}</tt:Name>'
            f"<tt:UseCount>1</tt:UseCount><tt:SourceToken>{self.source}</tt:SourceToken>"
            '</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e">'
            f"<tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>"
            f"<tt:Encoding>{self.encoding}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>1</tt:Quality>"
            "</tt:VideoEncoderConfiguration></trt:Profiles>"
        )


@dataclass
class _Recorder:
    """A recorder with these profiles, and recordings by token, each with its name."""

    profiles: Sequence[_Profile]
    recordings: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    """The profile that fills a recording."""
    silent: str = ""
    """A profile that it does not know any more."""

    def __call__(self, request: Request, _: asyncio.StreamWriter) -> bytes:
        name = request.operation
        if name == "GetServices":
            names = ("recording", "receiver", "media") if self.recordings else ("media",)
            return http(services_answer(*names))
        if name == "GetStreamUri":
            return self._uri(request)
        answers = {
            "GetProfiles": "".join(map(str, self.profiles)),
            "GetRecordings": "".join(map(self._recording, self.recordings)),
            "GetRecordingJobs": "".join(map(self._job, self.jobs)),
        }
        prefix = _PREFIXES.get(request.path.rpartition("/")[2], "tds")
        body = answers.get(name, "")
        return http(soap(f"<{prefix}:{name}Response>{body}</{prefix}:{name}Response>"))

    def _uri(self, request: Request) -> bytes:
        found = re.search(rb"ProfileToken>([^<]*)<", request.body)
        assert found
        token = found[1].decode()
        if token == self.silent:
            return fault("InvalidArgVal", "NoProfile")
        uri = f"rtsp://u:p@10.1.2.3:8554/{token}"
        return http(
            soap(
                f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri>"
                "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false"
                "</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
                "</trt:GetStreamUriResponse>"
            )
        )

    def _recording(self, token: str) -> str:
        return (
            f"<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken><tt:Configuration>"
            "<tt:Source><tt:SourceId>x</tt:SourceId>"
            f"<tt:Name>{self.recordings[token]}</tt:Name><tt:Location/><tt:Description/>"
            "<tt:Address/></tt:Source><tt:Content/><tt:MaximumRetentionTime>PT0S"
            "</tt:MaximumRetentionTime></tt:Configuration></trc:RecordingItem>"
        )

    def _job(self, recording: str) -> str:
        return (
            "<trc:JobItem><tt:JobToken>j</tt:JobToken><tt:JobConfiguration>"
            f"<tt:RecordingToken>{recording}</tt:RecordingToken><tt:Mode>Active</tt:Mode>"
            f'<tt:Priority>1</tt:Priority><tt:Source><tt:SourceToken Type="{_PROFILE}">'
            f"<tt:Token>{self.jobs[recording]}</tt:Token></tt:SourceToken></tt:Source>"
            "</tt:JobConfiguration></trc:JobItem>"
        )


async def _shown(drive: Drive, recorder: _Recorder) -> dict[int | str, str]:
    """Return the profile that the driver chose for each channel."""
    async with scripted_unit(recorder) as unit:
        found = await drive(unit.endpoint).live()
    for source in found.values():
        assert source.uri.startswith("rtsp://127.0.0.1:8554/")
        assert (source.username, source.password) == ("admin", PASSWORD)
    return {shown: source.uri.rpartition("/")[2] for shown, source in found.items()}


async def test_the_smallest_legible_stream_is_the_one_to_watch(drive: Drive) -> None:
    sizes = {"main": (3840, 2160), "sub": (640, 360), "third": (176, 144), "middle": (1280, 720)}
    profiles = [_Profile(token, "v1", size=size) for token, size in sizes.items()]
    assert await _shown(drive, _Recorder(profiles)) == {1: "sub"}


async def test_of_small_streams_only_the_largest_is_watched(drive: Drive) -> None:
    profiles = [_Profile("tiny", "v1", size=(96, 72)), _Profile("small", "v1", size=(176, 144))]
    assert await _shown(drive, _Recorder(profiles)) == {1: "small"}


async def test_pictures_one_by_one_are_no_stream(drive: Drive) -> None:
    profiles = [
        _Profile("jpeg", "v1", encoding="JPEG"),
        _Profile("video", "v1", size=(1920, 1080)),
        _Profile("jpeg-only", "v2", encoding="JPEG"),
    ]
    assert await _shown(drive, _Recorder(profiles)) == {1: "video"}


async def test_video_sources_are_numbered_as_the_settings_number_them(drive: Drive) -> None:
    profiles = [
        _Profile("b", "v10"),
        _Profile("a", "v2"),
        _Profile("jpeg", "v1", encoding="JPEG"),
        _Profile("of-nothing", ""),
    ]
    assert await _shown(drive, _Recorder(profiles)) == {2: "a", 3: "b"}


async def test_a_recording_is_shown_by_the_profile_that_fills_it(drive: Drive) -> None:
    profiles = [_Profile("p1", "v1", "Gate"), _Profile("p2", "v2", "Yard")]
    recorder = _Recorder(profiles, {"r1": "Yard", "r2": "Gate"}, jobs={"r1": "p1", "r2": "p2"})
    assert await _shown(drive, recorder) == {1: "p1", 2: "p2"}


async def test_a_recording_is_known_by_a_name_that_only_one_has(drive: Drive) -> None:
    profiles = [_Profile("p1", "v1", "Gate"), _Profile("p2", "v2", "Yard"), _Profile("p3", "v3")]
    assert await _shown(drive, _Recorder(profiles, {"r1": "Yard", "r2": "Gate"})) == {
        1: "p2",
        2: "p1",
    }


async def test_names_that_several_have_tell_nothing(drive: Drive) -> None:
    profiles = [_Profile("p1", "v1", "Camera"), _Profile("p2", "v2", "Camera")]
    recordings = dict.fromkeys(("r1", "r2", "r3"), "Camera")
    assert await _shown(drive, _Recorder(profiles, recordings)) == {}


async def test_recordings_as_many_as_video_sources_are_in_the_same_order(drive: Drive) -> None:
    profiles = [_Profile("p2", "v2", "Camera"), _Profile("p10", "v10", "Camera")]
    recordings = dict.fromkeys(("r10", "r2"), "Camera")
    assert await _shown(drive, _Recorder(profiles, recordings)) == {1: "p2", 2: "p10"}


async def test_a_profile_that_is_gone_costs_the_others_nothing(drive: Drive) -> None:
    profiles = [_Profile("p1", "v1"), _Profile("p2", "v2")]
    assert await _shown(drive, _Recorder(profiles, silent="p1")) == {2: "p2"}


async def test_more_profiles_than_any_unit_has_are_refused(drive: Drive) -> None:
    recorder = _Recorder([_Profile(f"p{number}", "v") for number in range(1025)])
    with pytest.raises(UnitProtocolError):
        await _shown(drive, recorder)


async def test_a_unit_without_media_says_that_it_shows_nothing(drive: Drive) -> None:
    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return http(services_answer("device"))
        return fault("ActionNotSupported")

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitUnsupportedError):
            await drive(unit.endpoint).live()


async def test_a_recorder_shows_its_channels_and_what_it_records_as_a_spare(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    own = ChannelConfig(name="Gate", uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)
    unit = await start_nvr(channels=(own,))
    driver = drive(unit)
    source = Source(uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)
    place = Place(key="NVR-7/3", name="Yard", source=source)
    assert not await driver.record([place])
    found = await driver.live()
    assert set(found) == {1, "NVR-7/3"}
    assert len({it.uri for it in found.values()}) == 2
