"""Calls of ISAPI: XML over HTTP, and what its status codes mean.

A request that was not carried out may be answered with 200 all the same: only the statusCode within
tells (1 is OK, 7 is done but for a restart). Namespaces differ from firmware to firmware.
"""

from http import HTTPStatus
from typing import Any, Final

import aiohttp
from lxml import etree
from lxml.etree import _Element as Element

from ..account import AccountClient
from ..errors import (
    UnitCredentialsError,
    UnitError,
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..http import Answer
from ..model import Credentials, Endpoint, Heartbeat
from ..untrusted import child, local_name, number, parse_json, parse_xml, printable, text_of

ROOT: Final = "/ISAPI/"
_HEARTBEAT: Final = "System/status"
_STATUS: Final = "ResponseStatus"
_DONE: Final = {"1", "7"}
_XML: Final = 'application/xml; charset="UTF-8"'
_UNSUPPORTED: Final = {"notsupport", "methodnotallowed", "invalidoperation", "notimplemented"}
_FORBIDDEN: Final = {"lowprivilege", "badauthorization", "insufficientprivilege"}
_FULL: Final = ("full", "exceed", "maxnum", "nomemory", "overlimit", "upperlimit")
_LOCK_TIME: Final = 1800.0
"""Seconds for which an account is locked, where it is not said."""


class IsapiClient:
    """One recorder, as one account sees it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeout: float,
    ) -> None:
        """Make one; arguments and errors as of `AccountClient`."""
        self.endpoint = endpoint
        self.credentials = credentials
        self.account = AccountClient(
            session, endpoint, credentials, timeout=timeout, locked=lock_of
        )
        self.namespace = "http://www.hikvision.com/ver20/XMLSchema"
        """The one that the recorder used last."""

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life, without credentials: it says that it wants some.

        Raises:
            UnitUnreachableError, UnitProtocolError: As `AccountClient.heartbeat`.
        """
        beat, answer = await self.account.heartbeat(ROOT + _HEARTBEAT, fresh=fresh)
        if answer.status == HTTPStatus.OK:
            parse_xml(answer.body)  # any page may be told with 200
        return beat

    async def get(self, path: str, *, seconds: float | None = None) -> Element:
        """Ask for something.

        Raises:
            UnitUnsupportedError: The recorder lacks it.
            UnitCredentialsError: The account is not accepted, or may not see it.
            UnitRequestError: The recorder would not tell, for another reason.
            UnitError: As `AccountClient.ask`.
        """
        return self._read(await self.account.ask("GET", ROOT + path, seconds=seconds))

    async def look(self, path: str) -> Element | dict[str, Any]:
        """Ask for something that is told in JSON, or in XML by firmwares that know no JSON.

        Raises as `get`.
        """
        answer = await self.account.ask("GET", f"{ROOT}{path}?format=json")
        if not answer.body.lstrip().startswith(b"{"):
            return self._read(answer)
        told = parse_json(answer.body)
        if answer.status != HTTPStatus.OK or "statusCode" in told:
            sub = str(told.get("subStatusCode", ""))
            raise _refusal(answer.status, sub, told.get("statusString"))
        return told

    async def order(
        self, method: str, path: str, body: Element | None = None, *, seconds: float | None = None
    ) -> Element:
        """Have something done; returns what is said of it.

        Raises:
            UnitFullError: A limit of the recorder is reached.
            UnitError: As `get`.
        """
        content = b"" if body is None else etree.tostring(body, xml_declaration=True)
        answer = await self.account.ask(
            method, ROOT + path, content, content_type=_XML if content else "", seconds=seconds
        )
        return self._read(answer)

    def element(self, name: str, *content: Element | str) -> Element:
        """Build an element for this recorder."""
        names: dict[Any, str] = {None: self.namespace}
        built = etree.Element(f"{{{self.namespace}}}{name}", nsmap=names)
        for part in content:
            if isinstance(part, str):
                built.text = part
            else:
                built.append(part)
        return built

    def _read(self, answer: Answer) -> Element:
        try:
            root = parse_xml(answer.body)
        except UnitProtocolError:
            if answer.status == HTTPStatus.OK:
                raise
            raise _refusal(answer.status, "", None) from None
        if namespace := etree.QName(root).namespace:
            self.namespace = namespace
        is_status = local_name(root) == _STATUS
        done = not is_status or text_of(root, "statusCode") in _DONE
        if answer.status != HTTPStatus.OK or not done:
            sub = text_of(root, "subStatusCode")
            raise _refusal(answer.status, sub, text_of(root, "statusString"))
        return root


def lock_of(answer: Answer) -> float:
    """Return for how many seconds an answer says that the account is locked; 0 if it is not."""
    try:
        root = parse_xml(answer.body)
    except UnitProtocolError:
        return 0.0
    if text_of(root, "lockStatus").lower() not in {"lock", "locked"}:
        return 0.0
    return float(number(text_of(root, "unlockTime")) or _LOCK_TIME)


def leaf(parent: Element, name: str) -> Element | None:
    """Return the first element without children below this one that has a name."""
    return next(
        (it for it in parent.iter() if not len(it) and local_name(it) == name),
        None,
    )


def put(parent: Element, name: str, value: str) -> None:
    """Set the text of a child, which is made where it is missing."""
    found = child(parent, name)
    if found is None:
        namespace = etree.QName(parent).namespace
        found = etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
    found.text = value


def _refusal(status: int, sub: str, text: object) -> UnitError:
    """Return what a request that was not carried out means."""
    code = sub.lower()
    reason = printable(f"{text or ''} {sub}") or f"The recorder refuses it (HTTP {status})"
    if code in _FORBIDDEN:
        return UnitCredentialsError(f"The account may not do this: {reason}")
    if code in _UNSUPPORTED or status in {HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED}:
        return UnitUnsupportedError(reason)
    if any(part in code for part in _FULL):
        return UnitFullError(reason)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not sub:
        return UnitProtocolError(f"The recorder fails (HTTP {status})")
    return UnitRequestError(reason)
