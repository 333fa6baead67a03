"""The certificate that an engine makes for itself at its first start, and then keeps.

Its names and dates say nothing: it is known by its fingerprint alone, and the clock of a machine
that starts for the first time is often wrong. Plain synchronous code.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
import secrets
import ssl

from .private_file import write_private
from .tls import fingerprint_of, server_context

_NAME = "NVR Hot Spare engine"
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No well-defined expiration date (RFC 5280, section 4.1.2.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Who an engine is."""

    context: ssl.SSLContext
    fingerprint: str

    @property
    def engine(self) -> str:
        """The engine's id, which is no secret."""
        return self.fingerprint[:16]


def certificate(path: Path) -> Certificate:
    """Return the certificate in a file, made if there is none.

    Raises:
        OSError: The file can't be read or made, or holds no certificate with its key. It is not
            made anew then: whoever is paired would take the engine for another one.
    """
    if not path.exists():
        write_private(path, self_signed(_NAME))
    context = server_context(str(path))
    try:
        text = path.read_text(encoding="ascii")
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        found = text[text.index(begin) : text.index(end) + len(end)]
    except ValueError as error:
        raise OSError(None, f"There is no certificate in {path}") from error
    return Certificate(
        context=context, fingerprint=fingerprint_of(ssl.PEM_cert_to_DER_cert(found + "\n"))
    )


def self_signed(common_name: str) -> bytes:
    """Return a new key and its certificate, that of this name, in PEM."""
    # It is needed once in an engine's life, and is too large to be loaded each time.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    begin, end = _ALWAYS
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(128) + 1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)
