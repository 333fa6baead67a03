"""Reading what a device says, which nobody vouches for: XML, JSON and words.

Devices of one brand differ in namespaces from firmware to firmware (three are known of ISAPI), so
XML is read by local names alone.
"""

from collections.abc import Iterator
import json
import re
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

from .errors import UnitProtocolError

_MAX_TEXT = 200
_USERINFO = re.compile(r"://\S*@")


def parse_xml(body: bytes) -> Element:
    """Parse an answer; returns its root.

    Raises:
        UnitProtocolError: It is no XML, or has a document type and so, perhaps, entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise UnitProtocolError("The answer is not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnitProtocolError("The answer has a document type, which no unit needs")
    return root


def parse_json(body: bytes) -> dict[str, Any]:
    """Parse an answer that is a JSON object.

    Raises:
        UnitProtocolError: It is none.
    """
    try:
        found = json.loads(body)
    except ValueError, RecursionError:
        raise UnitProtocolError("The answer is not JSON") from None
    if not isinstance(found, dict):
        raise UnitProtocolError("The answer is no JSON object")
    return found


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname)


def child(parent: Element | None, *names: str) -> Element | None:
    """Return the first child of a name, of that the first of the next name ..., if there is one."""
    for name in names:
        if parent is None:
            return None
        parent = next(children(parent, name), None)
    return parent


def children(parent: Element, name: str) -> Iterator[Element]:
    """Yield the children of a name, whatever their namespace."""
    return (each for each in parent if local_name(each) == name)


def within(parent: Element, name: str) -> Iterator[Element]:
    """Yield the elements of a name however deep, the parent itself among them."""
    return (each for each in parent.iter() if local_name(each) == name)


def text_of(parent: Element | None, *names: str) -> str:
    """Return the text of `child(parent, *names)`, stripped; empty where there is none."""
    found = child(parent, *names)
    return "" if found is None else (found.text or "").strip()


def number(text: str) -> int:
    """Return a number that is told, 0 where there is none, or one larger than any unit's."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000") else 0


def printable(text: str | None) -> str:
    """Make a text of a unit fit to be shown: one line, not long, without account data in URIs."""
    text = _USERINFO.sub("://", (text or "")[: 10 * _MAX_TEXT])
    text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:_MAX_TEXT]
