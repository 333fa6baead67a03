"""What the ONVIF services share: their operations, found by the name of the request."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
import inspect
from typing import ClassVar

from lxml.etree import _Element as Element

from .faults import unsupported
from .xml import Node, element, qualified

type Answer = Sequence[Element]
"""The children of an operation's response, in the order of the WSDL."""
type Handler = Callable[[Node], Answer | Awaitable[Answer]]
"""Answers a request, at once or after a look at the disk."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service."""

    name: str
    """Its name with the prefix of its namespace."""
    open: bool
    """Of access class PRE_AUTH: anybody may ask."""
    handler: Handler

    async def __call__(self, request: Node) -> Element:
        """Carry it out; returns the response element."""
        answer = self.handler(request)
        if isinstance(answer, Awaitable):
            answer = await answer
        return element(f"{self.name}Response", *answer)


def operation[M: Callable[..., Answer | Awaitable[Answer]]](
    name: str, *, pre_auth: bool = False
) -> Callable[[M], M]:
    """Make a method answer the requests of this name."""

    def mark(method: M) -> M:
        setattr(method, _MARK, (name, pre_auth))
        return method

    return mark


_MARK = "onvif_operation"


class Provider:
    """Has operations of one ONVIF service."""

    prefix: ClassVar[str]
    """Prefix of the service's namespace in `NAMESPACES`."""


class Service(Provider, ABC):
    """An ONVIF web service."""

    path: ClassVar[str]
    """Where it answers."""
    version: ClassVar[tuple[int, int]]
    """Of its specification."""

    @abstractmethod
    def capabilities(self) -> Element:
        """Return what GetServiceCapabilities tells."""

    @abstractmethod
    def category(self, address: str) -> Element:
        """Return what GetCapabilities, its predecessor, tells."""

    @operation("GetServiceCapabilities", pre_auth=True)
    def get_service_capabilities(self, _request: Node) -> Answer:
        """Tell what this service can do."""
        return [self.capabilities()]


class Operations:
    """All operations of a unit."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._operations = {
            qualified(found.name): found for provider in providers for found in _of(provider)
        }

    def find(self, request: Node) -> Operation:
        """Return the operation a request asks for.

        Raises:
            Fault: This unit has no such operation.
        """
        found = self._operations.get(request.tag)
        if found is None:
            raise unsupported("This unit has no such operation")
        return found


def _of(provider: Provider) -> Iterable[Operation]:
    for _, method in inspect.getmembers(provider, inspect.ismethod):
        if mark := getattr(method, _MARK, None):
            name, pre_auth = mark
            yield Operation(f"{provider.prefix}:{name}", pre_auth, method)
