"""A unit's and a camera's failures, as keys of translations."""

from typing import Final

from .nvr.errors import (
    UnitCertificateError,
    UnitCredentialsError,
    UnitError,
    UnitProtocolError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from .recorder.errors import (
    SourceBusyError,
    SourceError,
    SourceNotFoundError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)

_UNIT_KEYS: Final[tuple[tuple[type[UnitError], str], ...]] = (
    (UnitUnreachableError, "cannot_connect"),
    (UnitCertificateError, "other_certificate"),
    (UnitCredentialsError, "invalid_auth"),
    (UnitProtocolError, "not_onvif"),
    (UnitUnsupportedError, "not_onvif"),
)
_SOURCE_KEYS: Final[tuple[tuple[type[SourceError], str], ...]] = (
    (SourceUnreachableError, "unreachable"),
    (SourceRejectedError, "rejected"),
    (SourceNotFoundError, "not_found"),
    (SourceBusyError, "busy"),
    (SourceUnsupportedError, "unsupported"),
)


def unit_error_key(error: UnitError) -> str:
    """Return the key of what the user reads about this failure of a unit."""
    return next((key for kind, key in _UNIT_KEYS if isinstance(error, kind)), "unit_refuses")


def source_error_key(error: SourceError) -> str:
    """Return the key of what the user reads about this failure of a camera."""
    return next((key for kind, key in _SOURCE_KEYS if isinstance(error, kind)), "no_rtsp")
