"""RTSP messages as bytes, whole, in pieces and hostile."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.rtsp.message import (
    MAX_BODY,
    MAX_HEAD,
    MAX_HEADERS,
    Headers,
    InterleavedPacket,
    MalformedMessageError,
    MessageParser,
    Request,
    Response,
)

STREAM = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Digest\r\n\r\n"
    b"$\x00\x00\x03abc$\x01\x00\x00"
    b"\r\nSET_PARAMETER rtsp://c/1 RTSP/1.0\ncseq:2\nContent-Length: 4\n\n\r\n$x"
    b"$\x02\x00\x01z"
)


def test_what_is_encoded_parses_back() -> None:
    request = Request("DESCRIBE", "rtsp://camera/1", Headers([("CSeq", "7")]), b"body")
    response = Response(404, "Not Found", Headers([("CSeq", "7")]))
    packet = InterleavedPacket(1, b"\x80\x00")

    first, second, third = MessageParser().feed(
        request.encode() + response.encode() + packet.encode()
    )

    assert isinstance(first, Request)
    assert (first.method, first.uri, first.body) == ("DESCRIBE", "rtsp://camera/1", b"body")
    assert first.headers.get("content-length") == "4"
    assert isinstance(second, Response)
    assert (second.status, second.reason, second.headers.get("CSEQ")) == (404, "Not Found", "7")
    assert third == packet


@given(cuts=st.sets(st.integers(1, len(STREAM) - 1)))
def test_chunks_may_end_anywhere(cuts: set[int]) -> None:
    parser = MessageParser()
    edges = [0, *sorted(cuts), len(STREAM)]

    messages = [
        message for start, end in pairwise(edges) for message in parser.feed(STREAM[start:end])
    ]

    response, *packets, request, last = messages
    assert isinstance(response, Response)
    assert response.headers.get_all("www-authenticate") == ["Basic", "Digest"]
    assert packets == [InterleavedPacket(0, b"abc"), InterleavedPacket(1, b"")]
    assert isinstance(request, Request)
    assert (request.headers.get("CSeq"), request.body) == ("2", b"\r\n$x")
    assert last == InterleavedPacket(2, b"z")


def test_messages_before_a_broken_one_are_not_lost() -> None:
    packet = InterleavedPacket(0, b"abc")

    with pytest.raises(MalformedMessageError) as caught:
        MessageParser().feed(packet.encode() + b"\x00")

    assert caught.value.before == [packet]


def test_folded_header_lines_are_one_value() -> None:
    (response,) = MessageParser().feed(b"RTSP/1.0 200 OK\r\nPublic: OPTIONS,\r\n  PLAY\r\n\r\n")

    assert isinstance(response, Response)
    assert response.headers.get("Public") == "OPTIONS, PLAY"


def test_a_response_may_lack_its_reason() -> None:
    (response,) = MessageParser().feed(b"RTSP/1.0 200\r\n\r\n")

    assert isinstance(response, Response)
    assert (response.status, response.reason) == (200, "")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="http"),
        pytest.param(b"\x16\x03\x01\x02", id="tls"),
        pytest.param(b"RTSP/1.0 2000 OK\r\n\r\n", id="status"),
        pytest.param(b"RTSP/2.0 200 OK\r\n\r\n", id="version"),
        pytest.param(b"RTSP/1.0 200 OK\r\nno name\r\n\r\n", id="no colon"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", id="huge length"),
        pytest.param(
            b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), id="length"
        ),
        pytest.param(
            b"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"
        ),
        pytest.param(b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * MAX_HEADERS * 2 + b"\r\n", id="count"),
        pytest.param(b"RTSP/1.0 200 " + b"a" * MAX_HEAD, id="endless line"),
    ],
)
def test_what_is_not_rtsp_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        MessageParser().feed(data)


@pytest.mark.parametrize("text", ["a\r\nEvil: 1", "a\nb", "a\x00", "a\x7f"])
def test_no_text_can_end_its_line_early(text: str) -> None:
    for message in (
        Request("PLAY", text),
        Request(text, "rtsp://camera"),
        Request("PLAY", "rtsp://camera", Headers([("Session", text)])),
        Request("PLAY", "rtsp://camera", Headers([(text, "1")])),
        Response(200, text),
    ):
        with pytest.raises(ValueError, match="can't be sent"):
            message.encode()


def test_headers_do_not_show_their_values() -> None:
    assert "secret" not in repr(Request("PLAY", "*", Headers([("Authorization", "secret")])))
