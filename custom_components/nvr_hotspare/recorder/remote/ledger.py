"""Whom an engine stands in for: the one group that it is paired with, or a code for the first.

A code is made at each start of an engine that is not paired, shown once, and never stored. It
counts until the group that used it has shown for the first time that it got its key: an answer
that is lost on the way costs nothing but trying again.
"""

import asyncio
from collections.abc import Callable
import json
import logging
import math
from pathlib import Path
import secrets
import time

from ..plain import PlainError, dump, load
from .certificate import Certificate
from .private_file import write_private
from .proof import Meeting, Side, new_code, stretch
from .talk import Pairing, Refusal, Reply

_LOGGER = logging.getLogger(__name__)
_MAX_SIZE = 1 << 16
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
"""Seconds without any try after a wrong code, doubled by each further one."""


class Ledger:
    """The pairing of one engine, in a file.

    Attributes:
        pairing: Whom it stands in for, None for nobody yet.
        salt: Of the code.
    """

    def __init__(self, path: Path, engine: Certificate, prepare: Callable[[str], None]) -> None:
        """Read the pairing; OSError where there is one that can't be read.

        Such an engine does not start: with a new code it would be anybody's.

        Args:
            path: The file.
            engine: Who the engine is.
            prepare: Makes what a new group needs, in a thread; OSError where that is not
                possible, which leaves the engine unpaired.
        """
        self._path = path
        self._certificate = engine
        self._prepare = prepare
        self._promised: Pairing | None = None
        """Made, but its group has not shown yet that it got the key."""
        self._secret: bytes | None = None
        self._wrong = 0
        self._not_before = -math.inf
        self.salt = secrets.token_hex(16)
        self.pairing = self._read()

    async def show_code(self, show: Callable[[str], None]) -> None:
        """Make a new code and show it, unless the engine is paired."""
        if self.pairing is None:
            code, self.salt = new_code(), secrets.token_hex(16)
            self._secret = await asyncio.to_thread(stretch, code, self.salt)
            self._promised = None
            show(code)

    def pair(self, meeting: Meeting, proof: str) -> Reply:
        """Judge who proves the code, and promise a key to who does."""
        if self.pairing is not None:
            return Reply(refusal=Refusal.TAKEN)
        if self._secret is None:
            return Reply(refusal=Refusal.LATER, seconds=1)
        if (wait := self._not_before - time.monotonic()) > 0:
            return Reply(refusal=Refusal.LATER, seconds=math.ceil(wait))
        if not meeting.is_proven(Side.CLIENT, self._secret, proof):
            pause = min(_FIRST_PAUSE * 2**self._wrong, _LONGEST_PAUSE)
            self._wrong = min(self._wrong + 1, 16)
            self._not_before = time.monotonic() + pause
            _LOGGER.warning("A wrong pairing code; the next try counts in %d s", pause)
            return Reply(refusal=Refusal.CODE, seconds=math.ceil(pause))
        if self._promised is not None and self._promised.group != meeting.group:
            return Reply(refusal=Refusal.TAKEN)
        self._promised = Pairing(
            engine=self._certificate.engine,
            fingerprint=self._certificate.fingerprint,
            group=meeting.group,
            key=secrets.token_hex(32),
        )
        return Reply(proof=meeting.proof(Side.ENGINE, self._secret), key=self._promised.key)

    async def enter(self, meeting: Meeting, proof: str) -> Reply:
        """Judge who proves the key; a promise becomes a pairing.

        Raises:
            OSError: The disk fails, and the promise stays one.
        """
        known = self.pairing or self._promised
        if known is None:
            return Reply(refusal=Refusal.UNPAIRED)
        key = bytes.fromhex(known.key)
        if meeting.group != known.group:
            return Reply(refusal=Refusal.TAKEN)
        if not meeting.is_proven(Side.CLIENT, key, proof):
            return Reply(refusal=Refusal.KEY)
        if self.pairing is None:
            await asyncio.to_thread(self._save, known)
            self.pairing, self._promised, self._secret = known, None, None
            _LOGGER.info("Paired with the group %s", known.group)
        return Reply(proof=meeting.proof(Side.ENGINE, key))

    async def forget(self) -> None:
        """End the pairing; OSError where the disk fails."""
        await asyncio.to_thread(self._path.unlink, missing_ok=True)
        self.pairing = None

    def _save(self, pairing: Pairing) -> None:
        self._prepare(pairing.group)
        write_private(self._path, json.dumps(dump(pairing)).encode())

    def _read(self) -> Pairing | None:
        try:
            with self._path.open("rb") as file:
                return load(Pairing, json.loads(file.read(_MAX_SIZE)))
        except FileNotFoundError:
            return None
        except (PlainError, ValueError, RecursionError) as error:
            raise OSError(None, f"The pairing in {self._path} is damaged") from error
