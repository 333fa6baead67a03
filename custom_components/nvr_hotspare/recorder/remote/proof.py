"""Proving that one knows a secret without telling it, to nobody but the one that is meant.

A proof is HMAC-SHA256 under the secret over all that makes a meeting the only one of its kind:
who proves, what for, the fingerprint of the engine's certificate, a random number of each side,
the engine and the group. Whoever stands in between has another certificate, so a proof that he
gets counts nowhere else; to try codes against it at home he has to guess 60 bits, each guess
stretched by scrypt.
"""

from dataclasses import dataclass
from enum import StrEnum
import hashlib
import hmac
import json
import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 characters that are not taken for one another, after Crockford's Base32."""
_ALIKE = str.maketrans("OIL", "011")
_LENGTH, _GROUP = 12, 4
_COST, _BLOCK = 1 << 15, 8
"""Of scrypt (RFC 7914): 32 MiB and about a tenth of a second for each guess."""


class CodeError(ValueError):
    """What was typed can't be a pairing code."""


class Purpose(StrEnum):
    """What is proven for."""

    PAIR = "pair"
    ENTER = "enter"


class Side(StrEnum):
    """Who proves."""

    CLIENT = "client"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What makes a meeting the only one of its kind."""

    purpose: Purpose
    fingerprint: str
    """Of the engine's certificate, as the one who proves or judges sees it."""
    engine: str
    group: str
    nonces: tuple[str, str]
    """A random number of the engine, and one of the client."""

    def proof(self, side: Side, secret: bytes) -> str:
        """Return what proves that a side knows a secret."""
        told = json.dumps(
            [side, self.purpose, self.fingerprint, self.engine, self.group, *self.nonces]
        )
        return hmac.digest(secret, told.encode(), "sha256").hex()

    def is_proven(self, side: Side, secret: bytes, proof: str) -> bool:
        """Whether a proof is the one, in a time that tells nothing of it."""
        return hmac.compare_digest(self.proof(side, secret).encode(), proof.encode())


def nonce() -> str:
    """Return a random number that never comes again."""
    return secrets.token_hex(32)


def new_code() -> str:
    """Return a pairing code of 60 bits, such as `7K3M-Q2XD-9FHT`."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def stretch(code: str, salt: str) -> bytes:
    """Return the secret that a code stands for. Takes a while, and blocks.

    Raises:
        CodeError: It can't be a code, however it was typed.
    """
    plain = re.sub(r"[\s-]", "", code).upper().translate(_ALIKE)
    if len(plain) != _LENGTH or not set(plain) <= set(_ALPHABET):
        raise CodeError(f"A pairing code has {_LENGTH} letters and digits.")
    return hashlib.scrypt(
        plain.encode(), salt=salt.encode(), n=_COST, r=_BLOCK, p=1, maxmem=64 << 20, dklen=32
    )


def footage_password(key: str) -> str:
    """Return the password of the footage, for who knows the key of a pairing."""
    return hmac.digest(bytes.fromhex(key), b"footage", "sha256").hex()
