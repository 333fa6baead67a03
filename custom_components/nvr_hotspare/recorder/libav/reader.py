"""The reader of one camera: a program that plays its stream with PyAV and passes the frames on.

Nothing is decoded but what libav looks at to know a stream. The engine runs one for each camera
that its own client can't play: a camera that makes libav crash, hang or grow harms no other. It
ends with the engine, however that ends: when its stdin is closed, and by the kernel's hand.

libav follows redirections and puts the whole URI into its messages. So its log is off, and of its
errors only their kind is told.
"""

from collections.abc import Iterator
import ctypes
import errno
from fractions import Fraction
import json
import os
from pathlib import Path
import resource
import signal
import struct
import sys
import threading
import time
from types import TracebackType
from typing import BinaryIO

import av
from av.container import InputContainer
from av.stream import Stream

from ..model import CLOCK_RATE, Codec
from ..plain import load
from .messages import (
    AUDIO_CODECS,
    MAX_ORDER,
    MAX_PAYLOAD,
    VIDEO_CODECS,
    Failure,
    Opened,
    Order,
    Packet,
    Sound,
    Trouble,
    encode,
    head,
)

_SILENCE = 5.0
"""Seconds without anything after which the camera is gone."""
_FAREWELL = 2.0
"""Seconds for telling the camera so when the engine wants no more."""
_MAX_MEMORY = 1 << 30
_PROMPT = 0.005
"""Seconds: what took less to come was there before."""
_MOST_HELD = 2000
_PR_SET_PDEATHSIG = 1
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_CAPTURED = struct.Struct("@qi")
"""An AVProducerReferenceTime: microseconds since 1970 UTC, and flags."""
_SECOND = 1_000_000_000

type _Packet = av.Packet[Stream]


class _GivesUpError(Exception):
    """The camera can't be read."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(trouble)
        self.failure = Failure(trouble=trouble, detail=detail)


def main() -> int:
    """Read the camera that stdin names until stdin ends; return an exit code."""
    _be_bound()
    out = sys.stdout.buffer
    sys.excepthook = lambda *error: _tell_defect(out, *error)
    orders = open(0, "rb", buffering=0)  # noqa: SIM115 (a descriptor, for good)
    order = load(Order, json.loads(orders.readline(MAX_ORDER)))
    stop = threading.Event()
    threading.Thread(target=_await_end, args=(orders, stop), daemon=True).start()
    try:
        with _open(order) as container:
            _pass_on(container, out, stop)
        failure = Failure(trouble=Trouble.ENDED)
    except _GivesUpError as error:
        failure = error.failure
    except av.FFmpegError as error:
        failure = Failure(trouble=_trouble(error))
    except BrokenPipeError:
        os._exit(0)
    out.write(encode(failure))
    out.flush()
    return 0


def _be_bound() -> None:
    """Outlive the engine in no way, leave no core with a password in it, and stay small."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))
    av.logging.set_level(None)


def _tell_defect(
    out: BinaryIO, kind: type[BaseException], _: BaseException, traceback: TracebackType | None
) -> None:
    """Tell where the reader failed, but not an error's text, which may hold a URI."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = ""
    if traceback is not None:
        where = f" in {Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
    out.write(encode(Failure(trouble=Trouble.BROKEN, detail=kind.__name__ + where)))
    out.flush()


def _await_end(orders: BinaryIO, stop: threading.Event) -> None:
    while orders.read(MAX_ORDER):
        pass
    stop.set()
    time.sleep(_FAREWELL)
    os._exit(0)


def _open(order: Order) -> InputContainer:
    """Play a stream over TCP, or over UDP where the camera does not have that."""
    options = {
        "timeout": str(round(_SILENCE * 1_000_000)),
        "protocol_whitelist": "rtsp,rtp,tcp,udp",
        "allowed_media_types": "video+audio" if order.audio else "video",
        "analyzeduration": str(round(order.within / 4 * 1_000_000)),
        "fpsprobesize": "0",
        "buffer_size": str(4 << 20),
        "user_agent": "NVR-Hot-Spare",
    }
    trouble = Trouble.REFUSED
    for transport in ("tcp", "udp"):
        try:
            return av.open(
                order.uri,
                "r",
                format="rtsp",
                options=options | {"rtsp_transport": transport},
                timeout=(order.within, _SILENCE),
            )
        except av.FFmpegError as error:
            trouble = _trouble(error)
            if trouble is not Trouble.REFUSED:
                break
    raise _GivesUpError(trouble)


def _trouble(error: av.FFmpegError) -> Trouble:
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return Trouble.REJECTED
        case av.error.HTTPNotFoundError():
            return Trouble.NOT_FOUND
        case TimeoutError() | ConnectionError() | av.error.ExitError():
            return Trouble.UNREACHABLE
        case av.error.EOFError():
            return Trouble.ENDED
    return Trouble.UNREACHABLE if error.errno in _UNREACHABLE else Trouble.REFUSED


def _pass_on(container: InputContainer, out: BinaryIO, stop: threading.Event) -> None:
    """Write what the stream is, then its packets."""
    video, opened_video = _find_video(container)
    audio, sound, left_out = _find_audio(container)
    headers = bytes(video.codec_context.extradata or b"").hex()
    out.write(encode(Opened(video=opened_video, headers=headers, audio=sound, left_out=left_out)))
    tracks = {video.index: _Track(video, CLOCK_RATE)}
    if audio is not None and sound is not None:
        tracks[audio.index] = _Track(audio, sound.rate)
    packets = container.demux(*(track.stream for track in tracks.values()))
    for packet, arrival in _timed(packets, video):
        if stop.is_set():
            return
        if not packet.size:  # the end
            continue
        if packet.size > MAX_PAYLOAD // 2:
            raise _GivesUpError(Trouble.REFUSED)
        made = tracks[packet.stream_index].packet(packet, arrival, video=packet.stream is video)
        out.write(head(made))
        out.write(made.data)
        out.flush()


def _codec(stream: Stream) -> str:
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else "unknown"


def _find_video(container: InputContainer) -> tuple[Stream, Codec]:
    names = [_codec(stream) for stream in container.streams.video]
    for stream, name in zip(container.streams.video, names, strict=True):
        if name in VIDEO_CODECS:
            return stream, VIDEO_CODECS[name]
    raise _GivesUpError(Trouble.UNSUPPORTED, ", ".join(sorted(names)))


def _find_audio(container: InputContainer) -> tuple[Stream | None, Sound | None, str]:
    """Return the first audio that a file can hold, else the name of what it can't hold."""
    left_out = ""
    for stream in container.streams.audio:
        name, context = _codec(stream), stream.codec_context
        codec = AUDIO_CODECS.get(name)
        config = bytes(context.extradata or b"") if codec is Codec.AAC else b""
        if codec is None or not context.sample_rate or (codec is Codec.AAC and not config):
            left_out = left_out or name
            continue
        sound = Sound(
            codec=codec,
            rate=context.sample_rate,
            channels=context.layout.nb_channels,
            config=config.hex(),
        )
        return stream, sound, ""
    return None, None, left_out


def _timed(packets: Iterator[_Packet], video: Stream) -> Iterator[tuple[_Packet, int]]:
    """Yield packets with the times at which they came, in nanoseconds since 1970 UTC.

    Those that libav kept while it looked at the stream came earlier: by their timestamps, as seen
    from the first one that had to be waited for.
    """
    held = list[_Packet]()
    before = time.monotonic()
    for packet in packets:
        held.append(packet)
        if time.monotonic() - before > _PROMPT or len(held) == _MOST_HELD:
            break
        before = time.monotonic()
    arrival = time.time_ns()
    _complete([packet for packet in held if packet.stream is video])
    latest = dict[int, int]()
    for packet in held:
        if packet.pts is not None:
            newest = latest.setdefault(packet.stream_index, packet.pts)
            latest[packet.stream_index] = max(newest, packet.pts)
    for packet in held:
        behind = 0
        if packet.pts is not None:
            ticks = latest[packet.stream_index] - packet.pts
            behind = max(0, round(ticks * _tick(packet) * _SECOND))
        yield packet, arrival - behind
    for packet in packets:
        yield packet, time.time_ns()


def _complete(held: list[_Packet]) -> None:
    """Give the first packet its timestamp, which libav loses where it parses what comes.

    The one after it tells, where both have a capture time. Without any, timestamps count from the
    first one.
    """
    if not held or held[0].pts is not None:
        return
    first, second = held[0], held[1] if len(held) > 1 else held[0]
    ours, others = _captured(first), _captured(second)
    first.pts = 0
    if ours and others and second.pts is not None:
        first.pts = second.pts - round(Fraction(others - ours, _SECOND) / _tick(first))


def _captured(packet: _Packet) -> int:
    if not packet.has_sidedata("prft"):
        return 0
    microseconds, _ = _CAPTURED.unpack_from(bytes(packet.get_sidedata("prft")))
    return int(microseconds) * 1000


def _tick(timed: Stream | _Packet) -> Fraction:
    """Return the seconds of one step of timestamps."""
    base = timed.time_base
    return Fraction(base.numerator, base.denominator) if base else Fraction(1, CLOCK_RATE)


class _Track:
    """One track of the stream, whose packets get the ticks of a file."""

    def __init__(self, stream: Stream, rate: int) -> None:
        self.stream = stream
        self._scale = _tick(stream) * rate
        self._next = 0

    def packet(self, packet: _Packet, arrival: int, *, video: bool) -> Packet:
        """Return a packet as the engine wants it."""
        timestamp = packet.dts if packet.pts is None else packet.pts
        ticks = self._next if timestamp is None else round(timestamp * self._scale)
        duration = round((packet.duration or 0) * self._scale)
        self._next = ticks + max(1, duration)
        return Packet(
            video=video,
            key=packet.is_keyframe,
            ticks=ticks,
            duration=min(max(0, duration), 0xFFFFFFFF),
            captured=_captured(packet),
            arrival=arrival,
            data=bytes(packet),
        )
