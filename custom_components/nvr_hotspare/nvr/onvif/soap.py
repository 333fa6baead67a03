"""Reading SOAP answers that nobody vouches for."""

from dataclasses import dataclass
from typing import Final, NoReturn

from lxml.etree import _Element as Element

from ..errors import (
    UnitCredentialsError,
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..untrusted import parse_xml, printable

SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_MAX_SUBCODES = 8
_UNAUTHORIZED: Final = {
    "NotAuthorized",  # ONVIF Core, "Authentication"
    "FailedAuthentication",  # WS-Security 1.1, section 12
    "FailedCheck",
    "InvalidSecurity",
    "InvalidSecurityToken",
}
_UNSUPPORTED: Final = {
    "ActionNotSupported",  # ONVIF Core, "Generic faults"
    "OptionalActionNotImplemented",
    "NotImplemented",
    "UnknownAction",
}
_GONE: Final = {"NoRecording", "NoRecordingJob", "UnknownToken"}


class TokenGoneError(UnitRequestError):
    """The unit has no longer what the token named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A SOAP fault: the local names of its codes, outermost first, and the unit's reason."""

    codes: tuple[str, ...]
    reason: str

    @property
    def unauthorized(self) -> bool:
        """Whether the account is not accepted, or may not do this."""
        return not _UNAUTHORIZED.isdisjoint(self.codes)

    def throw(self) -> NoReturn:
        """Raise the `UnitError` that says the same."""
        reason = self.reason or " ".join(self.codes) or "The unit gives no reason"
        if self.unauthorized:
            raise UnitCredentialsError(reason)
        if not _UNSUPPORTED.isdisjoint(self.codes):
            raise UnitUnsupportedError(reason)
        if any(code.startswith("Max") for code in self.codes):
            raise UnitFullError(reason)
        if not _GONE.isdisjoint(self.codes):
            raise TokenGoneError(reason)
        raise UnitRequestError(reason)


def parse(body: bytes) -> Element:
    """Parse an answer; returns its SOAP envelope.

    Raises:
        UnitProtocolError: It is no SOAP, or has a document type and so, perhaps, entities.
    """
    root = parse_xml(body)
    if root.tag not in {f"{{{SOAP_12}}}Envelope", f"{{{SOAP_11}}}Envelope"}:
        raise UnitProtocolError("The answer is not SOAP")
    return root


def fault_of(envelope: Element) -> Fault | None:
    """Return the fault in an answer (SOAP 1.2 part 1, section 5.4; SOAP 1.1, section 4.4)."""
    if (fault := envelope.find(f"{{{SOAP_12}}}Body/{{{SOAP_12}}}Fault")) is not None:
        codes: list[str] = []
        code = fault.find(f"{{{SOAP_12}}}Code")
        while code is not None and len(codes) < _MAX_SUBCODES:
            codes.append(_local(code.findtext(f"{{{SOAP_12}}}Value")))
            code = code.find(f"{{{SOAP_12}}}Subcode")
        reason = fault.findtext(f"{{{SOAP_12}}}Reason/{{{SOAP_12}}}Text")
        return Fault(codes=tuple(codes), reason=printable(reason))
    if (fault := envelope.find(f"{{{SOAP_11}}}Body/{{{SOAP_11}}}Fault")) is not None:
        codes = [_local(fault.findtext("faultcode"))]
        return Fault(codes=tuple(codes), reason=printable(fault.findtext("faultstring")))
    return None


def _local(name: str | None) -> str:
    return printable(name).rpartition(":")[2]
