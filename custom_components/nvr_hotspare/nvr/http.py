"""HTTP and HTTPS requests to a unit that may be broken, hostile or gone."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
import itertools
from typing import Any, Final

import aiohttp
from yarl import URL

from .errors import (
    UnitCertificateError,
    UnitError,
    UnitProtocolError,
    UnitRefusedError,
    UnitUnreachableError,
)
from .model import Endpoint

_UNLIMITED: Final = aiohttp.ClientTimeout(total=None)
_FRESH: Final = itertools.count()
_DOTS: Final = 100
_NO_HOST: Final = "That is no host name or address"
_FAILURES: Final[tuple[tuple[type[Exception], type[UnitError], str], ...]] = (
    (
        aiohttp.ServerFingerprintMismatch,
        UnitCertificateError,
        "It shows another certificate than the one that was confirmed",
    ),
    (
        aiohttp.ClientConnectorCertificateError,
        UnitCertificateError,
        "No authority vouches for its certificate",
    ),
    (
        aiohttp.ClientSSLError,
        UnitProtocolError,
        "It speaks no HTTPS at this port, or only an outdated kind of it",
    ),
    (aiohttp.ClientConnectorError, UnitUnreachableError, "No connection to the host"),
    (TimeoutError, UnitUnreachableError, "No answer in time"),
    (
        aiohttp.ClientConnectionError,
        UnitUnreachableError,
        "The connection was lost before an answer came",
    ),
    (aiohttp.InvalidURL, UnitUnreachableError, _NO_HOST),
    (aiohttp.ClientError, UnitProtocolError, "The answer is not HTTP, or was cut off"),
    (OSError, UnitUnreachableError, "The connection was lost before an answer came"),
)
"""What a failure to get an answer means, the more special ones first."""
_GATEWAY: Final = {
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Something in front of the unit answers, and says that the unit does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What is sent; all of it but the method may hold a password, and is never shown."""

    method: str = "POST"
    url: URL = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response of any status but 502, 503 and 504."""

    status: int
    body: bytes
    challenges: tuple[str, ...]
    """Values of WWW-Authenticate, but for those that no answer could repeat."""


class UnitHttp:
    """The web server of one unit, and nobody else's.

    Of one that speaks HTTPS the certificate is proven before anything is said to it: by the
    fingerprint that the user has confirmed, or, where there is none, by an authority.
    """

    def __init__(self, session: aiohttp.ClientSession, endpoint: Endpoint) -> None:
        """Make one.

        Args:
            session: Its pool holds the kept-alive connections; never closed here.
            endpoint: Where the server is.

        Raises:
            UnitUnreachableError: The endpoint's host is no host name or address at all.
        """
        self.endpoint = endpoint
        self._session = session
        scheme = "https" if endpoint.https else "http"
        try:
            self._origin = URL.build(scheme=scheme, host=endpoint.host, port=endpoint.port)
        except ValueError:
            raise UnitUnreachableError(_NO_HOST) from None
        pin = endpoint.fingerprint if endpoint.https else ""
        self._proof = aiohttp.Fingerprint(bytes.fromhex(pin)) if pin else True

    def url(self, path: str | URL) -> URL:
        """Return where a path is, with the query that it may have.

        As a `URL` it is taken as it is encoded.

        Raises:
            UnitUnreachableError: It is no path.
        """
        try:
            return self._origin.join(URL(path))
        except ValueError:
            raise UnitUnreachableError(_NO_HOST) from None

    async def send(self, request: HttpRequest, *, limit: int, fresh: bool) -> Answer:
        """Send one request, once; how long it may take is for the caller to say.

        Args:
            request: What to send.
            limit: Bytes an answer may have at most.
            fresh: Open a connection for this request instead of using a kept-alive one, which
                the unit may just be closing.

        Raises:
            UnitRefusedError: The host refuses the connection.
            UnitUnreachableError: Nothing answers.
            UnitCertificateError: Another certificate is shown than the one that was confirmed,
                or one that no authority vouches for.
            UnitProtocolError: The answer is not HTTP, or too large.
        """
        async with self.opened(request, fresh=fresh) as response:
            return await read(response, limit)

    @asynccontextmanager
    async def opened(
        self, request: HttpRequest, *, fresh: bool
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Send one request, and enter once the head of its answer is here; the rest follows within.

        Raises what `send` does, also for what goes wrong within.
        """
        headers = {**request.headers, "Accept-Encoding": "identity"}
        try:
            async with self._session.request(
                request.method,
                request.url,
                data=request.body or None,
                headers={**headers, "Connection": "close"} if fresh else headers,
                timeout=_UNLIMITED,
                allow_redirects=False,  # nobody but the unit gets a request made for it
                auto_decompress=False,  # a small answer may unpack to a huge one
                ssl=self._proof,
                **(_fresh_connection(request.url) if fresh else {}),
            ) as response:
                if response.status in _GATEWAY:
                    raise UnitUnreachableError(
                        f"A gateway answers in its place ({response.status})"
                    )
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise UnitProtocolError("The answer is compressed, which was not asked for")
                yield response
        except (aiohttp.ClientError, OSError) as error:
            raise _told(error) from None


async def read(response: aiohttp.ClientResponse, limit: int) -> Answer:
    """Read an answer to its end, which is at most so many bytes away.

    Raises:
        UnitProtocolError: It is larger.
    """
    if (response.content_length or 0) > limit:
        raise UnitProtocolError("The answer is larger than any unit's")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise UnitProtocolError("The answer is larger than any unit's")
    return Answer(
        status=response.status,
        body=bytes(body),
        challenges=tuple(_repeatable(response.headers.getall("WWW-Authenticate", ()))),
    )


def _repeatable(values: Iterable[str]) -> Iterator[str]:
    """Yield the values of headers that can be sent back: text in UTF-8 without control characters.

    What a unit says in another encoding stands there as surrogates.
    """
    for value in values:
        if (text := value.replace("\t", " ")).isprintable():
            yield text


def _told(error: aiohttp.ClientError | OSError) -> UnitError:
    """Return what a failure to get an answer means."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ConnectionRefusedError
    ):
        return UnitRefusedError("The host refuses the connection")
    kind, text = next((kind, text) for it, kind, text in _FAILURES if isinstance(error, it))
    return kind(text)


def _fresh_connection(url: URL) -> Mapping[str, Any]:
    # The pool hands out a kept-alive connection only for the same host, port and TLS name. Dots
    # at its end are not part of the name that TLS gets to see, and plain HTTP makes no use of it.
    return {"server_hostname": f"{url.raw_host}{'.' * (next(_FRESH) % _DOTS + 1)}"}
