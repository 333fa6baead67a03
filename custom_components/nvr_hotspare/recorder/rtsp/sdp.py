"""What a camera says about its stream: session descriptions (RFC 4566, RFC 2326 appendix C).

Cameras break this format in many ways, so only the lines that matter are looked at, and their
order and what stands between them are not.
"""

import base64
from dataclasses import dataclass, field
import re
from typing import NamedTuple

from ..errors import SourceProtocolError, SourceUnsupportedError
from ..model import AudioTrack, Codec
from ..rtp.aac import AacFormat, parse_config

_LINE_END = re.compile(r"\r\n|\r|\n")
_RTPMAP = re.compile(
    r"(?P<type>\d{1,3})\s+(?P<codec>[^/\s]+)/(?P<rate>\d{1,9})(?:/(?P<channels>\d{1,2}))?", re.ASCII
)
_VIDEO = {"H264": Codec.H264, "H265": Codec.H265}
_SAMPLES = {"PCMU": Codec.PCMU, "PCMA": Codec.PCMA, "L16": Codec.L16}
_AAC = "MPEG4-GENERIC"
_INTERLEAVED_MODE = "2"
_SENDONLY = "sendonly"
_MAX_RATE, _MAX_CHANNELS, _MAX_CONFIG = 192_000, 8, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMedia:
    """The video of a stream."""

    control: str
    """The URI for SETUP."""
    payload_type: int
    codec: Codec
    parameter_sets: tuple[bytes, ...] = ()
    """NAL units that the description holds; cameras may send them only within the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMedia:
    """The audio of a stream."""

    control: str
    """The URI for SETUP."""
    payload_type: int
    track: AudioTrack
    aac: AacFormat | None = None
    """How packets are laid out, if this is AAC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What of a session can be recorded."""

    aggregate: str
    """The URI for PLAY and all that concerns the whole session."""
    video: VideoMedia
    audio: AudioMedia | None


class _Coding(NamedTuple):
    """How one payload type of a media is encoded."""

    codec: str
    rate: int
    channels: int


_STATIC = {
    0: _Coding("PCMU", 8000, 1),
    8: _Coding("PCMA", 8000, 1),
    10: _Coding("L16", 44100, 2),
    11: _Coding("L16", 44100, 1),
    26: _Coding("JPEG", 90000, 1),
}
"""Payload types that need no rtpmap (RFC 3551, section 6)."""


@dataclass(slots=True)
class _Media:
    kind: str
    control: str = "*"
    codings: dict[int, _Coding] = field(default_factory=dict)
    formats: dict[int, dict[str, str]] = field(default_factory=dict)
    backwards: bool = False
    """Whether it is what the camera wants to hear (ONVIF Streaming, section 5.3)."""


def parse_sdp(body: bytes, base: str) -> Description:
    """Return the first video that a description offers, and the first audio.

    Args:
        body: The description.
        base: What relative URIs stand against: Content-Base of the answer, else its
            Content-Location, else the URI that was asked for (RFC 2326, appendix C.1.1).

    Raises:
        SourceProtocolError: This is no description.
        SourceUnsupportedError: It offers no H.264 or H.265 video, or only in interleaved mode.
    """
    session, medias = _Media(""), list[_Media]()
    current = session
    for line in _LINE_END.split(body.decode(errors="replace")):
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            current = _begin_media(value)
            medias.append(current)
        elif kind == "a":
            name, _, text = value.partition(":")
            _take_attribute(current, name.strip().lower(), text.strip())
    if not medias:
        raise SourceProtocolError("The camera describes no media.")
    aggregate = _resolve(base, session.control)
    for media in medias:
        media.control = _resolve(aggregate if media.control == "*" else base, media.control)
    return Description(aggregate=aggregate, video=_find_video(medias), audio=_find_audio(medias))


def _begin_media(value: str) -> _Media:
    words = value.split()
    codings = {
        int(word): _STATIC[int(word)]
        for word in words[3:]
        if re.fullmatch(r"\d{1,3}", word, re.ASCII) and int(word) in _STATIC
    }
    return _Media(words[0].lower() if words else "", codings=codings)


def _take_attribute(media: _Media, name: str, text: str) -> None:
    if name == "control" and text:
        media.control = text
    elif name == _SENDONLY:
        media.backwards = True
    elif name == "rtpmap" and (match := _RTPMAP.match(text)):
        media.codings[int(match["type"])] = _Coding(
            match["codec"].upper(), int(match["rate"]), int(match["channels"] or 1)
        )
    elif name == "fmtp":
        payload_type, _, parameters = text.partition(" ")
        if re.fullmatch(r"\d{1,3}", payload_type, re.ASCII):
            pairs = (part.partition("=") for part in parameters.split(";"))
            media.formats[int(payload_type)] = {
                key.strip().lower(): value.strip() for key, _, value in pairs
            }


def _find_video(medias: list[_Media]) -> VideoMedia:
    videos = [media for media in medias if media.kind == "video"]
    for media in videos:
        for payload_type, coding in media.codings.items():
            if codec := _VIDEO.get(coding.codec):
                parameters = media.formats.get(payload_type, {})
                return VideoMedia(
                    control=media.control,
                    payload_type=payload_type,
                    codec=codec,
                    parameter_sets=_parameter_sets(codec, parameters),
                )
    offered = {coding.codec for media in videos for coding in media.codings.values()}
    names = (
        ", ".join(sorted(codec for codec in offered if codec.isascii() and codec.isprintable()))
        or "none"
    )
    raise SourceUnsupportedError(
        f"The camera offers no H.264 or H.265 video (its codecs: {names})."
    )


def _find_audio(medias: list[_Media]) -> AudioMedia | None:
    for media in medias:
        if media.kind != "audio" or media.backwards:
            continue
        for payload_type, coding in media.codings.items():
            if not (0 < coding.rate <= _MAX_RATE and 0 < coding.channels <= _MAX_CHANNELS):
                continue
            if coding.codec == _AAC:
                found = _find_aac(coding, media.formats.get(payload_type, {}))
            elif codec := _SAMPLES.get(coding.codec):
                track = AudioTrack(codec=codec, rate=coding.rate, channels=coding.channels)
                found = track, None
            else:
                continue
            if found:
                return AudioMedia(
                    control=media.control, payload_type=payload_type, track=found[0], aac=found[1]
                )
    return None


def _find_aac(
    coding: _Coding, parameters: dict[str, str]
) -> tuple[AudioTrack, AacFormat | None] | None:
    """Return a track of AAC and the layout of its packets, None for layouts no camera uses."""
    try:
        config = bytes.fromhex(parameters.get("config", ""))
        said = parse_config(config)
        if len(config) > _MAX_CONFIG:
            return None
        size, index, delta = (
            int(parameters.get(name, "0"))
            for name in ("sizelength", "indexlength", "indexdeltalength")
        )
    except ValueError:
        return None
    others = (
        "ctsdeltalength",
        "dtsdeltalength",
        "streamstateindication",
        "auxiliarydatasizelength",
    )
    if not (0 < size <= 16 and 0 <= index <= 16 and 0 <= delta <= 16):  # noqa: PLR2004 (bits)
        return None
    if any(parameters.get(name, "0") != "0" for name in others):
        return None
    track = AudioTrack(
        codec=Codec.AAC, rate=coding.rate, channels=said.channels or coding.channels, config=config
    )
    ticks = said.samples * coding.rate // said.rate
    return (track, AacFormat(size, index, delta, ticks)) if ticks else None


def _parameter_sets(codec: Codec, parameters: dict[str, str]) -> tuple[bytes, ...]:
    if codec is Codec.H264:
        if parameters.get("packetization-mode") == _INTERLEAVED_MODE:
            raise SourceUnsupportedError("The camera sends H.264 in interleaved mode.")
        names: tuple[str, ...] = ("sprop-parameter-sets",)
    else:
        if parameters.get("sprop-max-don-diff", "0") != "0":
            raise SourceUnsupportedError("The camera sends H.265 out of decoding order.")
        names = ("sprop-vps", "sprop-sps", "sprop-pps")
    units: list[bytes] = []
    for text in ",".join(parameters.get(name, "") for name in names).split(","):
        try:
            units.append(base64.b64decode(text))
        except ValueError:  # the stream itself brings them as well
            continue
    return tuple(unit for unit in units if unit)


def _resolve(base: str, control: str) -> str:
    """Resolve a control attribute as cameras mean it: what is relative is appended.

    The rules of RFC 1808 would replace the last part of a base that does not end in a slash.
    """
    if control == "*":
        return base
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", control):
        return control
    separator = "" if base.endswith("/") or control.startswith("/") else "/"
    return f"{base}{separator}{control}"
