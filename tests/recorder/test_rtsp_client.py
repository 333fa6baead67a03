"""The RTSP client against cameras that answer well, badly and never."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from custom_components.nvr_hotspare.recorder import stream
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.errors import (
    SourceBusyError,
    SourceError,
    SourceNotFoundError,
    SourceProtocolError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.model import Frame, Source, Tracks
from custom_components.nvr_hotspare.recorder.rtsp import client, connection
from custom_components.nvr_hotspare.recorder.rtsp.client import open_session
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    Request,
    Response,
)
from custom_components.nvr_hotspare.recorder.stream import open_stream
from tests.recorder.scripted_camera import (
    FRAME,
    NOW,
    SDP,
    ScriptedCamera,
    eventually,
    gops,
    scripted_camera,
    sender_report,
)


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        yield camera


async def test_it_plays_and_tears_down(camera: ScriptedCamera) -> None:
    camera.media = InterleavedPacket(0, b"abc").encode()

    async with open_session(camera.source()) as session:
        packets = await session.read()

    assert packets == [InterleavedPacket(0, b"abc")]
    assert camera.methods == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    describe, setup, play, teardown = camera.requests
    assert describe.uri == camera.uri
    assert setup.uri == camera.uri + "/track1"
    assert setup.headers.get("Transport") == "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert play.uri == teardown.uri == camera.uri + "/"
    assert play.headers.get("Session") == teardown.headers.get("Session") == "42"
    assert [request.headers.get("CSeq") for request in camera.requests] == list("1234")


@pytest.mark.parametrize(
    "guard",
    [
        pytest.param(Guard("camera", {"admin": "secret"}), id="sha-256 and md5"),
        pytest.param(Guard("camera", {"admin": "secret"}, algorithms=["MD5"]), id="md5"),
        pytest.param(Guard("camera", {"admin": "secret"}, algorithms=[], basic=True), id="basic"),
    ],
)
async def test_it_logs_in(camera: ScriptedCamera, guard: Guard) -> None:
    camera.guard = guard

    async with open_session(camera.source("admin", "secret")):
        pass

    assert camera.methods == ["DESCRIBE", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert "secret" not in "".join(
        value for request in camera.requests for _, value in request.headers
    )


async def test_a_wrong_password_is_sent_once(camera: ScriptedCamera) -> None:
    camera.guard = Guard("camera", {"admin": "secret"})

    with pytest.raises(SourceRejectedError):
        async with open_session(camera.source("admin", "wrong")):
            pass

    assert camera.methods == ["DESCRIBE", "DESCRIBE"]


async def test_without_an_account_no_login_is_tried(camera: ScriptedCamera) -> None:
    camera.guard = Guard("camera", {"": ""})

    with pytest.raises(SourceRejectedError):
        async with open_session(camera.source()):
            pass

    assert camera.methods == ["DESCRIBE"]


async def test_a_stale_nonce_is_no_wrong_password(camera: ScriptedCamera) -> None:
    camera.guard = Guard("camera", {"admin": "secret"})
    elsewhere = Guard("camera", {"admin": "secret"})

    def first_challenge(request: Request) -> Response:
        if request.headers.get("Authorization"):
            return camera.honest(request)
        fields = [("WWW-Authenticate", value) for value in elsewhere.challenges()]
        return Response(401, "Unauthorized", Headers(fields))

    camera.answers["DESCRIBE"] = first_challenge
    async with open_session(camera.source("admin", "secret")):
        pass

    assert camera.methods[:4] == ["DESCRIBE", "DESCRIBE", "DESCRIBE", "SETUP"]


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, SourceRejectedError),
        (404, SourceNotFoundError),
        (453, SourceBusyError),
        (503, SourceBusyError),
        (461, SourceUnsupportedError),
        (302, SourceProtocolError),
        (500, SourceProtocolError),
    ],
)
async def test_refusals_have_their_error(
    camera: ScriptedCamera, method: str, status: int, error: type[SourceError]
) -> None:
    camera.answers[method] = lambda _: Response(
        status, "No", Headers([("Location", "rtsp://elsewhere/")])
    )

    with pytest.raises(error):
        async with open_session(camera.source()):
            pass


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        pytest.param("DESCRIBE", b"HTTP/1.1 400 Bad Request\r\n\r\n", id="web server"),
        pytest.param("DESCRIBE", b"\x00\x01\x02\x03", id="no text"),
        pytest.param("DESCRIBE", b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 9999, id="endless headers"),
        pytest.param("DESCRIBE", b"RTSP/1.0 200 OK\r\nA: " + b"b" * 99999, id="endless line"),
        pytest.param(
            "DESCRIBE", b"RTSP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\n", id="lying length"
        ),
        pytest.param("DESCRIBE", Response(200, "OK"), id="no description"),
        pytest.param("SETUP", Response(200, "OK"), id="no session"),
        pytest.param(
            "DESCRIBE",
            Response(200, "OK", Headers(), SDP.replace(b"track1", b"a\x00b")),
            id="control characters in a URI",
        ),
        pytest.param(
            "DESCRIBE",
            Response(200, "OK", Headers(), SDP.replace(b"track1", b"a RTSP/1.0 b")),
            id="a URI that goes on as something else",
        ),
    ],
)
async def test_what_is_no_rtsp(
    camera: ScriptedCamera, method: str, answer: bytes | Response
) -> None:
    camera.answers[method] = lambda _: answer

    with pytest.raises(SourceProtocolError):
        async with open_session(camera.source()):
            pass


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
async def test_silence_is_not_waited_for_forever(
    camera: ScriptedCamera, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_ANSWER_TIMEOUT", 0.5)
    camera.answers[method] = lambda _: None

    with pytest.raises(SourceUnreachableError, match=method):
        async with open_session(camera.source()):
            pass


async def test_a_trickle_is_not_waited_for_forever(camera: ScriptedCamera) -> None:
    async def trickle() -> None:
        while True:
            camera.send(b"a")
            await asyncio.sleep(0.01)

    camera.answers["DESCRIBE"] = lambda _: b"RTSP/1.0 200 OK\r\nA: "
    task = asyncio.create_task(trickle())

    with pytest.raises(SourceUnreachableError):
        async with open_session(camera.source(), 0.2):
            pass

    task.cancel()


@pytest.mark.parametrize("host", ["127.0.0.1:1", "a..b", "a" * 300])
async def test_nobody_listens(host: str) -> None:
    with pytest.raises(SourceUnreachableError):
        async with open_session(Source(uri=f"rtsp://{host}/main")):
            pass


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/main",
        "rtsps://127.0.0.1/main",
        "rtsp:///main",
        "rtsp://127.0.0.1:99999/main",
        "rtsp://[::1/main",
        "rtsp://127.0.0.1/a b",
        "rtsp://127.0.0.1/a\r\nEvil: 1",
        "rtsp://admin:secret@127.0.0.1/main",
        "",
    ],
)
async def test_what_is_no_source(uri: str) -> None:
    with pytest.raises(SourceUnsupportedError) as caught:
        async with open_session(Source(uri=uri)):
            pass

    assert "secret" not in str(caught.value)


async def test_an_end_of_the_connection_is_an_error(camera: ScriptedCamera) -> None:
    camera.media, camera.hang_up = InterleavedPacket(0, b"abc").encode(), True

    async with open_session(camera.source()) as session:
        await session.read()
        with pytest.raises(SourceUnreachableError, match="closed"):
            await session.read()

    assert "TEARDOWN" not in camera.methods


async def test_rubbish_after_play_is_an_error(camera: ScriptedCamera) -> None:
    camera.media = b"\x80\x60rubbish"

    with pytest.raises(SourceProtocolError):
        async with open_session(camera.source()) as session:
            await session.read()


async def test_keepalive_falls_back_to_options(
    camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_KEEPALIVE_INTERVALS", (0.01, 0.01))
    camera.answers["GET_PARAMETER"] = lambda _: Response(501, "Not Implemented")

    async with open_session(camera.source()):
        await eventually(lambda: "OPTIONS" in camera.methods)

    assert camera.methods.count("GET_PARAMETER") == 1
    assert camera.requests[-2].headers.get("Session") == "42"


async def test_channels_are_those_the_camera_chose(camera: ScriptedCamera) -> None:
    camera.answers["SETUP"] = lambda _: Response(
        200, "OK", Headers([("Session", "7"), ("Transport", "RTP/AVP/TCP;interleaved=6-9")])
    )

    async with open_session(camera.source()) as session:
        assert session.video == (6, 9)


async def test_a_camera_waits_for_a_reader_who_is_slow(camera: ScriptedCamera) -> None:
    camera.media = InterleavedPacket(0, bytes(60_000)).encode() * 500
    count = 0

    async with open_session(camera.source()) as session:
        await eventually(lambda: session._connection._waiting > connection.MAX_WAITING)
        await asyncio.sleep(0.05)
        assert session._connection._waiting < connection.MAX_WAITING + 2 * connection.CHUNK
        async with asyncio.timeout(60):
            while count < 500:
                count += len(await session.read())


async def test_frames_have_track_and_capture_time(camera: ScriptedCamera) -> None:
    camera.media = sender_report(NOW, 0) + gops([4, 5, 6])
    found: list[tuple[Tracks, Frame]] = []

    async with open_stream(camera.source()) as frames:
        while len(found) < 2:
            found += await frames.read()

    assert [(frame.ticks, frame.key) for _, frame in found] == [
        (5 * FRAME, True),
        (6 * FRAME, False),
    ]
    assert all((video.width, video.height) == (1280, 720) for (video, _), _ in found)


async def test_frames_before_the_parameter_sets_are_no_silence(camera: ScriptedCamera) -> None:
    camera.media = gops([3, 4])
    rest = gops([3, 4, 5, 6]).removeprefix(camera.media)

    async with open_stream(camera.source()) as frames:
        assert await frames.read() == []
        camera.send(rest)
        found: list[tuple[Tracks, Frame]] = []
        while not found:
            found = await frames.read()

    assert found[0][1].key


async def test_packets_without_frames_are_silence(
    camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE", 0.1)

    async def send_reports() -> None:
        while True:
            camera.send(sender_report(NOW, 0) + InterleavedPacket(0, b"no RTP").encode())
            await asyncio.sleep(0.01)

    async with open_stream(camera.source()) as frames:
        task = asyncio.create_task(send_reports())
        with pytest.raises(SourceUnreachableError, match="no frames"):
            await frames.read()
        task.cancel()
