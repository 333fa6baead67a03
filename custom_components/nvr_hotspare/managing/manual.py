"""What a user may ask for, and what is said where it makes no sense."""

from enum import StrEnum
from typing import Final

from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from ..failover.events import Drill, GiveBack, SynchronizeNow, TakeOver
from ..failover.model import Cause, Connection, Reason
from ..failover.placing import coverable
from ..failover.state import DeviceState, State
from ..failover.view import DeviceView, Phase

type Wish = TakeOver | GiveBack | Drill | SynchronizeNow


class Refusal(StrEnum):
    """Why a wish makes no sense; the keys of what the user reads."""

    ALREADY_TAKEN_OVER = "already_taken_over"
    DEVICE_NOT_PROTECTED = "device_not_protected"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_UNWELL = "device_unwell"
    FOOTAGE_STAYS = "footage_stays"
    NOTHING_OWED = "nothing_owed"
    NO_CAMERA_TO_COVER = "no_camera_to_cover"
    NO_SPARE = "no_spare"
    NOT_TAKEN_OVER = "not_taken_over"
    NOT_WORKING_DEVICE = "not_working_device"
    OUTAGE_NOT_OVER = "outage_not_over"


_NO_SPARE: Final = {
    Reason.NOT_PROTECTED: Refusal.DEVICE_NOT_PROTECTED,
    Reason.NO_SPARE: Refusal.NO_SPARE,
    Reason.SPARE_OFFLINE: Refusal.NO_SPARE,
}
"""Why nothing could be recorded at all, where that is known beforehand."""


def check(state: State, wish: Wish, shown: DeviceView | None, name: str) -> None:
    """See whether a wish can be fulfilled now.

    Args:
        state: What is known of the group.
        wish: What the user asks for.
        shown: What is shown of the unit, None where it is no working device.
        name: Its title.

    Raises:
        ServiceValidationError: It makes no sense.
    """
    if why := _refusal(state, wish, shown):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key=why, translation_placeholders={"name": name}
        )


def _refusal(state: State, wish: Wish, shown: DeviceView | None) -> Refusal | None:
    device = state.devices.get(wish.unit)
    if device is None or shown is None:
        return Refusal.NOT_WORKING_DEVICE
    if shown.connection is Connection.OFFLINE:
        return Refusal.DEVICE_OFFLINE
    if isinstance(wish, GiveBack):
        return None if device.outage else Refusal.NOT_TAKEN_OVER
    if isinstance(wish, SynchronizeNow):
        return _undue(device)
    return _unable(device, shown) or _unfit(device, wish, shown)


def _undue(device: DeviceState) -> Refusal | None:
    """Tell why there is no footage to be given back to a device now."""
    if not device.config.gives_back:
        return Refusal.FOOTAGE_STAYS
    if device.outage:
        return Refusal.OUTAGE_NOT_OVER
    return None if device.owed else Refusal.NOTHING_OWED


def _unable(device: DeviceState, shown: DeviceView) -> Refusal | None:
    """Tell why no spare could record anything of a device."""
    reason = shown.spare_ready_reason
    if reason in _NO_SPARE:
        return _NO_SPARE[reason]
    return None if any(coverable(device)) else Refusal.NO_CAMERA_TO_COVER


def _unfit(device: DeviceState, wish: TakeOver | Drill, shown: DeviceView) -> Refusal | None:
    """Tell why a device can't be taken over, or drilled, as it is."""
    outage = device.outage
    if isinstance(wish, Drill):
        well = outage is None and shown.phase is not Phase.SUSPECT
        return None if well else Refusal.DEVICE_UNWELL
    taken = outage is not None and outage.cause is Cause.MANUAL and outage.alongside
    return Refusal.ALREADY_TAKEN_OVER if taken else None
