"""WS-UsernameToken with a password digest (OASIS WSS UsernameToken Profile 1.0, section 3)."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import hashlib
import hmac

from custom_components.nvr_hotspare.recorder.auth import Verdict

from .xml import Node

_DIGEST = (
    "http://docs.oasis-open.org/wss/2004/01/"
    "oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)
_WINDOW = timedelta(seconds=30)
"""How far a client's clock may be off; each device has its own idea of it."""
_MAX_NONCE = 256


class UsernameTokens:
    """Judges the tokens of requests; each is good for one request."""

    def __init__(self, username: str, password: str, now: Callable[[], datetime]) -> None:
        self._username = username
        self._password = password
        self._now = now
        self._seen: dict[bytes, datetime] = {}
        """Nonces of right tokens until they age; a stranger can't make it grow."""

    def verify(self, security: Node | None) -> Verdict:
        """Judge a request's Security header; STALE is a right token, too old or used before."""
        token = security.find("wsse:UsernameToken") if security else None
        if token is None:
            return Verdict.MISSING
        password, nonce64, created = (
            token.find(name) for name in ("wsse:Password", "wsse:Nonce", "wsu:Created")
        )
        if password is None or nonce64 is None or created is None:
            return Verdict.REJECTED
        try:
            nonce = base64.b64decode(nonce64.value, validate=True)
            written = datetime.fromisoformat(created.value)
        except binascii.Error, ValueError:
            return Verdict.REJECTED
        account = token.find("wsse:Username")
        expected = digest(self._password, nonce, created.value)
        if (
            password.attribute("Type") != _DIGEST
            or len(nonce) > _MAX_NONCE
            or account is None
            or account.value != self._username
            or not hmac.compare_digest(expected.encode(), password.value.encode())
        ):
            return Verdict.REJECTED
        return Verdict.ACCEPTED if self._is_new(nonce, written) else Verdict.STALE

    def _is_new(self, nonce: bytes, created: datetime) -> bool:
        """Whether the token is of now and was not used before; from here on it was."""
        now = self._now()
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
        self._seen = {known: until for known, until in self._seen.items() if until > now}
        if abs(now - created) > _WINDOW or nonce in self._seen:
            return False
        self._seen[nonce] = created + _WINDOW
        return True


def digest(password: str, nonce: bytes, created: str) -> str:
    """Compute Base64(SHA-1(nonce + created + password))."""
    hashed = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(hashed.digest()).decode()
