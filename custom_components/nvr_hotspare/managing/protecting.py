"""What the group is protected from, worked out anew only where that may have changed."""

from homeassistant.core import callback

from ..failover.protection import Protection, protection
from ..failover.state import State
from ..listeners import Listeners


class ProtectionWatch:
    """Follows the group and what is proven of its cameras.

    Attributes:
        listeners: Called when the group may be protected from something else than before.
    """

    def __init__(self, state: State) -> None:
        self.listeners = Listeners[[]]()
        self._basis: tuple[object, ...] = ()
        self._latest = protection(state)

    @property
    def latest(self) -> Protection:
        """What the group is protected from."""
        return self._latest

    @callback
    def look(self, state: State) -> None:
        """Take what is known now."""
        proven = tuple(device.proven for device in state.devices.values())
        basis = (state.group, *proven)
        if basis == self._basis:
            return
        self._basis, self._latest = basis, protection(state)
        self.listeners.tell()
