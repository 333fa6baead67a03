"""RTSP URIs of cameras: with and without credentials, and whose address they hold."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from ..recorder.model import Source

_RTSP_PORTS = {"rtsp": 554, "rtsps": 322}
_MAX_URI = 2048


def with_credentials(source: Source) -> str:
    """Return the source's URI with its credentials as userinfo (RFC 3986, section 3.2.1).

    ReceiverConfiguration has no other place for them. The result is a secret.
    """
    if not source.username:
        return source.uri
    parts = urlsplit(source.uri)
    userinfo = quote(source.username, safe="")
    if source.password:
        userinfo += ":" + quote(source.password, safe="")
    return parts._replace(netloc=f"{userinfo}@{_host_and_port(parts)}").geturl()


def stream_uri(text: str) -> str | None:
    """Return an RTSP URI as a unit tells it, without credentials; None if it is none."""
    if not text.isprintable() or len(text) > _MAX_URI:
        return None
    parts = _split(text.strip())
    if parts is None or parts.scheme not in _RTSP_PORTS or not parts.hostname:
        return None
    return parts._replace(netloc=_host_and_port(parts), fragment="").geturl()


def at_host(uri: str, host: str) -> str:
    """Return an RTSP URI without credentials with another host; its port stays."""
    parts = urlsplit(uri)
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=name + port).geturl()


def is_same_stream(first: str, second: str) -> bool:
    """Whether two URIs name the same stream, whatever credentials they carry."""
    one, other = _split(first), _split(second)
    return one is not None and other is not None and _identity(one) == _identity(other)


def is_at(uri: str, host: str) -> bool:
    """Whether a URI's host is this one; names are compared as they are."""
    parts = _split(uri)
    return parts is not None and bool(host) and _address(parts.hostname or "") == _address(host)


def is_own_address(uri: str, host: str, addresses: Iterable[str] = ()) -> bool:
    """Whether a source dies with its recorder, because its host is the recorder itself.

    Names are compared as they are: nothing is looked up.

    Args:
        uri: The source.
        host: Where the recorder is reached.
        addresses: More addresses of it, as it tells them.
    """
    parts = _split(uri)
    return parts is not None and is_own_host(parts.hostname or "", host, addresses)


def is_own_host(name: str, host: str, addresses: Iterable[str] = ()) -> bool:
    """Whether a host, or address, is the recorder itself; arguments as of `is_own_address`."""
    if not name:
        return False
    source, own = _address(name), [_address(it) for it in (host, *addresses)]
    if source in own:
        return True
    # A recorder's own loopback or "any" address is the recorder. Where recorders themselves
    # are reached at loopback addresses, as in a simulation, these differ like any others.
    return _is_local(source) and not _is_local(own[0])


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        return None
    return parts


def _host_and_port(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _identity(parts: SplitResult) -> tuple[object, ...]:
    port = parts.port or _RTSP_PORTS.get(parts.scheme)
    return parts.scheme, _address(parts.hostname or ""), port, parts.path or "/", parts.query


def _address(host: str) -> IPv4Address | IPv6Address | str:
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host.lower().rstrip(".")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_local(address: IPv4Address | IPv6Address | str) -> bool:
    if isinstance(address, str):
        return address == "localhost"
    return address.is_loopback or address.is_unspecified
