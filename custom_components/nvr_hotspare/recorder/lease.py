"""Whose commands the engine obeys. Pure: it has no clock, and knows of no connection.

**Exactly one commands at any time**: a client that was granted the lease, else the engine's own
deputy. Only the newest client can have it, and it never comes back to one that lost it: who was
replaced, hung up or was silent for too long has to come again as a new client. With every change
of who commands the term grows by one.
"""

import logging
from typing import Final

_LOGGER = logging.getLogger(__name__)
DEPUTY: Final = 0
"""Commands while no client does."""


class Lease:
    """Tells clients, by the numbers they get, who of them commands.

    Attributes:
        holder: Who commands now.
        term: How often that has changed.
    """

    def __init__(self) -> None:
        self.holder = DEPUTY
        self.term = 0
        self._newest = DEPUTY

    def admit(self) -> int:
        """Return the number of a new client, which takes the place of any other."""
        self._pass_to(DEPUTY)
        self._newest += 1
        return self._newest

    def grant(self, client: int) -> bool:
        """Let a client command; False if it was replaced or has left."""
        if client == self._newest != DEPUTY:
            self._pass_to(client)
        return self.holder == client

    def leave(self, client: int) -> None:
        """Take it that a client is gone."""
        if client == self._newest:
            self.admit()

    def _pass_to(self, holder: int) -> None:
        if holder != self.holder:
            self.holder = holder
            self.term += 1
            _LOGGER.info("Term %d: %s commands", self.term, name_of(holder))


def name_of(number: int) -> str:
    """Return what the log calls a client, or the deputy."""
    return "the deputy" if number == DEPUTY else f"client {number}"
