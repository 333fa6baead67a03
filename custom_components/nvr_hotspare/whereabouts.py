"""Where the footage of an outage is that stays on the spare."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .failover.commands import Announce
from .failover.model import Happening
from .footage_id import FootageId
from .texts import loaded_texts
from .unit_config import UnitConfig


@callback
def whereabouts(
    hass: HomeAssistant, group: str, said: Announce, device: UnitConfig, spare: UnitConfig | None
) -> Mapping[str, str]:
    """Return what is told beside the end of an outage whose footage stays on the spare.

    Keys: `footage`, where Media has it, and `footage_kept`, the same in a sentence. Nothing where
    it goes back to the device, or where there is none.
    """
    over = said.happening is Happening.RETURNED and said.data["backing_up_after"] is not None
    if not over or device.giving_back.gives or spare is None:
        return {}
    sentence = loaded_texts(hass, "footage")["kept"]
    return {
        "footage": f"media-source://{DOMAIN}/{FootageId(group=group, unit=device.unit)}",
        "footage_kept": sentence.format(spare=spare.title, name=device.title),
    }
