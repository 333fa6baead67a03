"""Listening to a unit: a pull point, at which a request waits until something happens.

ONVIF Core, "Real-time Pull-Point Notification Interface". The messages are built by hand: they are
four, and the WSDLs of WS-BaseNotification would cost more than all of ours.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
import time
from typing import Final, Self, override
from uuid import uuid4

from lxml import etree
from lxml.etree import _Element as Element

from ..base import Subscription
from ..errors import (
    UnitError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..model import UnitEvent
from .client import OnvifClient
from .notifications import event_of
from .services import path_in
from .soap import SOAP_12
from .wsdl import Service

_ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
_NOTIFICATION: Final = "http://docs.oasis-open.org/wsn/b-2"
_PORT: Final = f"{Service.EVENTS}/EventPortType"
_PULL: Final = f"{Service.EVENTS}/PullPointSubscription"
_MANAGER: Final = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"

WAIT = 20
"""Seconds for which a request waits for events."""
_MARGIN = 20.0
"""Seconds more after which there is no answer. Two requests, one to be challenged, take long where
a round trip takes seconds; that a unit is gone is seen by heartbeats much sooner."""
_CLOSING = 2.0
"""Seconds that taking a pull point away may take; it would end by itself."""
_PACE = 1.0
"""Seconds between two requests at least, whatever the unit has to tell, or has not."""
_LIFETIME = 60
"""Seconds for which a pull point is to stand without us; units know durations, and few know more
than that. It is always said: some units make none if it is not."""
_SHORTEST, _LONGEST = 10.0, 3600.0
"""Seconds that are believed of what a unit says instead."""
_MOST_EVENTS = 32
_MAX_REFERENCE = 4096
"""Octets of what a unit wants to be sent back to know its pull point."""


class PullPoint(Subscription):
    """One pull point of a unit; to be used by one task at a time."""

    def __init__(self, client: OnvifClient, reference: _Reference, lifetime: float) -> None:
        self._client = client
        self._reference = reference
        self._ends = time.monotonic() + lifetime
        self._pulled = 0.0

    @classmethod
    async def create(cls, client: OnvifClient) -> Self:
        """Make one.

        Raises:
            UnitUnsupportedError: The unit has no events.
            UnitFullError, UnitRequestError: It has no room for another listener, as a rule.
            UnitError: As `OnvifClient.send`.
        """
        events = _Reference(await client.path(Service.EVENTS))
        body = _element(Service.EVENTS, "CreatePullPointSubscription")
        _add(body, Service.EVENTS, "InitialTerminationTime", f"PT{_LIFETIME}S")
        answer = await events.ask(client, f"{_PORT}/CreatePullPointSubscriptionRequest", body)
        told = answer.find("{*}SubscriptionReference")
        if told is None:
            raise UnitProtocolError("A pull point was made without an address")
        return cls(client, _Reference.read(told), _lifetime(answer))

    @override
    async def pull(self) -> Sequence[UnitEvent]:
        await asyncio.sleep(self._pulled + _PACE - time.monotonic())
        if self._ends < time.monotonic() + WAIT + _MARGIN:
            await self._renew()
        self._pulled = time.monotonic()
        body = _element(Service.EVENTS, "PullMessages")
        _add(body, Service.EVENTS, "Timeout", f"PT{WAIT}S")
        _add(body, Service.EVENTS, "MessageLimit", str(_MOST_EVENTS))
        action = f"{_PULL}/PullMessagesRequest"
        answer = await self._reference.ask(self._client, action, body, seconds=WAIT + _MARGIN)
        self._extend(answer)
        found = map(event_of, answer.iterfind("{*}NotificationMessage"))
        return [event for event in found if event is not None]

    @override
    async def close(self) -> None:
        body = _element(_NOTIFICATION, "Unsubscribe")
        action = f"{_MANAGER}/UnsubscribeRequest"
        with suppress(UnitError):
            await self._reference.ask(self._client, action, body, seconds=_CLOSING)

    async def _renew(self) -> None:
        """Ask for more time. A unit may refuse: to go on pulling keeps the pull point of most."""
        body = _element(_NOTIFICATION, "Renew")
        _add(body, _NOTIFICATION, "TerminationTime", f"PT{_LIFETIME}S")
        with suppress(UnitRequestError, UnitUnsupportedError, UnitProtocolError):
            self._extend(await self._reference.ask(self._client, f"{_MANAGER}/RenewRequest", body))

    def _extend(self, answer: Element) -> None:
        self._ends = time.monotonic() + _lifetime(answer)


class _Reference:
    """Where requests go, and what has to go with them (WS-Addressing 1.0 Core, section 2)."""

    def __init__(self, path: str, address: str = "", parameters: Sequence[Element] = ()) -> None:
        self._path = path
        self._address = address
        self._parameters = parameters

    @classmethod
    def read(cls, told: Element) -> Self:
        """Take what the unit says; of its address, as everywhere, only the path is believed.

        Raises:
            UnitProtocolError: That is no address.
        """
        address = (told.findtext("{*}Address") or "").strip()
        if (path := path_in(address)) is None:
            raise UnitProtocolError("A pull point has an address that is none")
        parameters = [deepcopy(it) for it in told.iterfind("{*}ReferenceParameters/*")]
        if sum(len(etree.tostring(it)) for it in parameters) > _MAX_REFERENCE:
            raise UnitProtocolError("The reference of a pull point is larger than any unit's")
        for parameter in parameters:
            parameter.set(f"{{{_ADDRESSING}}}IsReferenceParameter", "true")
        return cls(path, address, parameters)

    async def ask(
        self, client: OnvifClient, action: str, body: Element, *, seconds: float | None = None
    ) -> Element:
        """Send a request and return the response element.

        Raises:
            UnitError: As `OnvifClient.send`.
        """
        url = client.http.url(self._path)
        envelope = _element(SOAP_12, "Envelope")
        header = etree.SubElement(envelope, f"{{{SOAP_12}}}Header")
        _add(header, _ADDRESSING, "Action", action)
        _add(header, _ADDRESSING, "MessageID", uuid4().urn)
        _add(header, _ADDRESSING, "To", self._address or str(url))
        header.extend(deepcopy(it) for it in self._parameters)
        etree.SubElement(envelope, f"{{{SOAP_12}}}Body").append(body)
        answer = await client.send(url, action, envelope, seconds=seconds)
        expected = f"{etree.QName(body).localname}Response"
        if (response := answer.find(f"{{{SOAP_12}}}Body/{{*}}{expected}")) is None:
            raise UnitProtocolError(f"The answer is no {expected}")
        return response


def _lifetime(answer: Element) -> float:
    """Return the seconds for which a pull point stands, by the unit's own clock."""
    now, end = (_moment(answer.findtext(f"{{*}}{it}")) for it in ("CurrentTime", "TerminationTime"))
    if now is None or end is None:
        return _LIFETIME
    return min(max((end - now).total_seconds(), _SHORTEST), _LONGEST)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _element(namespace: str, name: str) -> Element:
    return etree.Element(f"{{{namespace}}}{name}", nsmap={"m": namespace})


def _add(parent: Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text
