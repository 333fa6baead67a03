"""ONVIF's messages, built and parsed by zeep from the WSDLs that onvif-zeep-async ships.

Nothing but these files is used of that library: its client opens a session of its own, reads
without bound and logs what it reads.
"""

import asyncio
from enum import StrEnum
from functools import cache
import importlib.util
from pathlib import Path
import threading
from typing import Any, override

from lxml.etree import _Element as Element
from zeep.exceptions import Error as ZeepError
from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.wsdl import Definition
from zeep.xsd.types.builtins import default_types

from ..errors import UnitProtocolError
from .soap import SOAP_12

_XSD = "http://www.w3.org/2001/XMLSchema"
_FILES = (
    "devicemgmt.wsdl",
    "media.wsdl",
    "recording.wsdl",
    "receiver.wsdl",
    "search.wsdl",
    "replay.wsdl",
)


_LOADING = threading.Lock()
"""A cache alone would let two threads load at the same time."""


class Service(StrEnum):
    """An ONVIF service, by its namespace."""

    DEVICE = "http://www.onvif.org/ver10/device/wsdl"
    EVENTS = "http://www.onvif.org/ver10/events/wsdl"
    """Its messages are not built here, see `pullpoint`."""
    MEDIA = "http://www.onvif.org/ver10/media/wsdl"
    RECORDING = "http://www.onvif.org/ver10/recording/wsdl"
    RECEIVER = "http://www.onvif.org/ver10/receiver/wsdl"
    SEARCH = "http://www.onvif.org/ver10/search/wsdl"
    REPLAY = "http://www.onvif.org/ver10/replay/wsdl"


class Messages:
    """Builds requests and reads answers; pure computation, for any thread."""

    def __init__(self) -> None:
        """Load the WSDLs; blocks for about 0.1 s."""
        found = importlib.util.find_spec("onvif")  # importing it would configure logging
        if found is None or found.origin is None:
            raise ModuleNotFoundError("onvif-zeep-async is not installed", name="onvif")
        folder = Path(found.origin).parent / "wsdl"
        settings = Settings(strict=False, xml_huge_tree=False, forbid_external=True)
        document = _Services(str(folder / _FILES[0]), _Files(), settings=settings)
        self._bindings = {name.split("}")[0][1:]: it for name, it in document.bindings.items()}

    def build(self, service: Service, operation: str, **arguments: Any) -> tuple[Element, str]:
        """Build a request; returns its envelope and its SOAP action."""
        found = self._bindings[service].get(operation)
        return found.create(**arguments).content, found.soapaction

    def read(self, service: Service, operation: str, envelope: Element) -> Any:
        """Read the answer to a request.

        Returns zeep's objects. zeep is lenient here, units break the schema in many ways: any
        part can be None, and of a wrong type only where the schema says `any`.

        Raises:
            UnitProtocolError: It is not the answer to this request.
        """
        if envelope.find(f"{{{SOAP_12}}}Body/{{{service}}}{operation}Response") is None:
            raise UnitProtocolError(f"The answer is not one to {operation}")
        try:
            return self._bindings[service].get(operation).process_reply(envelope)
        except (
            ZeepError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            # zeep was not written for answers that do not follow the schema.
            raise UnitProtocolError(
                f"The answer to {operation} makes no sense ({type(error).__name__})"
            ) from None


@cache
def _messages() -> Messages:
    return Messages()


async def messages() -> Messages:
    """Return the messages, loaded once and off the event loop."""
    if _messages.cache_info().currsize:
        return _messages()
    return await asyncio.to_thread(_load)


def _load() -> Messages:
    with _LOADING:
        return _messages()


class _Files:
    """What zeep loads documents through: this machine's files, never the network."""

    def load(self, url: str) -> bytes:
        return Path(url).read_bytes()


class _Services(Document):  # type: ignore[misc]  # zeep has no types
    """Several WSDLs over one schema, which alone is most of the memory they take."""

    @override
    def load(self, location: str) -> None:
        (xsd,) = self.types.documents.get_by_namespace(_XSD, False)  # noqa: FBT003 - zeep's
        for name, builtin in default_types.items():
            xsd.register_type(name, _quiet(type(builtin))(is_global=True))
        self.bindings: dict[str, Any] = {}
        folder = Path(location).parent
        for file in _FILES:
            path = str(folder / file)
            definition = Definition(self, self._get_xml_document(path, _initial=True), path)
            definition.resolve_imports()
            self.bindings |= definition.bindings


def _quiet(kind: type[Any]) -> type[Any]:
    """Make a built-in type of XML Schema take None for a value that is none.

    zeep would log each with a traceback, and an answer can hold a hundred thousand of them.
    """

    def pythonvalue(self: Any, value: str) -> Any:
        try:
            return kind.pythonvalue(self, value)
        except ArithmeticError, NotImplementedError, TypeError, ValueError:
            return None

    return type(kind.__name__, (kind,), {"pythonvalue": pythonvalue})
