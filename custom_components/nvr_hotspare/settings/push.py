"""Whether and how a unit may push signs of life to Home Assistant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from homeassistant.const import CONF_WEBHOOK_ID

CONF_PUSH: Final = "push"
CONF_LOCAL_ONLY: Final = "local_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConfig:
    """The webhook of a unit."""

    webhook_id: str = field(default="", repr=False)
    """Who knows it can speak for the unit. Empty where the unit does not push."""
    local_only: bool = True
    """Whether requests from the internet are ignored."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote; without anything the unit does not push."""
        return cls(
            webhook_id=data.get(CONF_WEBHOOK_ID, ""), local_only=data.get(CONF_LOCAL_ONLY, True)
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {CONF_WEBHOOK_ID: self.webhook_id, CONF_LOCAL_ONLY: self.local_only}
