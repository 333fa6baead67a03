"""Tells the network that an engine is here, by DNS-SD (RFC 6763), and whether it is taken.

It needs the package `zeroconf`; without it the engine is found by its address alone.
"""

import asyncio
from importlib import import_module
import logging
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

_LOGGER = logging.getLogger(__name__)
TYPE: Final = "_nvr-hotspare._tcp.local."


class Announcement:
    """What is told of one engine: nothing that is a secret."""

    def __init__(self, engine: str, version: str, host: str, port: int) -> None:
        """Tell of an engine that listens there."""
        self._engine = engine
        self._version = version
        self._host = host
        self._port = port
        self._told: AsyncServiceInfo | None = None
        self._zeroconf: AsyncZeroconf | None = None
        self._telling: asyncio.Task[None] | None = None

    def tell(self, *, paired: bool) -> None:
        """Tell it, or that something about it has changed; returns at once."""
        self._telling = asyncio.create_task(self._tell(self._telling, paired=paired))

    async def _tell(self, before_this: asyncio.Task[None] | None, *, paired: bool) -> None:
        if before_this is not None:
            await before_this
        try:
            # It is large, and not everywhere.
            await asyncio.to_thread(import_module, "zeroconf.asyncio")
            from zeroconf import Error, InterfaceChoice  # noqa: PLC0415
            from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415
        except ImportError:
            _LOGGER.info("The engine is not announced: the package zeroconf is not installed")
            return
        everywhere = self._host in {"0.0.0.0", "::"}
        try:
            if self._zeroconf is None:
                interfaces = InterfaceChoice.All if everywhere else [self._host]
                self._zeroconf = AsyncZeroconf(interfaces=interfaces)
            before, self._told = self._told, self._info(everywhere=everywhere, paired=paired)
            if before is None:
                await self._zeroconf.async_register_service(self._told)
            else:
                await self._zeroconf.async_update_service(self._told)
        except (Error, OSError) as error:
            _LOGGER.warning("The engine can't be announced: %s", error)

    async def end(self) -> None:
        """Say that it is no longer here."""
        if self._telling is not None:
            await self._telling
        if self._zeroconf is not None:
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()

    def _info(self, *, everywhere: bool, paired: bool) -> AsyncServiceInfo:
        import ifaddr  # noqa: PLC0415 (comes with zeroconf)
        from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415

        found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
        addresses = [str(each) for each in found if not str(each).startswith("127.")]
        return AsyncServiceInfo(
            TYPE,
            f"{socket.gethostname()} {self._engine[:6]}.{TYPE}",
            parsed_addresses=addresses if everywhere else [self._host],
            port=self._port,
            server=f"nvr-hotspare-{self._engine}.local.",
            properties={
                "id": self._engine,
                "version": self._version,
                "paired": "yes" if paired else "no",
            },
        )
