"""Peers that behave oddly: a server that sends what a test tells it, and a proxy that cuts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import re

from lxml import etree

from custom_components.nvr_hotspare.nvr.model import Endpoint

SOAP = "http://www.w3.org/2003/05/soap-envelope"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The name of the operation asked for."""
        body = etree.fromstring(self.body).find(f"{{{SOAP}}}Body")
        assert body is not None
        return etree.QName(body[0]).localname

    @property
    def carries_token(self) -> bool:
        """Whether it holds a WS-UsernameToken."""
        return b"UsernameToken" in self.body

    @property
    def carries_digest(self) -> bool:
        """Whether it answers a challenge of HTTP Digest."""
        return self.headers.get("authorization", "").startswith("Digest ")


type Script = Callable[[Request, asyncio.StreamWriter], Awaitable[bytes] | bytes]


@dataclass(slots=True)
class ScriptedUnit:
    """What a scripted server was asked, and where it is."""

    endpoint: Endpoint
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def asked(self, operation: str) -> int:
        """Return how often an operation was asked for."""
        return sum(request.operation == operation for request in self.requests)

    @property
    def attempts(self) -> int:
        """How many requests claimed to know a password."""
        return sum(it.carries_token or it.carries_digest for it in self.requests)


@asynccontextmanager
async def scripted_unit(script: Script) -> AsyncIterator[ScriptedUnit]:
    """Serve what a script returns; an empty answer closes the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        unit.connections += 1
        try:
            while True:
                request = await _read_request(reader)
                unit.requests.append(request)
                answer = script(request, writer)
                sent = answer if isinstance(answer, bytes) else await answer
                if not sent:
                    break
                writer.write(sent)
                await writer.drain()
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    unit = ScriptedUnit(Endpoint(host="127.0.0.1", port=port))
    try:
        yield unit
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (entry.partition(":") for entry in fields if entry)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(line.split(" ")[1], headers, body)


def http(
    body: bytes | str,
    status: str = "200 OK",
    content_type: str = "application/soap+xml",
    **headers: str,
) -> bytes:
    """Return a whole HTTP response."""
    content = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": content_type, "Content-Length": str(len(content))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + content


def soap(body: str) -> str:
    """Wrap a SOAP body; the usual prefixes may be used in it."""
    names = {
        "s": SOAP,
        "tt": "http://www.onvif.org/ver10/schema",
        "tds": "http://www.onvif.org/ver10/device/wsdl",
        "trt": "http://www.onvif.org/ver10/media/wsdl",
        "trc": "http://www.onvif.org/ver10/recording/wsdl",
        "trv": "http://www.onvif.org/ver10/receiver/wsdl",
        "tse": "http://www.onvif.org/ver10/search/wsdl",
        "ter": "http://www.onvif.org/ver10/error",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in names.items())
    return f"<s:Envelope {declared}><s:Body>{body}</s:Body></s:Envelope>"


def fault(*codes: str, reason: str = "Because", status: str = "400 Bad Request") -> bytes:
    """Return a SOAP fault with these subcodes, outermost first."""
    nested = ""
    for code in reversed(codes):
        nested = f"<s:Subcode><s:Value>ter:{code}</s:Value>{nested}</s:Subcode>"
    text = f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason>'
    body = f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{nested}</s:Code>{text}</s:Fault>"
    return http(soap(body), status=status)


def time_answer(year: int = 2026, hour: int = 10, second: int = 30) -> str:
    """Return the answer to GetSystemDateAndTime, on 23 November."""
    time = f"<tt:Hour>{hour}</tt:Hour><tt:Minute>20</tt:Minute><tt:Second>{second}</tt:Second>"
    date = f"<tt:Year>{year}</tt:Year><tt:Month>11</tt:Month><tt:Day>23</tt:Day>"
    utc = f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
    told = f"<tds:SystemDateAndTime>{utc}</tds:SystemDateAndTime>"
    return soap(f"<tds:GetSystemDateAndTimeResponse>{told}</tds:GetSystemDateAndTimeResponse>")


def services_answer(*names: str, address: str = "http://10.9.8.7:81") -> str:
    """Return the answer to GetServices of a unit with these services."""
    entries = "".join(
        f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
        f"<tds:XAddr>{address}/onvif/{name}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>"
        for name in names
    )
    return soap(f"<tds:GetServicesResponse>{entries}</tds:GetServicesResponse>")


@dataclass(slots=True)
class CuttingProxy:
    """Where a proxy is, and what has reached the unit through it."""

    endpoint: Endpoint
    passed: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def cutting_proxy(
    target: Endpoint,
    *,
    whole: int = 10_000,
    forward_last: bool = False,
    meanwhile: Callable[[CuttingProxy], Awaitable[None]] | None = None,
) -> AsyncIterator[CuttingProxy]:
    """Stand before a unit and fall silent after so many whole exchanges.

    Args:
        target: The unit.
        whole: Exchanges that get through.
        forward_last: Whether the unit still gets the next request, its answer being lost.
        meanwhile: Called when the unit has answered and the client does not know it yet.
    """

    async def exchange(proxy: CuttingProxy, request: bytes) -> bytes:
        cut = len(proxy.passed) >= whole
        if cut and not (forward_last and len(proxy.passed) == whole):
            return b""
        proxy.passed.append(request)
        answer = await _ask(target, request)
        if meanwhile:
            await meanwhile(proxy)
        return b"" if cut else answer

    async with _proxy(exchange) as proxy:
        yield proxy


@asynccontextmanager
async def failing_proxy(
    target: Endpoint, number: int, *, after: bool, fail: Callable[[], bytes]
) -> AsyncIterator[CuttingProxy]:
    """Stand before a unit and let one exchange fail, the others pass.

    Args:
        target: The unit.
        number: Of the exchange, 0 for the first.
        after: Whether the unit gets the request all the same.
        fail: Called then; returns what is answered, nothing for a closed connection.
    """

    async def exchange(proxy: CuttingProxy, request: bytes) -> bytes:
        fails = len(proxy.passed) == number
        proxy.passed.append(request)
        answer = b"" if fails and not after else await _ask(target, request)
        return fail() if fails else answer

    async with _proxy(exchange) as proxy:
        yield proxy


@asynccontextmanager
async def _proxy(
    exchange: Callable[[CuttingProxy, bytes], Awaitable[bytes]],
) -> AsyncIterator[CuttingProxy]:
    """Take requests; what `exchange` returns is the answer, and then the connection is closed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            assert length
            request = head + await reader.readexactly(int(length[1]))
            writer.write(await exchange(proxy, request))
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = CuttingProxy(Endpoint(host="127.0.0.1", port=port))
    try:
        yield proxy
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


async def _ask(target: Endpoint, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        writer.write(request)
        return await reader.read()  # each request asks the unit to close
    finally:
        writer.close()
