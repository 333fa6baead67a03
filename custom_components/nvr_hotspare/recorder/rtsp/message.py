"""RTSP 1.0 messages (RFC 2326) and the parser that finds them in a byte stream.

Nothing here reads or writes a socket: the client and the server both feed what they received
to a `MessageParser` and send what `encode` returns. Whatever the peer sends, the parser keeps
at most one message (80 KiB) and the chunk it was given last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
import re
from struct import Struct
from typing import NamedTuple

from ..errors import RecorderError

MAX_HEAD = 16 * 1024
"""Bytes of a start line and its headers; no line can be longer than this."""
MAX_HEADERS = 64
MAX_BODY = 64 * 1024
"""Bytes of a session description, by far the largest body there is; cameras send 1 KiB."""

INTERLEAVED_HEAD = 4
"""Bytes before a packet of media: a dollar sign, its channel and its size."""

_INTERLEAVED = ord("$")
_CHANNEL_AND_SIZE = Struct(">xBH")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r?\n")
_TEXT = re.compile(rb"[\r\n -~]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_VERSION = "RTSP/1.0"
_STATUS_LINE = re.compile(r"RTSP/1\.0 +(?P<status>[1-5][0-9]{2})(?: (?P<reason>.*))?")
_REQUEST_LINE = re.compile(rf"(?P<method>{_TOKEN.pattern}) (?P<uri>\S+) RTSP/1\.0")


class MalformedMessageError(RecorderError):
    """The peer sent what is no RTSP message, or one beyond every sane size.

    Attributes:
        before: The messages that stood before it in the same chunk.
    """

    before: Sequence[Message | InterleavedRun] = ()


class Headers:
    """Header fields in order; names compare without case and may repeat."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = list(fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        # Values may hold credentials.
        return f"Headers({', '.join(name for name, _ in self._fields)})"

    def add(self, name: str, value: str) -> None:
        """Append a field, whether or not there is one of that name."""
        self._fields.append((name, value))

    def get(self, name: str) -> str | None:
        """Return the value of the first field of that name."""
        name = name.lower()
        return next((value for key, value in self._fields if key.lower() == name), None)

    def get_all(self, name: str) -> list[str]:
        """Return the values of all fields of that name (WWW-Authenticate repeats)."""
        name = name.lower()
        return [value for key, value in self._fields if key.lower() == name]


@dataclass(slots=True)
class Request:
    """What a client asks; either side may be a client of the other (RFC 2326, section 1.1)."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes to send; ValueError for a text that would end its line early."""
        if " " in self.uri:
            raise ValueError("A URI with a space can't be sent.")
        return _encode(f"{self.method} {self.uri} {_VERSION}", self.headers, self.body)


@dataclass(slots=True)
class Response:
    """What a server answers."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes to send; ValueError for a text that would end its line early."""
        return _encode(f"{_VERSION} {self.status} {self.reason}", self.headers, self.body)


class InterleavedPacket(NamedTuple):
    """One RTP or RTCP packet within the RTSP connection (RFC 2326, section 10.12)."""

    channel: int
    payload: bytes

    def encode(self) -> bytes:
        """Return the bytes to send; OverflowError for a channel or payload too large."""
        head = bytes((_INTERLEAVED, self.channel)) + len(self.payload).to_bytes(2)
        return head + self.payload


class InterleavedRun(NamedTuple):
    """Packets of one channel and one size that follow one another.

    Most of video comes so: a NAL unit is cut into packets of equal size, except for the last one.
    """

    channel: int
    size: int
    """Bytes of each packet."""
    data: bytes
    """What was received."""
    start: int
    end: int
    """Where in the data the packets are, each behind its head."""

    def payloads(self) -> list[bytes]:
        """Return the packets one by one."""
        step = INTERLEAVED_HEAD + self.size
        starts = range(self.start + INTERLEAVED_HEAD, self.end + INTERLEAVED_HEAD, step)
        return [self.data[start : start + self.size] for start in starts]


_new_run = partial(tuple.__new__, InterleavedRun)
"""Makes a run of its fields in half the time: there are a hundred a second of each camera."""

type Message = Request | Response | InterleavedPacket
type MessageOrRun = Request | Response | InterleavedRun


class MessageParser:
    """Finds the messages in a stream that arrives in chunks of any size."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message]:
        """Take in a chunk and return the messages it completes, in order.

        Raises:
            MalformedMessageError: The stream is broken for good.
        """
        try:
            return _one_by_one(self.feed_runs(data))
        except MalformedMessageError as error:
            error.before = _one_by_one(error.before)
            raise

    def feed_runs(self, data: bytes | bytearray | memoryview) -> list[MessageOrRun]:
        """Do the same with the packets of media in runs, in a fifth of the time."""
        chunk = b"".join((self._rest, data))
        messages: list[MessageOrRun] = []
        try:
            end = _parse(chunk, messages)
        except MalformedMessageError as error:
            error.before = messages
            raise
        self._rest = chunk[end:]
        return messages


def _one_by_one(messages: Iterable[Message | InterleavedRun]) -> list[Message]:
    found: list[Message] = []
    for message in messages:
        if isinstance(message, InterleavedRun):
            found += (InterleavedPacket(message.channel, each) for each in message.payloads())
        else:
            found.append(message)
    return found


def _parse(data: bytes, messages: list[MessageOrRun]) -> int:
    """Append the complete messages in the data and return where the last one ends."""
    position, size = 0, len(data)
    while position < size:
        first = data[position]
        if first == _INTERLEAVED:
            start = position + INTERLEAVED_HEAD
            if start > size:
                break
            channel, length = _CHANNEL_AND_SIZE.unpack_from(data, position)
            end = start + length
            if end > size:
                break
            head, step = data[position:start], end - position
            while data.startswith(head, end) and end + step <= size:
                end += step
            messages.append(_new_run((channel, length, data, position, end)))
            position = end
        elif first in b"\r\n":  # stray line ends between messages (RFC 2068, section 4.1)
            position += 1
        else:
            found = _parse_text(data, position)
            if found is None:
                break
            message, position = found
            messages.append(message)
    return position


def _parse_text(data: bytes, start: int) -> tuple[Request | Response, int] | None:
    """Parse the request or response at `start`; return it and where it ends, None if cut off."""
    match = _HEAD_END.search(data, start, start + MAX_HEAD)
    if match is None:
        if len(data) - start >= MAX_HEAD:
            raise MalformedMessageError(f"The headers are longer than {MAX_HEAD} bytes.")
        if not _TEXT.fullmatch(data, start, start + 8):  # don't wait for the end of its headers
            raise MalformedMessageError("The peer does not speak RTSP.")
        return None
    head = data[start : match.start()].decode(errors="replace")
    start_line, _, rest = head.partition("\n")
    message = _parse_start_line(start_line.rstrip("\r"))
    message.headers = _parse_headers(rest)
    end = match.end() + _content_length(message.headers)
    if len(data) < end:
        return None
    message.body = data[match.end() : end]
    return message, end


def _parse_start_line(line: str) -> Request | Response:
    if match := _STATUS_LINE.fullmatch(line):
        return Response(int(match["status"]), match["reason"] or "")
    if match := _REQUEST_LINE.fullmatch(line):
        return Request(match["method"], match["uri"])
    if "HTTP/" in line:
        raise MalformedMessageError("The peer speaks HTTP, not RTSP.")
    raise MalformedMessageError("The peer does not speak RTSP 1.0.")


def _parse_headers(text: str) -> Headers:
    fields: list[tuple[str, str]] = []
    for line in _LINE_END.split(text) if text else ():
        if line[0] in " \t" and fields:  # a folded value goes on (RFC 2068, section 2.2)
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name.rstrip()):
            raise MalformedMessageError("A header line has no name.")
        fields.append((name.rstrip(), value.strip()))
        if len(fields) > MAX_HEADERS:
            raise MalformedMessageError(f"There are more than {MAX_HEADERS} headers.")
    return Headers(fields)


def _content_length(headers: Headers) -> int:
    values = set(headers.get_all("Content-Length"))
    if not values:
        return 0
    value = values.pop()
    if values or not re.fullmatch("[0-9]{1,9}", value, re.ASCII):
        raise MalformedMessageError("Content-Length is not a number.")
    if int(value) > MAX_BODY:
        raise MalformedMessageError(f"The body is longer than {MAX_BODY} bytes.")
    return int(value)


def _encode(start_line: str, headers: Headers, body: bytes) -> bytes:
    lines = [start_line, *(f"{name}: {value}" for name, value in headers)]
    if body and headers.get("Content-Length") is None:
        lines.append(f"Content-Length: {len(body)}")
    if any(_UNSENDABLE.search(line) for line in lines):
        raise ValueError("A line with a control character can't be sent.")
    return "\r\n".join((*lines, "", "")).encode() + body
