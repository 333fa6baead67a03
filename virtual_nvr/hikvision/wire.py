"""How requests and answers look: XML in the namespace of the firmware, and its status codes."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from aiohttp import web
from lxml import etree
from lxml.etree import _Element as Element

type Content = Element | str | int | bool

OK = 1
"""The status code of what was done (ISAPI, ResponseStatus)."""
_STATUS_STRINGS = {
    1: "OK",
    2: "Device Busy",
    3: "Device Error",
    4: "Invalid Operation",
    5: "Invalid XML Format",
    6: "Invalid XML Content",
    7: "Reboot Required",
}
_ID = "id"


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(self, sub: str, code: int = 4, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        """Make one; `status` is 200 where a firmware hides the error within it."""
        super().__init__(sub)
        self.sub = sub
        self.code = code
        self.status = status


def not_found() -> RefusedError:
    """Return the refusal of a path that a recorder does not know."""
    return RefusedError("notSupport", 4, HTTPStatus.FORBIDDEN)


def bad(sub: str = "badXmlContent") -> RefusedError:
    """Return the refusal of a body that makes no sense."""
    return RefusedError(sub, 6, HTTPStatus.BAD_REQUEST)


class Wire:
    """Writes XML as one firmware does."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def element(self, name: str, *content: Content, **attributes: Content) -> Element:
        """Build an element."""
        names: dict[Any, str] = {None: self._namespace}
        built = etree.Element(f"{{{self._namespace}}}{name}", nsmap=names)
        for key, value in attributes.items():
            built.set(key, _text(value))
        for part in content:
            if isinstance(part, Element):
                built.append(part)
            else:
                built.text = _text(part)
        return built

    def answer(self, element: Element, status: int = HTTPStatus.OK) -> web.Response:
        """Return an element as a document."""
        element.set("version", "2.0")
        body = etree.tostring(element, xml_declaration=True, encoding="UTF-8")
        return web.Response(body=body, status=status, content_type="application/xml")

    def status(
        self, path: str, *, code: int = OK, sub: str = "ok", channel: int | None = None
    ) -> Element:
        """Return what is said of a request that asks for nothing."""
        told = self.element(
            "ResponseStatus",
            self.element("requestURL", path),
            self.element("statusCode", code),
            self.element("statusString", _STATUS_STRINGS[code]),
            self.element("subStatusCode", sub),
        )
        if channel is not None:
            told.append(self.element(_ID, channel))
        return told


def parse(body: bytes, root: str) -> Element:
    """Return a request's XML, whose outermost element has this name.

    Raises:
        RefusedError: It is something else.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        found = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise RefusedError("badXmlFormat", 5, HTTPStatus.BAD_REQUEST) from None
    if etree.QName(found).localname != root:
        raise bad()
    return found


def children(parent: Element, name: str) -> Iterator[Element]:
    """Yield the children of a name, whatever their namespace."""
    return (it for it in parent if etree.QName(it).localname == name)


def text(parent: Element | None, *names: str) -> str | None:
    """Return the text of a child of a child ..., None where it is missing."""
    for name in names:
        parent = None if parent is None else next(children(parent, name), None)
    return None if parent is None else (parent.text or "").strip()


def number(told: str | None) -> int:
    """Return a number that a client wrote; RefusedError where it is none."""
    try:
        return int(told or "")
    except ValueError:
        raise bad("badParameters") from None


def _text(value: Content) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
