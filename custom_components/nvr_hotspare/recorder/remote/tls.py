"""TLS with a certificate that nobody vouches for: it is known by its fingerprint.

The fingerprint is the SHA-256 of the certificate in DER, in hexadecimal. A client that knows it
says nothing to a server that has another; one that does not know it yet proves and has proven
that both mean the same (`proof`).
"""

import asyncio
from collections.abc import Sequence
from functools import cache
import hashlib
import ssl

ORDERS = "nvr-hotspare/1"
FOOTAGE = "nvr-hotspare-footage/1"
"""What a connection is for (RFC 7301): an engine needs a single port."""
HANDSHAKE = 5.0
"""Seconds that TLS may take to begin."""


def fingerprint_of(certificate: bytes) -> str:
    """Return the fingerprint of a certificate in DER."""
    return hashlib.sha256(certificate).hexdigest()


def server_context(path: str) -> ssl.SSLContext:
    """Return what serves with a certificate and its key, both in one file in PEM.

    Raises:
        OSError: The file can't be read, or holds no such thing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(path)
    context.set_alpn_protocols([ORDERS, FOOTAGE])
    return context


@cache
def client_context(purpose: str) -> ssl.SSLContext:
    """Return what connects for one purpose, to whom has to be checked by `fingerprint`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(_known(purpose))
    return context


def fingerprint(transport: asyncio.BaseTransport) -> str:
    """Return the fingerprint of who is at the other end of a client's connection."""
    connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
    return fingerprint_of(connection.getpeercert(binary_form=True) or b"")


def purpose(transport: asyncio.BaseTransport) -> str:
    """Return what a client has connected for."""
    connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
    return connection.selected_alpn_protocol() or ORDERS


def _known(purpose: str) -> Sequence[str]:
    if purpose not in {ORDERS, FOOTAGE}:
        raise ValueError(purpose)
    return [purpose]
