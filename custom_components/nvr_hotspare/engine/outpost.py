"""An engine on a machine of its own: who may come in, and what it does for its group.

It stands in for one group at a time. Each group has folders of its own, for footage and for
orders, so that who is paired next finds nothing of who was before.
"""

import asyncio
from collections.abc import Callable
import logging
import shutil
from typing import Final

from ..recorder.archive import mark
from ..recorder.auth import Guard
from ..recorder.holdings import Holdings
from ..recorder.launch import make_private
from ..recorder.listener import Listener
from ..recorder.orders import OrdersFile
from ..recorder.recorded import RecordedFootage
from ..recorder.remote.certificate import certificate
from ..recorder.remote.door import Door, Serve
from ..recorder.remote.ledger import Ledger
from ..recorder.remote.proof import footage_password
from ..recorder.remote.talk import FOOTAGE_PATH, FOOTAGE_USER, Pairing
from ..recorder.rtsp.server import RtspServer
from ..recorder.service import Service
from .announce import Announcement
from .config import Config
from .deputy import EngineDeputy

_LOGGER = logging.getLogger(__name__)
CERTIFICATE: Final = "engine.pem"
PAIRING: Final = "pairing.json"
ORDERS: Final = "engine.json"
_START: Final = 10.0
"""Seconds that a newly paired engine may take to be ready."""


class Outpost:
    """The engine, its door, and the group behind it."""

    def __init__(self, config: Config, version: str, show_code: Callable[[str], None]) -> None:
        """Make an engine; OSError where its certificate or its pairing can't be read or made."""
        self._config = config
        self._version = version
        self._show_code = show_code
        self._certificate = certificate(config.state / CERTIFICATE)
        self._ledger = Ledger(config.state / PAIRING, self._certificate, self._prepare)
        self._accounts = dict[str, str]()
        self._rtsp = RtspServer(
            self._find, guard=Guard("NVR Hot Spare", self._accounts, algorithms=["SHA-256"])
        )
        self._door = Door(
            self._certificate, self._ledger, version, admit=self._admit, footage=self._rtsp.serve
        )
        self._leaving = asyncio.Event()
        self._entered = asyncio.Event()
        self._ready = asyncio.Event()
        self._service: Service | None = None
        self._holdings: Holdings
        self._listener: Listener

    def leave(self) -> None:
        """End soon, all files closed."""
        self._leaving.set()
        self._entered.set()
        if self._service is not None:
            self._service.done.set()

    async def run(self, started: Callable[[int], None]) -> bool:
        """Stand by for the group, the first one that comes if there is none yet.

        Args:
            started: Told the port when it listens.

        Returns:
            Whether it is to start anew: it was told to, or is paired no more.

        Raises:
            OSError: The port is taken, or the disk of its orders fails.
            EngineBusyError: Another engine writes into the folder.
        """
        port = self._door.start(self._config.host, self._config.port)
        engine = self._certificate.engine
        announcement = Announcement(engine, self._version, self._config.host, port)
        try:
            started(port)
            if self._config.announce:
                announcement.tell(paired=self._ledger.pairing is not None)
            if self._ledger.pairing is None:
                await self._wait_for_a_group()
                if self._config.announce:
                    announcement.tell(paired=True)
            if self._ledger.pairing is not None and not self._leaving.is_set():
                await self._stand_by(self._ledger.pairing)
            return not self._leaving.is_set()
        finally:
            await self._door.close()
            await announcement.end()

    async def _wait_for_a_group(self) -> None:
        await asyncio.to_thread(self._forget_orders)
        await self._ledger.show_code(self._show_code)
        await self._entered.wait()

    async def _stand_by(self, pairing: Pairing) -> None:
        """Do what the group says, until it unpairs the engine or has it start anew."""
        state = self._config.state / pairing.group
        await asyncio.to_thread(make_private, state)
        service = Service(
            self._config.folder / pairing.group,
            OrdersFile(state / ORDERS),
            self._version,
            self._config.grants,
        )
        service.unpair = self._ledger.forget
        service.deputy = deputy = await asyncio.to_thread(EngineDeputy, service, state)
        await service.start()
        self._listener = Listener(service, stays=True)
        self._holdings = Holdings(service.archive)
        self._service = service
        if self._leaving.is_set():  # told so before there was a service to end
            service.done.set()
        self._accounts[FOOTAGE_USER] = footage_password(pairing.key)
        self._ready.set()
        try:
            await self._listener.run()
        finally:
            self._ready.clear()
            self._accounts.clear()
            self._service = None
            self._listener.close()
            await self._rtsp.close()
            await deputy.stop()
            await service.stop()

    async def _admit(self) -> Serve:
        """Make ready for the group, and return what takes its orders."""
        self._entered.set()
        async with asyncio.timeout(_START):
            await self._ready.wait()
        return self._listener.serve

    def _prepare(self, group: str) -> None:
        """Mark the folder of a group that is paired now, and at no other time.

        A disk that is away later must not be taken for a folder without footage.
        """
        if not self._config.folder.is_dir():
            raise FileNotFoundError(None, f"There is no folder {self._config.folder}")
        mark(self._config.folder / group)

    def _forget_orders(self) -> None:
        """Remove what groups have told that are not paired any more: there are passwords in it."""
        for entry in self._config.state.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)

    def _find(self, path: str) -> RecordedFootage | None:
        """Return the footage under a path of the RTSP server."""
        channel = path.removeprefix(f"{FOOTAGE_PATH}/")
        if self._service is None or channel == path:
            return None
        report = self._service.report().channels.get(channel)
        known = report is not None and report.holds_footage
        return RecordedFootage(self._holdings, channel) if known else None
