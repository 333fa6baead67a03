"""The Media service: what of the recorder can be watched live, a profile per recorded channel."""

from typing import override

from lxml.etree import _Element as Element

from .config import NvrConfig
from .director import Director
from .faults import invalid
from .service import Answer, Service, operation
from .state import Recording, State
from .xml import Content, Node, element


class MediaService(Service):
    """Media, version 1 (ONVIF Media)."""

    prefix = "trt"
    path = "/onvif/media_service"
    version = (2, 6)

    def __init__(self, config: NvrConfig, state: State, director: Director) -> None:
        self._config = config
        self._state = state
        self._director = director

    @override
    def capabilities(self) -> Element:
        return element(
            "trt:Capabilities",
            element(
                "trt:ProfileCapabilities",
                attributes={"MaximumNumberOfProfiles": self._state.limits.recordings},
            ),
            element(
                "trt:StreamingCapabilities",
                attributes={"RTPMulticast": False, "RTP_TCP": False, "RTP_RTSP_TCP": True},
            ),
            attributes={"SnapshotUri": False},
        )

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Media",
            element("tt:XAddr", address),
            element(
                "tt:StreamingCapabilities",
                element("tt:RTPMulticast", "false"),
                element("tt:RTP_TCP", "false"),
                element("tt:RTP_RTSP_TCP", "true"),
            ),
        )

    @operation("GetProfiles")
    def get_profiles(self, _request: Node) -> Answer:
        """Tell what can be watched."""
        return [self._profile(recording) for recording in self._watchable()]

    @operation("GetVideoSources")
    def get_video_sources(self, _request: Node) -> Answer:
        """Tell the recorder's video inputs."""
        return [
            element(
                "trt:VideoSources",
                element("tt:Framerate", _FRAME_RATE),
                self._resolution(recording),
                attributes={"token": source_token(recording.token)},
            )
            for recording in self._watchable()
        ]

    @operation("GetStreamUri")
    def get_stream_uri(self, request: Node) -> Answer:
        """Tell where a profile can be watched."""
        check_stream_setup(request.child("trt:StreamSetup"))
        wanted = request.text("trt:ProfileToken")
        for recording in self._watchable():
            if profile_token(recording.token) == wanted:
                host, port = self._config.host, self._config.rtsp_port
                return [
                    element(
                        "trt:MediaUri",
                        element("tt:Uri", f"rtsp://{host}:{port}/{recording.token}"),
                        element("tt:InvalidAfterConnect", "false"),
                        element("tt:InvalidAfterReboot", "false"),
                        element("tt:Timeout", "PT0S"),
                    )
                ]
        raise invalid("NoProfile", "There is no such profile")

    def _watchable(self) -> list[Recording]:
        return [
            recording
            for recording in self._state.recordings.values()
            if self._state.ruling_job(recording.token)
        ]

    def _profile(self, recording: Recording) -> Element:
        name, source = recording.labels.name, source_token(recording.token)
        width, height = self._director.resolution(recording.token)
        bounds: dict[str, Content] = {"x": 0, "y": 0, "width": width, "height": height}
        return element(
            "trt:Profiles",
            element("tt:Name", name),
            element(
                "tt:VideoSourceConfiguration",
                element("tt:Name", name),
                element("tt:UseCount", 1),
                element("tt:SourceToken", source),
                element("tt:Bounds", attributes=bounds),
                attributes={"token": f"{source}-configuration"},
            ),
            self._encoder(recording),
            attributes={"token": profile_token(recording.token), "fixed": True},
        )

    def _encoder(self, recording: Recording) -> Element:
        return element(
            "tt:VideoEncoderConfiguration",
            element("tt:Name", recording.labels.name),
            element("tt:UseCount", 1),
            element("tt:Encoding", "H264"),
            self._resolution(recording),
            element("tt:Quality", 1),
            no_multicast(),
            element("tt:SessionTimeout", "PT60S"),
            attributes={"token": f"encoder-{recording.token}"},
        )

    def _resolution(self, recording: Recording) -> Element:
        width, height = self._director.resolution(recording.token)
        return element("tt:Resolution", element("tt:Width", width), element("tt:Height", height))


_FRAME_RATE = 25


def profile_token(recording: str) -> str:
    """Return the token of the profile that shows a recording's channel."""
    return f"profile-{recording}"


def source_token(recording: str) -> str:
    """Return the token of the video source that feeds a recording."""
    return f"source-{recording}"


def no_multicast() -> Element:
    """Return that a stream is sent to nobody who did not ask for it."""
    address = element(
        "tt:Address", element("tt:Type", "IPv4"), element("tt:IPv4Address", "0.0.0.0")
    )
    return element(
        "tt:Multicast",
        address,
        element("tt:Port", 0),
        element("tt:TTL", 0),
        element("tt:AutoStart", "false"),
    )


def check_stream_setup(setup: Node) -> None:
    """Refuse what this unit's RTSP server does not send (onvif.xsd, StreamSetup)."""
    if setup.text("tt:Stream") != "RTP-Unicast":
        raise invalid("InvalidStreamSetup", "This unit sends RTP unicast only")
