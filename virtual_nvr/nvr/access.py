"""Who may ask: HTTP Digest, WS-UsernameToken, and an account that closes after wrong passwords."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
import time
from typing import Protocol, override

from custom_components.nvr_hotspare.recorder.auth import Guard, Verdict

from .config import Auth, Lockout
from .faults import Code, Fault
from .wsse import UsernameTokens
from .xml import Node

_REASONS = {
    Verdict.MISSING: "Credentials are required",
    Verdict.STALE: "The credentials are too old, or were used before",
    Verdict.REJECTED: "User name or password is wrong",
}


class NotAuthorizedFault(Fault):
    """The request does not come from the unit's account.

    A unit with HTTP Digest answers 401 with a challenge, one that knows only WS-UsernameToken
    400 (ONVIF Core, "Authentication").
    """

    def __init__(self, reason: str, challenges: Sequence[str], *details: str) -> None:
        super().__init__(Code.SENDER, "NotAuthorized", *details, reason=reason)
        self.challenges = challenges

    @property
    @override
    def status(self) -> HTTPStatus:
        return HTTPStatus.UNAUTHORIZED if self.challenges else HTTPStatus.BAD_REQUEST


class Account(Protocol):
    """Who may ask, and how he proves it."""

    @property
    def username(self) -> str:
        """Of the only account."""

    @property
    def password(self) -> str:
        """Of the same."""

    @property
    def auth(self) -> Auth:
        """How clients may prove who they are."""

    @property
    def lockout(self) -> Lockout | None:
        """When the account closes, None for never."""


class Access:
    """Judges requests by the unit's one account."""

    def __init__(self, config: Account, now: Callable[[], datetime]) -> None:
        self._guard: Guard | None = None
        self._tokens: UsernameTokens | None = None
        if config.auth is not Auth.WSSE:
            self._guard = Guard("Virtual NVR", {config.username: config.password})
        if config.auth is not Auth.DIGEST:
            self._tokens = UsernameTokens(config.username, config.password, now)
        self.lock = AccountLock(config.lockout)

    def check(
        self, method: str, uri: str, authorization: str | None, security: Node | None
    ) -> None:
        """Let a request pass.

        Args:
            method: Of HTTP.
            uri: The request's target, as on its first line.
            authorization: The HTTP header.
            security: The SOAP header.

        Raises:
            NotAuthorizedFault: The request must not be answered.
        """
        if self.lock.closed:
            raise NotAuthorizedFault("The account is locked", self._challenges(), "AccountLocked")
        verdict = Verdict.MISSING
        if self._guard:
            verdict = self._guard.verify(authorization, method, uri)
        if verdict is Verdict.MISSING and self._tokens:
            verdict = self._tokens.verify(security)
        if verdict is Verdict.ACCEPTED:
            self.lock.right()
            return
        if verdict is Verdict.REJECTED:
            self.lock.wrong()
        raise NotAuthorizedFault(
            _REASONS[verdict], self._challenges(stale=verdict is Verdict.STALE)
        )

    def _challenges(self, *, stale: bool = False) -> Sequence[str]:
        return self._guard.challenges(stale=stale) if self._guard else ()


class AccountLock:
    """Closes the account after too many wrong passwords in a row."""

    def __init__(self, rule: Lockout | None) -> None:
        self._rule = rule
        self._wrong = 0
        self._until = 0.0
        self.wrong_ones = 0
        """All that there ever were."""

    @property
    def closed(self) -> bool:
        """Whether nobody gets in now."""
        return time.monotonic() < self._until

    def right(self) -> None:
        """Count a right one."""
        self._wrong = 0

    def wrong(self) -> None:
        """Count a wrong one."""
        self.wrong_ones += 1
        self._wrong += 1
        if self._rule and self._wrong >= self._rule.attempts:
            self._wrong = 0
            self._until = time.monotonic() + self._rule.seconds
