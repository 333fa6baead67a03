"""Digest (RFC 7616, RFC 2617) and Basic (RFC 7617) authentication, both sides of it.

RTSP and HTTP share these schemes; all that goes in is a method, a URI and header values.
Of Digest: MD5 and SHA-256, with qop=auth and without qop (RFC 2069, which most cameras speak).
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
import hashlib
import hmac
import re
import secrets
import time
from typing import Final

_HASHES: Final = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""Algorithms of Digest, the strongest first."""
_MAX_CHALLENGES = 8
_NONCE_LIFETIME = 300.0
_CHALLENGE = re.compile(
    r"""[\s,]* (?: (?P<name>[\w!#$%&'*+.^`|~-]+) \s* = \s*
                   (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<token>[^\s,"]*) )
               |   (?P<scheme>[A-Za-z][\w-]*) (?= \s | , | $ ) )""",
    re.VERBOSE,
)


class Authenticator:
    """Answers the challenges of one server with one account.

    It never decides how often to try: a server that challenges again after an answer does not
    accept the account, unless the new challenge is `stale`.
    """

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenge: _Challenge | None = None
        self._count = 0

    @property
    def stale(self) -> bool:
        """Whether the last challenge only says that its predecessor's nonce has aged."""
        return self._challenge is not None and self._challenge.stale

    def accept(self, challenges: Sequence[str]) -> bool:
        """Take up the strongest of these WWW-Authenticate values; False if none can be answered."""
        usable = [challenge for challenge in _parse(challenges) if challenge.strength]
        self._challenge = max(usable, key=lambda challenge: challenge.strength, default=None)
        self._count = 0
        return self._challenge is not None

    def authorization(self, method: str, uri: str) -> str | None:
        """Return the value of Authorization for this request; None before any challenge."""
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            account = f"{self._username}:{self._password}".encode()
            return f"Basic {base64.b64encode(account).decode()}"
        self._count += 1
        parts = {
            "username": self._username,
            "realm": challenge.parameters.get("realm", ""),
            "nonce": challenge.parameters.get("nonce", ""),
            "uri": uri,
        }
        if challenge.offers_auth:
            parts |= {"qop": "auth", "nc": f"{self._count:08x}", "cnonce": secrets.token_hex(8)}
        parts["response"] = _response(challenge.algorithm, method, parts, self._password)
        if "algorithm" in challenge.parameters:
            parts["algorithm"] = challenge.algorithm
        if "opaque" in challenge.parameters:
            parts["opaque"] = challenge.parameters["opaque"]
        return "Digest " + ", ".join(
            f"{name}={value if name in {'qop', 'nc', 'algorithm'} else _quote(value)}"
            for name, value in parts.items()
        )


class Verdict(Enum):
    """What a server thinks of a request's Authorization."""

    ACCEPTED = auto()
    MISSING = auto()
    """None was sent, as is usual for a first request."""
    STALE = auto()
    """The account is right and the nonce too old: challenge again with stale=true."""
    REJECTED = auto()


class Guard:
    """A server's side: issues challenges and judges the answers.

    Nonces are not stored, they carry their time and a signature: neither a restart of a client
    nor a flood of challenges costs the server memory. A request can be replayed while its nonce
    lasts (300 s).
    """

    def __init__(
        self,
        realm: str,
        accounts: Mapping[str, str],
        *,
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
        basic: bool = False,
    ) -> None:
        """Guard with these accounts (user name to password), read anew at each request."""
        self._realm = realm
        self._accounts = accounts
        self._algorithms = tuple(algorithms)
        self._basic = basic
        self._key = secrets.token_bytes(32)

    def challenges(self, *, stale: bool = False) -> list[str]:
        """Return the values of WWW-Authenticate, a header each, the preferred one first."""
        nonce, realm = self._nonce(int(time.time())), _quote(self._realm)
        digests = [
            f'Digest realm={realm}, nonce="{nonce}", algorithm={algorithm}, qop="auth"'
            + (", stale=true" if stale else "")
            for algorithm in self._algorithms
        ]
        return [*digests, f"Basic realm={realm}"] if self._basic else digests

    def verify(self, authorization: str | None, method: str, uri: str) -> Verdict:
        """Judge the Authorization of a request, in a time that tells nothing of the accounts."""
        if authorization is None:
            return Verdict.MISSING
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() == "basic" and self._basic:
            return self._verify_basic(rest)
        if scheme.lower() == "digest":
            answers = _parse([authorization])
            return self._verify_digest(answers[0].parameters, method, uri)
        return Verdict.REJECTED

    def _verify_basic(self, encoded: str) -> Verdict:
        try:
            account = base64.b64decode(encoded.strip(), validate=True).decode()
        except ValueError:  # neither base64 nor UTF-8
            return Verdict.REJECTED
        username, _, password = account.partition(":")
        same = hmac.compare_digest(password.encode(), self._password(username).encode())
        return Verdict.ACCEPTED if same else Verdict.REJECTED

    def _verify_digest(self, answer: Mapping[str, str], method: str, uri: str) -> Verdict:
        algorithm = answer.get("algorithm", "MD5").upper()
        nonce = answer.get("nonce", "")
        if (
            not {"username", "realm", "uri", "response"} <= answer.keys()
            or algorithm not in self._algorithms
            or answer["realm"] != self._realm
            or not _covers(answer["uri"], uri)
            or (answer.get("qop", "auth") != "auth")
        ):
            return Verdict.REJECTED
        expected = _response(algorithm, method, answer, self._password(answer["username"]))
        if not hmac.compare_digest(expected.encode(), answer["response"].encode()):
            return Verdict.REJECTED
        return Verdict.ACCEPTED if self._is_fresh(nonce) else Verdict.STALE

    def _password(self, username: str) -> str:
        """Return the account's password, or one nobody knows, so that both take as long."""
        return self._accounts.get(username, secrets.token_hex(16))

    def _nonce(self, issued: int) -> str:
        signature = hmac.digest(self._key, str(issued).encode(), "sha256").hex()
        return f"{issued:x}-{signature}"

    def _is_fresh(self, nonce: str) -> bool:
        issued, _, _ = nonce.partition("-")
        if not re.fullmatch("[0-9a-f]{1,12}", issued):
            return False
        time_issued = int(issued, 16)
        return (
            hmac.compare_digest(self._nonce(time_issued).encode(), nonce.encode())
            and time.time() - time_issued < _NONCE_LIFETIME
        )


@dataclass(slots=True)
class _Challenge:
    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def offers_auth(self) -> bool:
        qops = self.parameters.get("qop", "").lower()
        return "auth" in re.split(r"[\s,]+", qops)

    @property
    def stale(self) -> bool:
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def strength(self) -> int:
        """How much it protects the password; 0 for what can't be answered."""
        if self.scheme == "basic":
            return 1
        if self.scheme != "digest" or self.algorithm not in _HASHES:
            return 0
        if self.parameters.get("qop") and not self.offers_auth:
            return 0
        return 3 if self.algorithm == "SHA-256" else 2


def _parse(values: Iterable[str]) -> list[_Challenge]:
    """Parse header values; several challenges may share one value (RFC 7235, section 4.1)."""
    found: list[_Challenge] = []
    for value in values:
        position = 0
        while match := _CHALLENGE.match(value, position):
            position = match.end()
            if match["scheme"]:
                found.append(_Challenge(match["scheme"].lower()))
                if len(found) == _MAX_CHALLENGES:
                    return found
            elif found:
                quoted = match["quoted"]
                text = match["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                found[-1].parameters.setdefault(match["name"].lower(), text)
    return found


def _response(algorithm: str, method: str, answer: Mapping[str, str], password: str) -> str:
    """Compute the response of an answer's other parameters (RFC 7616, section 3.4.1)."""

    def digest(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    nonce = [answer.get("nonce", "")]
    if "qop" in answer:
        nonce += [answer.get("nc", ""), answer.get("cnonce", ""), answer["qop"]]
    return digest(
        digest(answer["username"], answer["realm"], password),
        *nonce,
        digest(method, answer["uri"]),
    )


def _covers(claimed: str, uri: str) -> bool:
    """Whether the URI an answer was made for is the requested one or the stream it is part of.

    Clients of the live555 family sign every request of a session with the URI of its stream,
    also the SETUP of one of its tracks.
    """
    return uri == claimed or uri.startswith(claimed.rstrip("/") + "/")


def _quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
