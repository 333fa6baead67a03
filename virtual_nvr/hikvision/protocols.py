"""InputProxy: the protocols that a recorder knows, and those that are made of an RTSP address.

No public source shows the body of a custom protocol: its names and layout here are a guess.
"""

from collections.abc import Awaitable, Callable

from lxml.etree import _Element as Element

from .firmware import HikvisionFirmware
from .inputs import CUSTOM, PROTOCOLS, Custom, Inputs
from .wire import Wire, children, not_found, number, parse, text


class Protocols:
    """The protocols of cameras."""

    def __init__(
        self,
        inputs: Inputs,
        firmware: HikvisionFirmware,
        changed: Callable[[int], Awaitable[None]],
    ) -> None:
        """Manage protocols; `changed` is awaited with no channel before it is confirmed."""
        self._inputs = inputs
        self._firmware = firmware
        self._changed = changed
        self._wire = Wire(firmware.namespace)

    async def answer(self, method: str, rest: str, path: str, body: bytes) -> Element:
        """Carry out a request of what follows InputProxy/, channels left aside."""
        match method, rest.split("/"):
            case "GET", ["sourceCapability"]:
                return self._capability()
            case "GET", ["customProtocols"] if self._inputs.customs:
                customs = map(self._custom, self._inputs.customs)
                return self._wire.element("CustomProtocolList", *customs)
            case "GET", ["customProtocols", which]:
                return self._custom(self._known(which))
            case "PUT", ["customProtocols", which]:
                return await self._change(self._known(which), path, body)
            case _:
                raise not_found()

    def _capability(self) -> Element:
        element = self._wire.element
        protocols = [*PROTOCOLS, *(f"{CUSTOM}{it}" for it in self._inputs.customs)]
        return element(
            "SourceCapability",
            element("proxyProtocol", opt=",".join(protocols)),
            element("ipChannelNums", self._inputs.count),
        )

    def _custom(self, which: int) -> Element:
        element, custom = self._wire.element, self._inputs.customs[which]
        return element(
            "CustomProtocol",
            element("id", which),
            element("protocolName", custom.name),
            element(
                "MainStream",
                element("enabled", "true"),
                element("protocol", "RTSP"),
                element("transmitType", "TCP"),
                element("portNo", custom.port),
                element("resourcePath", custom.path),
            ),
            element("SubStream", element("enabled", "false")),
        )

    async def _change(self, which: int, path: str, body: bytes) -> Element:
        asked = parse(body, "CustomProtocol")
        main = next(children(asked, "MainStream"), None)
        there = self._inputs.customs[which]
        if not self._firmware.pretends:
            self._inputs.customs[which] = Custom(
                name=text(asked, "protocolName") or there.name,
                port=number(text(main, "portNo")),
                path=_rooted(text(main, "resourcePath") or ""),
            )
            await self._changed(0)
        return self._wire.status(path)

    def _known(self, which: str) -> int:
        if not which.isdecimal() or int(which) not in self._inputs.customs:
            raise not_found()
        return int(which)


def _rooted(path: str) -> str:
    return f"/{path.lstrip('/')}" if path else ""
