"""Where the footage of an outage is that stays on the spare."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..drills.report import verdict
from ..failover.commands import Announce
from ..failover.model import Happening, UnitId
from ..settings.unit import UnitConfig
from ..texts import loaded_texts
from .identifier import FootageId


@callback
def whereabouts(
    hass: HomeAssistant,
    group: str,
    said: Announce,
    device: UnitConfig,
    titles: Mapping[UnitId, str],
) -> Mapping[str, object]:
    """Return what is told beside the end of an outage: which spares recorded, and what they keep.

    Keys: `spares`, their titles; and where footage stays on them, `footage`, where Media has it,
    and `footage_kept`, the same in a sentence. Of a drill, after which nothing is lacking, whether
    it was good.
    """
    match said:
        case Announce(
            happening=Happening.RETURNED | Happening.DRILLED as happening,
            data={"spares": [*units]},
        ):
            spares = [titles.get(str(unit), str(unit)) for unit in units]
        case _:
            return {}
    if happening is Happening.DRILLED:
        return {"spares": spares, **verdict(device, said.data)}
    if not spares or device.giving_back.gives:
        return {"spares": spares}
    sentence = loaded_texts(hass, "footage")["kept"]
    return {
        "spares": spares,
        "footage": f"media-source://{DOMAIN}/{FootageId(group=group, unit=device.unit)}",
        "footage_kept": sentence.format(spare=", ".join(spares), name=device.title),
    }
