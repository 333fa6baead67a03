"""A strict ONVIF client for the tests: zeep writes and reads, the WSDLs' own schemas judge.

Neither HTTP Digest (aiohttp) nor WS-UsernameToken (zeep) is this project's own code here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
from lxml import etree
from lxml.etree import _Element as Element
import onvif
from zeep import Client
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

_Client: Any = Client  # zeep's functions have no types
_Token: Any = UsernameToken
_WSDLS = Path(onvif.__file__).parent / "wsdl"
_NAMES = {
    "device": "devicemgmt",
    "event": "events",
    "media": "media",
    "recording": "recording",
    "receiver": "receiver",
    "search": "search",
    "replay": "replay",
}
_BODY = "{http://www.w3.org/2003/05/soap-envelope}Body"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"


class SoapFaultError(Exception):
    """The unit answered with a fault."""

    def __init__(self, status: int, code: str, subcodes: Sequence[str], reason: str) -> None:
        super().__init__(f"{status} {code} {'/'.join(subcodes)}: {reason}")
        self.status = status
        self.code = code
        self.subcodes = list(subcodes)
        self.reason = reason


@dataclass
class SoapPeer:
    """Speaks to one unit."""

    session: aiohttp.ClientSession
    address: str
    username: str = ""
    password: str = field(default="", repr=False)
    auth: str = "digest"

    async def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """Carry out an operation; what the schema does not allow fails the test."""
        target = f"{self.address}/onvif/{service}_service"
        return await self.call_at(target, service, operation, **arguments)

    async def call_at(self, target: str, service: str, operation: str, /, **arguments: Any) -> Any:
        """Do the same at the address that the unit has told for it."""
        client, schema = _client(service), _schema(service)
        binding = _binding(client, operation)
        known = binding.get(operation)
        message = known.create(**arguments).content
        schema.assertValid(_content(message))
        status, body = await self.post_to(target, self.with_token(etree.tostring(message)))
        answer = etree.fromstring(body)
        if status == 200:
            schema.assertValid(_content(answer))
        response = SimpleNamespace(status_code=status, content=body, headers={}, encoding="utf-8")
        try:
            return binding.process_reply(client, known, response)
        except Fault as fault:
            subcodes = [name.localname for name in fault.subcodes]
            raise SoapFaultError(
                status, fault.code.rpartition(":")[2], subcodes, fault.message
            ) from None

    async def post(self, service: str, body: bytes) -> tuple[int, bytes]:
        """Send any bytes to a service; returns the HTTP status and the answer."""
        return await self.post_to(f"{self.address}/onvif/{service}_service", body)

    async def post_to(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Send any bytes; returns the HTTP status and the answer."""
        digest = (
            (aiohttp.DigestAuthMiddleware(self.username, self.password),)
            if self.username and self.auth == "digest"
            else ()
        )
        async with self.session.post(
            target,
            data=body,
            headers={"Content-Type": "application/soap+xml; charset=utf-8"},
            middlewares=digest,
        ) as response:
            return response.status, await response.read()

    def with_token(self, message: bytes) -> bytes:
        """Add a WS-UsernameToken, if that is how this client proves who it is."""
        if self.username and self.auth == "wsse":
            token = _Token(self.username, self.password, use_digest=True, zulu_timestamp=True)
            signed, _ = token.apply(etree.fromstring(message), {})
            return etree.tostring(signed)
        return message


@cache
def _client(service: str) -> Any:
    return _Client(str(_WSDLS / f"{_NAMES[service]}.wsdl"))


def _binding(client: Any, operation: str) -> Any:
    """Return the binding that has the operation; only the Event service has several."""
    return next(it for it in client.wsdl.bindings.values() if operation in it.all())


@cache
def _schema(service: str) -> etree.XMLSchema:
    path = _WSDLS / f"{_NAMES[service]}.wsdl"
    found = next(etree.parse(str(path)).iter(_SCHEMA))
    return etree.XMLSchema(etree.fromstring(etree.tostring(found), base_url=str(path)))


def _content(message: Element) -> Element:
    body = message.find(_BODY)
    assert body is not None
    return body[0]
