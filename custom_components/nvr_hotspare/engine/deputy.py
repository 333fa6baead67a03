"""Who decides while the manager is away: this end of it, in the engine.

The journal travels. The manager's standing orders hold its journal of that moment; when the manager
falls silent, a process of its own (`duty`) begins to listen to the units at once and, after the
limit of silence, goes on from that journal with the same machine. Each of its transitions is noted
here and saved. When the manager is back, the deputy stops in that very answer and hands its journal
over, again and again until that is settled: a connection cut anywhere loses nothing and doubles
nothing.

**Every spare has exactly one commander at any time**: the deputy commands its own engine only, and
only while no client has the lease (see `recorder.lease`).
"""

import asyncio
from collections.abc import Mapping
import json
import logging
from math import inf
from pathlib import Path
import time
from typing import Final

from ..recorder.deputy import Deputy
from ..recorder.errors import RequestError
from ..recorder.messages import Resumed
from ..recorder.plain import Plain
from ..recorder.service import Service
from .away import AwayFile, AwayRecord
from .duty.child import Duty
from .duty.messages import Briefing, Note
from .vault_files import SEALED, forget, seal

_LOGGER = logging.getLogger(__name__)
_RECORD: Final = "away.json"
_SUSPICIOUS: Final = 6.0
"""Seconds of silence after which a client that is still connected may be gone: two signs of life
that it owes (see `EngineClient.stay`)."""
_PAUSE: Final = 5.0
"""Seconds before a process that ended by itself is started again."""


class EngineDeputy(Deputy):
    """The deputy of one engine. Nothing that it does waits for a disk."""

    def __init__(self, service: Service, folder: Path) -> None:
        """Make the deputy of a service, with what its private folder holds. Blocks."""
        self._service = service
        self._folder = folder
        self._file = AwayFile(folder / _RECORD)
        self._record = self._file.read() if (folder / SEALED).exists() else None
        self._orders: bytes | None = None
        """The standing orders without their journal; None where only the vault has them."""
        self._sealed: bytes | None = None
        """Those that the vault has for certain."""
        self._interrupted = self._record is not None and self._record.deciding
        self._fresh = True
        self._deciding = False
        self._duty: Duty | None = None
        self._next_duty = 0.0
        self._saving = asyncio.Lock()
        self._to_save = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """End with the engine: after its next start the deputy goes on at once."""
        if self._duty is not None and (task := self._duty.end()):
            await asyncio.wait([task])
        await self._save()

    @property
    def limit(self) -> float:
        """Seconds of silence after which who commands is taken for gone."""
        return inf if self._record is None else self._record.silence

    @property
    def has_orders(self) -> bool:
        """Whether it has anything to protect."""
        return self._record is not None and not self._record.idle

    async def appoint(self, orders: Mapping[str, Plain], seq: int) -> None:
        """Take standing orders; they count at once, and are saved soon."""
        match orders:
            case {"silence": int() | float() as silence, "journal": dict(journal)} if silence > 0:
                self._orders = json.dumps({**orders, "journal": {}, "seq": 0}).encode()
            case _:
                raise RequestError("These are no standing orders.")
        record = self._record or AwayRecord(seq=seq, silence=silence, journal={})
        idle = not orders.get("devices")
        self._record = record.appointed(seq, float(silence), journal, idle=idle)
        self._save_soon()

    def watch(self, silent: float, *, vacant: bool) -> None:
        """Listen while who commands may be gone, and decide when it is."""
        record = self._record
        if record is None or record.idle or not (vacant or silent >= _SUSPICIOUS):
            self._leave()
            return
        if self._duty is None and time.monotonic() >= self._next_duty:
            self._listen(record, silent)
        elif self._duty is not None and self._duty.ended:
            _LOGGER.warning("The deputy has gone, and is started again")
            self._duty, self._deciding, self._fresh = None, False, True
        patient = silent < record.silence and not self._interrupted
        if self._duty is not None and vacant and not patient and not self._deciding:
            self._decide(record)

    def resume(self, term: int) -> Resumed:
        """Stop at once, and tell what happened."""
        self._leave()
        self._fresh = self._interrupted = False
        return Resumed(term=term) if self._record is None else self._record.told(term)

    async def settle(self) -> None:
        """Forget what was told."""
        if self._record is not None:
            self._record = self._record.settled()
            self._save_soon()

    async def dismiss(self) -> None:
        """Stop, and forget the orders."""
        self._leave()
        self._record = self._orders = None
        self._save_soon()

    # On duty

    def _listen(self, record: AwayRecord, silent: float) -> None:
        self._next_duty = time.monotonic() + _PAUSE
        self._duty = Duty(self._service, self._note)
        self._duty.start(
            Briefing(
                folder=str(self._folder),
                orders=None if self._orders is None else json.loads(self._orders),
                journal=record.journal,
                silent=silent,
                fresh=self._fresh,
            )
        )

    def _decide(self, record: AwayRecord) -> None:
        assert self._duty is not None  # noqa: S101 (the caller has looked)
        _LOGGER.warning("Nobody commands the engine: it decides by itself")
        self._deciding = True
        self._record = record.begun(time.time())
        self._save_soon()
        self._duty.decide()

    def _note(self, note: Note) -> None:
        if self._record is not None and self._deciding:
            self._record = self._record.noted(note.journal, note.said)
            self._save_soon()

    def _leave(self) -> None:
        """End the turn of duty, if there is one."""
        if self._duty is not None:
            if task := self._duty.end():
                self._keep(task)
            self._duty, self._next_duty = None, 0.0
        if self._deciding and self._record is not None:
            _LOGGER.info("The engine is commanded again")
            self._record = self._record.stopped()
            self._save_soon()
        self._deciding = False

    # On the disk

    def _save_soon(self) -> None:
        self._to_save = True
        self._keep(asyncio.create_task(self._save()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _save(self) -> None:
        """Bring the latest of all to the disk: what was not yet written is not written twice."""
        async with self._saving:
            if not self._to_save:
                return
            self._to_save = False
            record, orders = self._record, self._orders
            try:
                if record is None:
                    await asyncio.to_thread(forget, self._folder)
                    self._sealed = None
                elif orders is not None and orders != self._sealed:
                    await seal(self._folder, orders)
                    self._sealed = orders
                await asyncio.to_thread(self._file.write, record)
            except OSError as error:
                _LOGGER.warning("The standing orders can't be saved: %s", error.strerror)
