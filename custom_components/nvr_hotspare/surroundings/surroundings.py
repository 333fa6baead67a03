"""What happens around the units of a group, told to its manager: that decides what follows."""

from collections.abc import Callable, Iterable, Iterator

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..cameras.schedules import Schedules
from ..failover.events import PowerReturned
from ..isolation.inquiry import Inquiry
from ..isolation.witnesses import Witness, witnesses
from ..manager import FailoverManager
from ..settings.group import GroupOptions
from ..settings.unit import UnitConfig
from .failback import FailbackClock
from .greetings import Greetings
from .maintenance import Maintenance
from .ups import follow_mains


class Surroundings:
    """Follows the network, mains, schedules of cameras, and what is planned."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: FailoverManager,
        units: Callable[[], Iterable[UnitConfig]],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._units = units
        self._inquiry = Inquiry(hass, entry, manager, self._witnesses)
        self._greetings = Greetings(hass, entry, manager, units)
        self._maintenance = Maintenance(hass, manager.handle)
        self._failback = FailbackClock(hass, manager.configure)
        self._schedules = Schedules(hass, entry)
        self._ups = ""
        self._unfollow_mains: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Begin; what is planned is told anew after every start."""
        self._inquiry.start()
        self._greetings.start()
        self.update()

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        self._inquiry.stop()
        self._greetings.stop()
        self._maintenance.stop()
        self._failback.stop()
        self._schedules.stop()
        self._follow_mains("")

    @callback
    def update(self) -> None:
        """Take up changed options and units."""
        options = GroupOptions.from_options(self._entry.options)
        self._maintenance.follow(options.maintenance, [config.unit for config in self._units()])
        self._failback.follow(options)
        self._schedules.follow()
        self._follow_mains(options.ups)

    @callback
    def _follow_mains(self, ups: str) -> None:
        """Follow one supply; what is known of it stays known while it is the same."""
        if ups == self._ups:
            return
        if self._unfollow_mains:
            self._unfollow_mains()
        self._ups, self._unfollow_mains = ups, None
        if ups:
            self._unfollow_mains = follow_mains(self._hass, ups, self._tell_power)

    @callback
    def _tell_power(self) -> None:
        self._manager.handle(PowerReturned())

    def _witnesses(self, default_gateway: str) -> Iterator[Witness]:
        options = GroupOptions.from_options(self._entry.options)
        return witnesses(self._units(), options.gateway, default_gateway)
