"""WS-Discovery 1.0: tells who asks in the network that the recorder is there, and where."""

import asyncio
from contextlib import suppress
import socket
from typing import Any, Self, override
from uuid import NAMESPACE_OID, uuid4, uuid5

from lxml import etree
from lxml.etree import _Element as Element

from .config import NvrConfig
from .device import scopes

GROUP = "239.255.255.250"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_KNOWN = {"Device", "NetworkVideoTransmitter"}
_EVERYBODY = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_ANONYMOUS = f"{_ADDRESSING}/role/anonymous"


class Discoverable:
    """The recorder's part in the network that it is in, between its start and its stop."""

    def __init__(
        self,
        config: NvrConfig,
        speaking: asyncio.DatagramTransport,
        listening: asyncio.DatagramTransport,
    ) -> None:
        self._config = config
        self._speaking = speaking
        self._listening = listening
        self._say("Hello", self._about())

    @classmethod
    async def start(cls, config: NvrConfig) -> Self:
        """Listen, and greet; OSError where that can't be."""
        own = socket.inet_aton(config.host)
        listener = _socket(GROUP, config.discovery_port)
        listener.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + own
        )
        speaker = _socket(config.host, 0)
        speaker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        loop, protocol = asyncio.get_running_loop(), _Listener()
        speaking, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=speaker)
        listening, _ = await loop.create_datagram_endpoint(lambda: protocol, sock=listener)
        made = protocol.unit = cls(config, speaking, listening)
        return made

    def stop(self) -> None:
        """Say good-bye, and listen no more."""
        self._say("Bye", self._about()[:1])
        self._speaking.close()
        self._listening.close()

    def answer(self, message: str, asker: tuple[str, int]) -> None:
        """Tell who asks about the recorder."""
        match = etree.Element(f"{{{_DISCOVERY}}}ProbeMatch")
        match.extend(self._about())
        body = etree.Element(f"{{{_DISCOVERY}}}ProbeMatches")
        body.append(match)
        self._speaking.sendto(_message(body, _ANONYMOUS, message), asker)

    def _say(self, what: str, about: list[Element]) -> None:
        body = etree.Element(f"{{{_DISCOVERY}}}{what}")
        body.extend(about)
        with suppress(OSError):
            everybody = GROUP, self._config.discovery_port
            self._speaking.sendto(_message(body, _EVERYBODY), everybody)

    def _about(self) -> list[Element]:
        config = self._config
        reference = etree.Element(f"{{{_ADDRESSING}}}EndpointReference")
        address = etree.SubElement(reference, f"{{{_ADDRESSING}}}Address")
        address.text = f"urn:uuid:{uuid5(NAMESPACE_OID, config.serial)}"
        scheme = "https" if config.https else "http"
        told = {
            "Types": "dn:NetworkVideoTransmitter tds:Device",
            "Scopes": " ".join(scopes(config)),
            "XAddrs": f"{scheme}://{config.host}:{config.http_port}/onvif/device_service",
            "MetadataVersion": "1",
        }
        names = {
            "dn": "http://www.onvif.org/ver10/network/wsdl",
            "tds": "http://www.onvif.org/ver10/device/wsdl",
        }
        about = [reference]
        for name, text in told.items():
            element = etree.Element(f"{{{_DISCOVERY}}}{name}", nsmap=names)
            element.text = text
            about.append(element)
        return about


class _Listener(asyncio.DatagramProtocol):
    """Takes probes for the types that the recorder has."""

    unit: Discoverable | None = None

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        with suppress(etree.XMLSyntaxError):
            asked = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
            types = str(asked.findtext(f".//{{{_DISCOVERY}}}Types") or "")
            message = str(asked.findtext(f".//{{{_ADDRESSING}}}MessageID") or "")
            if self.unit and _KNOWN & {it.rpartition(":")[2] for it in types.split()}:
                self.unit.answer(message, addr)


def _socket(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


def _message(body: Element, to: str, relates_to: str = "") -> bytes:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope")
    header = etree.SubElement(envelope, f"{{{_SOAP}}}Header")
    told = {
        "Action": f"{_DISCOVERY}/{etree.QName(body).localname}",
        "MessageID": f"urn:uuid:{uuid4()}",
        "RelatesTo": relates_to,
        "To": to,
    }
    for name, text in told.items():
        if text:
            etree.SubElement(header, f"{{{_ADDRESSING}}}{name}").text = text
    etree.SubElement(envelope, f"{{{_SOAP}}}Body").append(body)
    return bytes(etree.tostring(envelope))
