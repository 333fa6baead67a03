"""What a virtual camera tells of its settings by ONVIF, and takes: its time and its encoding.

It only keeps what it is told: its stream stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lxml.etree import _Element as Element

from .clip import ClipFormat
from .nvr.access import Access
from .nvr.config import Auth, Lockout
from .nvr.device import time_told
from .nvr.faults import invalid
from .nvr.media import no_multicast
from .nvr.server import SoapServer
from .nvr.service import Answer, Operations, Provider, operation
from .nvr.xml import NAMESPACES, Node, element
from .private import Credentials
from .stamp import FRAME_RATE

_TOKEN = "main"  # noqa: S105 - ONVIF's word for an identifier
_KILO = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How it says that it encodes."""

    codec: str
    width: int
    height: int
    frame_rate: int
    bitrate: int
    """Kilobits per second."""
    gop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """Who may ask a camera."""

    username: str
    password: str
    auth: Auth = Auth.BOTH
    lockout: Lockout | None = None


class CameraSettings:
    """The settings of one camera, and where they are told.

    Attributes:
        ahead: By how much its clock is ahead of the right time.
        time_source: NTP or Manual.
        encoding: Of its only stream.
        asked: How often it was asked for that.
    """

    def __init__(self, shown: ClipFormat, credentials: Credentials) -> None:
        self.ahead = timedelta()
        self.time_source = "NTP"
        self.encoding = Encoding(
            codec=shown.codec.name,
            width=shown.width,
            height=shown.height,
            frame_rate=FRAME_RATE,
            bitrate=shown.bit_rate // _KILO,
            gop=shown.gop,
        )
        self.asked = 0
        account = _Account(username=credentials.username, password=credentials.password)
        self._access = Access(account, self.now)
        self._server: SoapServer | None = None

    @property
    def wrong_ones(self) -> int:
        """How many wrong passwords there ever were."""
        return self._access.lock.wrong_ones

    def now(self) -> datetime:
        """Return the time by its clock."""
        return datetime.now(UTC) + self.ahead

    async def start(self, host: str, port: int) -> None:
        """Tell and take them at an address; OSError where that is taken."""
        origin = f"http://{host}:{port}"
        operations = Operations([_Device(self, origin), _Media(self)])
        self._server = SoapServer(operations, self._access, _nothing, _nothing)
        await self._server.start(host, port, None)

    async def stop(self) -> None:
        """Tell nothing any more."""
        if self._server is not None:
            await self._server.stop()


class _Device(Provider):
    prefix = "tds"

    def __init__(self, settings: CameraSettings, origin: str) -> None:
        self._settings = settings
        self._origin = origin

    @operation("GetServices", pre_auth=True)
    def get_services(self, _request: Node) -> Answer:
        """Tell where each service answers."""
        return [
            element(
                "tds:Service",
                element("tds:Namespace", NAMESPACES[prefix]),
                element("tds:XAddr", f"{self._origin}/onvif/{name}_service"),
                element("tds:Version", element("tt:Major", 2), element("tt:Minor", 6)),
            )
            for prefix, name in (("tds", "device"), ("trt", "media"))
        ]

    @operation("GetSystemDateAndTime", pre_auth=True)
    def get_system_date_and_time(self, _request: Node) -> Answer:
        """Tell the time."""
        return [time_told(self._settings.now(), self._settings.time_source)]

    @operation("SetSystemDateAndTime")
    def set_system_date_and_time(self, request: Node) -> Answer:
        """Take the time."""
        told = request.child("tds:UTCDateTime")
        date, time = told.child("tt:Date"), told.child("tt:Time")
        names = (date, ("Year", "Month", "Day")), (time, ("Hour", "Minute", "Second"))
        numbers = [node.integer(f"tt:{name}") for node, parts in names for name in parts]
        year, month, day, hour, minute, second = numbers
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise invalid("InvalidDateTime", "That is no time") from None
        self._settings.ahead = moment - datetime.now(UTC)
        self._settings.time_source = request.text("tds:DateTimeType")
        return []


class _Media(Provider):
    prefix = "trt"

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings

    @operation("GetVideoEncoderConfigurations")
    def get_video_encoder_configurations(self, _request: Node) -> Answer:
        """Tell how it encodes."""
        self._settings.asked += 1
        return [_configuration("trt:Configurations", self._settings.encoding)]

    @operation("SetVideoEncoderConfiguration")
    def set_video_encoder_configuration(self, request: Node) -> Answer:
        """Take how to encode; of it what recorders change."""
        told = request.child("trt:Configuration")
        if told.attribute("token") != _TOKEN:
            raise invalid("NoConfig", "There is no such configuration")
        size, rate = told.child("tt:Resolution"), told.child("tt:RateControl")
        self._settings.encoding = replace(
            self._settings.encoding,
            width=size.integer("tt:Width"),
            height=size.integer("tt:Height"),
            frame_rate=rate.integer("tt:FrameRateLimit"),
            bitrate=rate.integer("tt:BitrateLimit"),
        )
        return []


def _configuration(name: str, encoding: Encoding) -> Element:
    return element(
        name,
        element("tt:Name", "Main stream"),
        element("tt:UseCount", 1),
        element("tt:Encoding", encoding.codec),
        element(
            "tt:Resolution",
            element("tt:Width", encoding.width),
            element("tt:Height", encoding.height),
        ),
        element("tt:Quality", 5),
        element(
            "tt:RateControl",
            element("tt:FrameRateLimit", encoding.frame_rate),
            element("tt:EncodingInterval", 1),
            element("tt:BitrateLimit", encoding.bitrate),
        ),
        element(
            "tt:H264", element("tt:GovLength", encoding.gop), element("tt:H264Profile", "Main")
        ),
        no_multicast(),
        element("tt:SessionTimeout", "PT60S"),
        attributes={"token": _TOKEN},
    )


async def _nothing() -> None:
    """Do nothing before or after a request."""
