"""How often an account may be offered to a unit: units lock accounts that are tried too often.

Known limits are as low as four wrong passwords, and half an hour of closure after that. A password
that was rejected twice is not offered a third time within that half hour, whoever asks for it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import time
from typing import Final

from .errors import UnitCredentialsError

_PARALLEL: Final = 4
_PROOF: Final = 10.0
"""Seconds for which an account that was accepted is believed to be still good."""
_REJECTIONS: Final = 2
_LOCKED: Final = 1800.0
"""Seconds in which there are no more than that; and how long units lock accounts, as a rule."""
_LONGEST: Final = 86_400.0
"""Seconds that a unit is believed to lock an account at most, whatever it says."""


class AccountLockedError(UnitCredentialsError):
    """The account is not offered for now."""


class Ration:
    """Lets requests of one account pass.

    A few may be under way at the same time, but whoever comes first after a while goes alone: so a
    password that was changed costs one attempt and not one of each.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._first = asyncio.Lock()
        self._proven = 0.0
        self._rejected: deque[float] = deque(maxlen=_REJECTIONS)
        self._closed_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn, within which the account may be offered once.

        Raises:
            AccountLockedError: It must not be offered now.
        """
        async with self._slots:
            if self._is_proven:
                yield
                return
            async with self._first:
                self._check()
                yield

    def accepted(self) -> None:
        """Note that the account was accepted."""
        self._rejected.clear()
        self._proven = time.monotonic()

    def rejected(self) -> None:
        """Note that it was not."""
        now = time.monotonic()
        self._proven = 0.0
        self._rejected.append(now)
        if len(self._rejected) == _REJECTIONS:
            self._close(self._rejected[0] + _LOCKED)

    def locked(self, seconds: float) -> None:
        """Note that the unit says that it has locked the account, and for how long."""
        self._proven = 0.0
        self._close(time.monotonic() + min(max(seconds, 0.0), _LONGEST))

    @property
    def _is_proven(self) -> bool:
        return bool(self._proven) and time.monotonic() - self._proven < _PROOF

    def _close(self, until: float) -> None:
        self._closed_until = max(self._closed_until, until)

    def _check(self) -> None:
        if time.monotonic() < self._closed_until:
            raise AccountLockedError("The password was rejected, and is not offered again for now")
