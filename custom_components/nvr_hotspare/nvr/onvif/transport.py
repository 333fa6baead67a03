"""One HTTP POST to a unit that may be broken, hostile or gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
import itertools
from typing import Any, Final

import aiohttp
from yarl import URL

from ..errors import UnitProtocolError, UnitRefusedError, UnitUnreachableError
from ..model import Endpoint

_UNLIMITED: Final = aiohttp.ClientTimeout(total=None)
_FRESH: Final = itertools.count()
_GATEWAY: Final = {
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Something in front of the unit answers, and says that the unit does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An HTTP request."""

    url: URL
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response of any status but 502, 503 and 504."""

    status: int
    body: bytes
    challenges: tuple[str, ...]
    """Values of WWW-Authenticate."""


def url_of(endpoint: Endpoint, path: str) -> URL:
    """Return where a service of the unit answers.

    Raises:
        UnitUnreachableError: The host is not a host name or address at all.
    """
    try:
        return URL.build(scheme="http", host=endpoint.host, port=endpoint.port).join(URL(path))
    except ValueError:
        raise UnitUnreachableError("That is no host name or address") from None


async def post(session: aiohttp.ClientSession, request: Post, *, limit: int, fresh: bool) -> Answer:
    """Send one request, once; how long it may take is for the caller to say.

    Args:
        session: Its pool holds the kept-alive connections.
        request: What to send.
        limit: Bytes an answer may have at most.
        fresh: Open a connection for this request instead of using a kept-alive one, which
            the unit may just be closing.

    Raises:
        UnitRefusedError: The host refuses the connection.
        UnitUnreachableError: Nothing answers.
        UnitProtocolError: The answer is not HTTP, or too large.
    """
    try:
        async with session.post(
            request.url,
            data=request.body,
            headers={**request.headers, "Connection": "close"} if fresh else request.headers,
            timeout=_UNLIMITED,
            allow_redirects=False,  # nobody but the unit gets a request made for it
            auto_decompress=False,  # a small answer may unpack to a huge one
            **(_fresh_connection() if fresh else {}),
        ) as response:
            if response.status in _GATEWAY:
                raise UnitUnreachableError(f"A gateway answers in its place ({response.status})")
            return Answer(
                status=response.status,
                body=await _read(response, limit),
                challenges=tuple(response.headers.getall("WWW-Authenticate", ())),
            )
    except TimeoutError:
        raise UnitUnreachableError("No answer in time") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, ConnectionRefusedError):
            raise UnitRefusedError("The host refuses the connection") from None
        raise UnitUnreachableError("No connection to the host") from None
    except aiohttp.ClientConnectionError, OSError:
        raise UnitUnreachableError("The connection was lost before an answer came") from None
    except aiohttp.InvalidURL:
        raise UnitUnreachableError("That is no host name or address") from None
    except aiohttp.ClientError:
        raise UnitProtocolError("The answer is not HTTP, or was cut off") from None


def _fresh_connection() -> Mapping[str, Any]:
    # The pool hands out a kept-alive connection only for the same host, port and TLS name;
    # plain HTTP makes no other use of the name.
    return {"server_hostname": f"fresh-{next(_FRESH)}"}


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnitProtocolError("The answer is compressed, which was not asked for")
    if (response.content_length or 0) > limit:
        raise UnitProtocolError("The answer is larger than any unit's")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise UnitProtocolError("The answer is larger than any unit's")
    return bytes(body)
