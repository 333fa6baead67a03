"""The XML of ONVIF: names, building answers, reading requests that nobody vouches for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import re
from typing import Self

from lxml import etree
from lxml.etree import _Element as Element

from .faults import Fault, invalid, sender

NAMESPACES = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "trv": "http://www.onvif.org/ver10/receiver/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsse": ("http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"),
    "wsu": ("http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"),
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"\.(\d+)", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)

type Content = Element | str | int | bool | datetime
"""What an element may hold: children, or one value."""


def qualified(name: str) -> str:
    """Return the full name of `prefix:local`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def element(
    name: str, *content: Content, attributes: Mapping[str, Content] | None = None
) -> Element:
    """Build the element `prefix:local`."""
    prefix = name.partition(":")[0]
    built = etree.Element(qualified(name), nsmap={prefix: NAMESPACES[prefix]})
    for key, value in (attributes or {}).items():
        built.set(key, _text(value))
    for part in content:
        if isinstance(part, Element):
            built.append(part)
        else:
            built.text = _text(part)
    return built


def _text(value: Content) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        case _:
            return str(value)


def precise(nanoseconds: int) -> str:
    """Return a time since 1970 UTC as text, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


class Node:
    """A request's element. What it lacks, or holds in a wrong form, is a fault of the sender."""

    def __init__(self, raw: Element) -> None:
        self._raw = raw
        self.target = ""
        """Of a request: where it was sent to, the path with its query."""

    @property
    def tag(self) -> str:
        """The full name of the element."""
        return str(self._raw.tag)

    @property
    def value(self) -> str:
        """The text of the element, without the white space around it."""
        return (self._raw.text or "").strip()

    def attribute(self, name: str) -> str | None:
        """Return an attribute, None where it is missing."""
        return self._raw.get(name)

    def find(self, name: str) -> Self | None:
        """Return the child `prefix:local`, None where it is missing."""
        found = self._raw.find(qualified(name))
        return None if found is None else type(self)(found)

    def all(self, name: str) -> list[Self]:
        """Return every child `prefix:local`."""
        return [type(self)(found) for found in self._raw.findall(qualified(name))]

    def children(self) -> list[Self]:
        """Return every child of any name."""
        return [type(self)(found) for found in self._raw.iterchildren("*")]

    def first(self) -> Self | None:
        """Return the first child of any name."""
        return next(iter(self.children()), None)

    def namespace(self, prefix: str) -> str | None:
        """Return what a prefix stands for within the element, None where it says nothing."""
        return self._raw.nsmap.get(prefix)

    def child(self, name: str) -> Self:
        """Return a child that must be there."""
        found = self.find(name)
        if found is None:
            raise sender("InvalidArgs", reason=f"{name} is missing")
        return found

    def text(self, name: str) -> str:
        """Return the text of a child that must be there."""
        return self.child(name).value

    def integer(self, name: str, default: int | None = None) -> int:
        """Return a child's number; without a default the child must be there."""
        if default is not None and self.find(name) is None:
            return default
        try:
            return int(self.text(name))
        except ValueError:
            raise invalid("InvalidArgVal", f"{name} is no number") from None

    def moment(self, name: str) -> int:
        """Return a child's time in nanoseconds since 1970 UTC; one without a zone is UTC."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            whole = zoned.replace(microsecond=0) - _EPOCH
        except ValueError, OverflowError:
            raise invalid("InvalidArgVal", f"{name} is no time") from None
        fraction = _FRACTION.search(text)
        digits = fraction[1].ljust(9, "0")[:9] if fraction else "0"
        return whole // timedelta(seconds=1) * 1_000_000_000 + int(digits)

    def seconds(self, name: str) -> float:
        """Return how long a child's duration is, of days, hours, minutes and seconds."""
        match = _DURATION.fullmatch(self.text(name))
        if match is None:
            raise invalid("InvalidArgVal", f"{name} is no duration")
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

    def flag(self, name: str) -> bool:
        """Return a child's truth value, False where it is missing."""
        found = self.find(name)
        return found is not None and found.value in {"true", "1"}


def read(body: bytes) -> Node:
    """Parse a request; a document type, and with it every entity, is refused.

    Raises:
        Fault: It is not well-formed XML, or has a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise sender("WellFormed", reason="The request is not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise sender("WellFormed", reason="A document type is not accepted")
    return Node(root)


def envelope(*body: Element) -> bytes:
    """Wrap an answer."""
    return etree.tostring(
        element("env:Envelope", element("env:Body", *body)),
        xml_declaration=True,
        encoding="UTF-8",
    )


def fault_envelope(fault: Fault) -> bytes:
    """Wrap a fault (SOAP 1.2 part 1, section 5.4; its codes: ONVIF Core, section "Faults")."""
    code = innermost = element("env:Code", element("env:Value", f"env:{fault.code}"))
    for name in fault.subcodes:
        subcode = etree.SubElement(
            innermost, qualified("env:Subcode"), nsmap={"ter": NAMESPACES["ter"]}
        )
        subcode.append(element("env:Value", f"ter:{name}"))
        innermost = subcode
    text = element(
        "env:Text",
        fault.reason,
        attributes={"{http://www.w3.org/XML/1998/namespace}lang": "en"},
    )
    return envelope(element("env:Fault", code, element("env:Reason", text)))
