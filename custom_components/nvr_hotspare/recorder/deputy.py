"""Who decides while nobody commands the engine: what the engine has to do with it.

What it was told and what it did are plain data here, which only the deputy and the manager
understand: see `engine.deputy`.
"""

from collections.abc import Mapping
from typing import Protocol

from .messages import Resumed
from .plain import Plain


class Deputy(Protocol):
    """Knows the manager's standing orders, and acts on them while it is away."""

    @property
    def limit(self) -> float:
        """Seconds of silence after which who commands is taken for gone."""

    @property
    def has_orders(self) -> bool:
        """Whether it has anything to protect."""

    async def appoint(self, orders: Mapping[str, Plain], seq: int) -> None:
        """Take standing orders instead of any before; returns when they are saved.

        Raises:
            RequestError: They make no sense.
            OSError: The disk fails; they count nevertheless.
        """

    def watch(self, silent: float, *, vacant: bool) -> None:
        """Look at how long nobody who commands has been heard; called every second at least.

        Args:
            silent: Seconds.
            vacant: Whether no client has the lease, so that the deputy may command.
        """

    def resume(self, term: int) -> Resumed:
        """Stop at once, and tell what happened; the same again until it is settled."""

    async def settle(self) -> None:
        """Forget what was told; returns when that is saved, OSError where the disk fails."""

    async def dismiss(self) -> None:
        """Stop, and forget the orders: whoever commands now does not keep them up to date."""
