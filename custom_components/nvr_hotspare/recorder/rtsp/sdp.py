"""What a camera says about its stream: session descriptions (RFC 4566, RFC 2326 appendix C).

Cameras break this format in many ways, so only the lines that matter are looked at, and their
order and what stands between them are not.
"""

import base64
from dataclasses import dataclass, field
import re

from ..errors import SourceProtocolError, SourceUnsupportedError

_LINE_END = re.compile(r"\r\n|\r|\n")
_RTPMAP = re.compile(r"(?P<type>\d{1,3})\s+(?P<codec>[^/\s]+)/(?P<rate>\d{1,9})", re.ASCII)
_INTERLEAVED_MODE = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMedia:
    """The H.264 stream of a session description."""

    control: str
    """The URI for SETUP."""
    aggregate: str
    """The URI for PLAY and all that concerns the whole session."""
    payload_type: int
    parameter_sets: tuple[bytes, ...] = ()
    """NAL units from sprop-parameter-sets; cameras may send them only within the stream."""


@dataclass(slots=True)
class _Media:
    kind: str
    control: str = "*"
    codecs: dict[int, str] = field(default_factory=dict)
    formats: dict[int, dict[str, str]] = field(default_factory=dict)


def parse_sdp(body: bytes, base: str) -> VideoMedia:
    """Return the first H.264 stream that a description offers.

    Args:
        body: The description.
        base: What relative URIs stand against: Content-Base of the answer, else its
            Content-Location, else the URI that was asked for (RFC 2326, appendix C.1.1).

    Raises:
        SourceProtocolError: This is no description.
        SourceUnsupportedError: It offers no H.264 video, or only in interleaved mode.
    """
    session, medias = _Media(""), list[_Media]()
    current = session
    for line in _LINE_END.split(body.decode(errors="replace")):
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            current = _Media(value.partition(" ")[0].lower())
            medias.append(current)
        elif kind == "a":
            name, _, text = value.partition(":")
            _take_attribute(current, name.strip().lower(), text.strip())
    if not medias:
        raise SourceProtocolError("The camera describes no media.")
    aggregate = _resolve(base, session.control)
    for media in medias:
        for payload_type, codec in media.codecs.items():
            if media.kind == "video" and codec == "H264":
                return VideoMedia(
                    control=_resolve(aggregate if media.control == "*" else base, media.control),
                    aggregate=aggregate,
                    payload_type=payload_type,
                    parameter_sets=_parameter_sets(media.formats.get(payload_type, {})),
                )
    offered = {
        codec for media in medias if media.kind == "video" for codec in media.codecs.values()
    }
    names = ", ".join(sorted(codec for codec in offered if codec.isalnum())) or "none"
    raise SourceUnsupportedError(f"The camera offers no H.264 video (its codecs: {names}).")


def _take_attribute(media: _Media, name: str, text: str) -> None:
    if name == "control" and text:
        media.control = text
    elif name == "rtpmap" and (match := _RTPMAP.match(text)):
        media.codecs[int(match["type"])] = match["codec"].upper()
    elif name == "fmtp":
        payload_type, _, parameters = text.partition(" ")
        if payload_type.isdecimal():
            pairs = (part.partition("=") for part in parameters.split(";"))
            media.formats[int(payload_type)] = {
                key.strip().lower(): value.strip() for key, _, value in pairs
            }


def _parameter_sets(parameters: dict[str, str]) -> tuple[bytes, ...]:
    if parameters.get("packetization-mode") == _INTERLEAVED_MODE:
        raise SourceUnsupportedError("The camera sends H.264 in interleaved mode.")
    units: list[bytes] = []
    for text in parameters.get("sprop-parameter-sets", "").split(","):
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
