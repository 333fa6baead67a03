"""The faults of an ONVIF device (ONVIF Core, "Faults"; SOAP 1.2)."""

from enum import StrEnum
from http import HTTPStatus


class Code(StrEnum):
    """Whose fault it is."""

    SENDER = "Sender"
    RECEIVER = "Receiver"


class Fault(Exception):  # noqa: N818 - ONVIF's word for it
    """Ends an operation with a SOAP fault; `subcodes` are names of ONVIF's error namespace."""

    def __init__(self, code: Code, *subcodes: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.subcodes = subcodes
        self.reason = reason

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status it travels with (SOAP 1.2 part 2, table 20)."""
        if self.code is Code.SENDER:
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.INTERNAL_SERVER_ERROR


def sender(*subcodes: str, reason: str) -> Fault:
    """Return the fault of a request that this unit can't understand or won't obey."""
    return Fault(Code.SENDER, *subcodes, reason=reason)


def invalid(detail: str, reason: str) -> Fault:
    """Return the fault of a request with a wrong value, such as an unknown token."""
    return sender("InvalidArgVal", detail, reason=reason)


def full(detail: str, reason: str) -> Fault:
    """Return the fault of an operation that would exceed one of this unit's limits."""
    return Fault(Code.RECEIVER, "Action", detail, reason=reason)


def unsupported(reason: str, *details: str) -> Fault:
    """Return the fault of an operation that this unit does not have."""
    return Fault(Code.RECEIVER, "ActionNotSupported", *details, reason=reason)
