"""Answers that no honest unit sends: a clear error, in bounded time and memory."""

import asyncio
from collections.abc import Callable
import gzip
import logging
import tracemalloc

import pytest

from custom_components.nvr_hotspare.nvr.errors import (
    UnitError,
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.onvif.wsdl import messages
from tests.nvr.conftest import Drive
from tests.nvr.scripted_unit import (
    Request,
    Script,
    fault,
    http,
    scripted_unit,
    services_answer,
    soap,
)

_BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(ord('b') + step)} '{f'&{chr(ord("a") + step)};' * 10}'>" for step in range(12)
)
_ANSWER = soap(
    "<tds:GetDeviceInformationResponse><tds:SerialNumber>S-1</tds:SerialNumber>"
    "</tds:GetDeviceInformationResponse>"
)


def _streaming(head: bytes, chunk: bytes) -> Script:
    """Send without end."""

    async def script(_: Request, writer: asyncio.StreamWriter) -> bytes:
        writer.write(head)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
        return b""

    return script


async def _dripping(_: Request, writer: asyncio.StreamWriter) -> bytes:
    """Send a byte now and then, so that the connection never falls silent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)
    return b""


@pytest.mark.parametrize(
    "body",
    [
        f"{_BOMB}]>{soap('&m;')}",
        f"{_BOMB}]>" + soap("").replace("<s:Body", "<s:Body x='&m;'"),
        f"<!DOCTYPE x>{_ANSWER}",
        f"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>{_ANSWER}",
        f"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>{soap('&a;')}",
        _ANSWER[:-20],
        "<a>" * 100_000,
        "<html/>",
        '{"not": "xml"}',
        "\x00\x01\x02",
        soap(""),
        soap("<tds:GetServicesResponse/>"),
        soap("<tds:RebootResponse/>"),
    ],
    ids=[
        "bomb in text",
        "bomb in attribute",
        "document type",
        "external document type",
        "external entity",
        "truncated",
        "deep",
        "page",
        "json",
        "binary",
        "empty body",
        "answer to another request",
        "no answer at all",
    ],
)
async def test_nonsense_is_a_protocol_error(body: str, drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(body)) as unit:
        with pytest.raises(UnitProtocolError):
            await drive(unit.endpoint).identify()


@pytest.mark.parametrize(
    "script",
    [
        _streaming(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n", b"x" * 65_536),
        _streaming(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
        _streaming(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400\r\n" + b"x" * 1024 + b"\r\n",
        ),
        _streaming(b"HTTP/1.1 200 OK\r\n", b"X-Padding: padding\r\n"),
        _streaming(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536),
    ],
    ids=["50 MB", "endless", "endless chunks", "endless headers", "endless header"],
)
async def test_an_answer_too_large_is_cut_off(script: Script, drive: Drive) -> None:
    await messages()
    async with scripted_unit(script) as unit:
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            with pytest.raises(UnitProtocolError):
                await drive(unit.endpoint).identify()
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "script",
    [
        _dripping,
        _streaming(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["dripping", "endless interim answers"],
)
async def test_an_answer_that_never_ends_is_given_up(script: Script, drive: Drive) -> None:
    async with scripted_unit(script) as unit:
        with pytest.raises(UnitUnreachableError, match="in time"):
            await drive(unit.endpoint, timeout=0.3).identify()


async def test_a_compressed_answer_is_not_unpacked(drive: Drive) -> None:
    packed = gzip.compress(b" " * 100_000_000, 1)
    async with scripted_unit(lambda *_: http(packed, Content_Encoding="gzip")) as unit:
        with pytest.raises(UnitProtocolError, match="compressed"):
            await drive(unit.endpoint).identify()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Length: 13\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["ssh", "status", "two lengths", "negative length", "chunk size"],
)
async def test_what_is_not_http_is_a_protocol_error(answer: bytes, drive: Drive) -> None:
    async with scripted_unit(lambda *_: answer) as unit:
        with pytest.raises(UnitProtocolError):
            await drive(unit.endpoint).identify()


async def test_what_the_others_distort_is_a_good_answer(drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(_ANSWER)) as unit:
        assert (await drive(unit.endpoint).identify()).serial == "S-1"


async def test_an_answer_cut_in_the_middle_is_an_error(drive: Drive) -> None:
    async def script(_: Request, writer: asyncio.StreamWriter) -> bytes:
        writer.write(http(_ANSWER)[:-30])
        await writer.drain()
        return b""

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitError):
            await drive(unit.endpoint).identify()


async def test_a_redirect_is_not_followed(drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(_ANSWER)) as other:
        address = f"http://127.0.0.1:{other.endpoint.port}/"
        redirect = http("", "307 Elsewhere", Location=address)
        async with scripted_unit(lambda *_: redirect) as unit:
            with pytest.raises(UnitProtocolError):
                await drive(unit.endpoint).identify()
    assert other.requests == []


async def test_services_at_foreign_addresses_are_asked_at_the_host_given(drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(services_answer("media"))) as other:

        def script(request: Request, _: asyncio.StreamWriter) -> bytes:
            if request.operation == "GetServices":
                address = f"http://127.0.0.1:{other.endpoint.port}"
                return http(services_answer("recording", address=address))
            return fault("ActionNotSupported")

        async with scripted_unit(script) as unit:
            with pytest.raises(UnitUnsupportedError):
                await drive(unit.endpoint).places()
            assert ("/onvif/recording", "GetRecordings") in {
                (request.path, request.operation) for request in unit.requests
            }
    assert other.requests == []


async def test_a_flood_of_recordings_is_refused(drive: Drive) -> None:
    items = "".join(
        f"<trc:RecordingItem><tt:RecordingToken>{number}</tt:RecordingToken></trc:RecordingItem>"
        for number in range(2000)
    )

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return http(services_answer("recording"))
        return http(
            soap(f"<trc:{request.operation}Response>{items}</trc:{request.operation}Response>")
        )

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitProtocolError, match="more"):
            await drive(unit.endpoint).recordings()


async def test_wrong_values_and_types_neither_crash_nor_flood_the_log(
    drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    item = (
        '<trc:RecordingItem xsi:type="tt:IntRange"><tt:Min>x</tt:Min></trc:RecordingItem>'
        "<trc:RecordingItem><tt:RecordingToken><tt:a/></tt:RecordingToken>"
        "<tt:Configuration>text</tt:Configuration></trc:RecordingItem>"
        "<trc:JobItem><tt:JobToken>j</tt:JobToken><tt:JobConfiguration>"
        "<tt:Priority>many</tt:Priority><tt:Unknown/></tt:JobConfiguration></trc:JobItem>"
    )

    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetServices":
            return http(services_answer("recording", "media"))
        name = request.operation
        prefix = "trt" if name.startswith(("GetProf", "GetVideo")) else "trc"
        return http(soap(f"<{prefix}:{name}Response>{item * 100}</{prefix}:{name}Response>"))

    async with scripted_unit(script) as unit:
        with caplog.at_level(logging.INFO), pytest.raises(UnitError):
            await drive(unit.endpoint).recordings()
    assert caplog.records == []


_FAULTS: list[tuple[bytes, type[UnitError]]] = [
    (fault("Action", "MaxRecordings", status="500 Error"), UnitFullError),
    (fault("Action", "MaxReceivers"), UnitFullError),
    (fault("ActionNotSupported", "NotImplemented"), UnitUnsupportedError),
    (fault("InvalidArgVal", "BadConfiguration"), UnitRequestError),
    (fault(), UnitRequestError),
    (fault("InvalidArgVal", status="200 OK"), UnitRequestError),
]


@pytest.mark.parametrize(("answer", "kind"), _FAULTS)
async def test_a_fault_becomes_the_error_that_says_the_same(
    answer: bytes, kind: type[UnitError], drive: Drive
) -> None:
    async with scripted_unit(lambda *_: answer) as unit:
        with pytest.raises(kind, match="Because"):
            await drive(unit.endpoint).restart()


async def test_a_soap_11_fault_is_understood(drive: Drive) -> None:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        "<faultcode>ter:ActionNotSupported</faultcode><faultstring>No</faultstring>"
        "</e:Fault></e:Body></e:Envelope>"
    )
    async with scripted_unit(lambda *_: http(body, "500 Error")) as unit:
        with pytest.raises(UnitUnsupportedError, match="No"):
            await drive(unit.endpoint).restart()


_ODD_REASONS: list[tuple[str, Callable[[str], bool]]] = [
    ("bad\nlog line\x1b[31m \x7f\u202e".replace("\x1b", ""), str.isprintable),
    ("long " * 10_000, lambda text: len(text) <= 200),
    ("rtsp://user:p@ss/w@10.0.0.1/x is wrong", lambda text: "ss/w" not in text),
]


@pytest.mark.parametrize(("reason", "holds"), _ODD_REASONS, ids=["control", "long", "secret"])
async def test_a_reason_is_made_fit_to_be_shown(
    reason: str, holds: Callable[[str], bool], drive: Drive
) -> None:
    answer = fault("InvalidArgVal", reason=reason.replace("\x7f", "&#x7f;"))
    async with scripted_unit(lambda *_: answer) as unit:
        with pytest.raises(UnitRequestError) as caught:
            await drive(unit.endpoint).restart()
    assert holds(str(caught.value))


async def test_a_deeply_nested_fault_ends(drive: Drive) -> None:
    async with scripted_unit(lambda *_: fault(*["Deep"] * 60)) as unit:
        with pytest.raises(UnitRequestError):
            await drive(unit.endpoint).restart()
