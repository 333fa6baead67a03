"""The certificate of a unit that speaks HTTPS, before it is known."""

import asyncio
from dataclasses import replace
import ssl
from typing import Final

import aiohttp

from ..recorder.remote.tls import fingerprint
from .errors import UnitCertificateError, UnitProtocolError, UnitUnreachableError
from .http import HttpRequest, UnitHttp
from .model import Endpoint

_PATIENCE: Final = 10.0
"""Seconds for everything."""
_LIMIT: Final = 1_048_576
"""Bytes of a page that nobody reads."""


async def unvouched(session: aiohttp.ClientSession, endpoint: Endpoint) -> str:
    """Return the fingerprint of the certificate of who answers, for the user to confirm.

    Nothing is said that is a secret, whoever it is.

    Returns:
        As in `Endpoint`; empty where an authority vouches for the certificate.

    Raises:
        UnitUnreachableError: Nobody answers.
        UnitProtocolError: It is no HTTPS.
    """
    http = UnitHttp(session, replace(endpoint, https=True, fingerprint=""))
    try:
        async with asyncio.timeout(_PATIENCE):
            request = HttpRequest(method="GET", url=http.url("/"))
            await http.send(request, limit=_LIMIT, fresh=True)
    except UnitCertificateError:
        return await _shown(endpoint)
    except UnitProtocolError:
        await _shown(endpoint)  # what it says is none of our business, if it is HTTPS at all
    except TimeoutError:
        raise UnitUnreachableError("No answer in time") from None
    return ""


def readable(fingerprint: str) -> str:
    """Return a fingerprint as browsers and recorders show it."""
    digits = fingerprint.upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


async def _shown(endpoint: Endpoint) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    except ssl.SSLError:
        raise UnitProtocolError("It speaks no HTTPS at this port") from None
    except OSError, UnicodeError:
        raise UnitUnreachableError("The connection was lost before an answer came") from None
    try:
        return fingerprint(writer.transport)
    finally:
        writer.transport.abort()
