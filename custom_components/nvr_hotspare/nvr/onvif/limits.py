"""How much a unit can record for others: what it tells, less what it already holds.

Recording Control and Receiver tell their limits as capabilities of the service. GetRecordingOptions
is no help: its numbers are of a recording that exists, and there is one for each camera.
"""

import math
from typing import Any, Final

from ..errors import UnitRequestError, UnitUnsupportedError
from ..model import Limits
from .client import OnvifClient
from .inventory import Inventory
from .reading import part
from .wsdl import Service

_MOST: Final = 256
"""Cameras a unit is believed to hold at most, whatever it tells, and where it tells no limit."""
_FASTEST: Final = 10**9
"""Kilobits per second; a unit that tells more tells nothing."""


async def ask_limits(client: OnvifClient, inventory: Inventory) -> Limits | None:
    """Ask for the limits of a unit; None if it can't be a spare.

    Our places count as free, since they give way to others. So do recordings of ours that only hold
    footage, though they can't be used for another camera: what finds no recording because of them
    is told so when it is provisioned, and their own cameras find them when these fail again.

    Raises:
        UnitError: As `OnvifClient.call`; that a service tells nothing is no error.
    """
    recording = await _capabilities(client, Service.RECORDING)
    receiver = await _capabilities(client, Service.RECEIVER)
    if receiver is None or not part(recording, "DynamicRecordings"):
        return None
    ours, strange_jobs = inventory.split_jobs()
    receivers = {token for job in ours for token in job.receivers}
    room = (
        (part(recording, "MaxRecordings"), len(inventory.own)),
        (part(recording, "MaxRecordingJobs"), len(strange_jobs)),
        (part(receiver, "SupportedReceivers"), len(inventory.receivers.keys() - receivers)),
    )
    return Limits(
        cameras=max(0, min(_limit(told) - used for told, used in room)),
        camera_rate=_rate(part(recording, "MaxRate")),
        total_rate=_rate(part(recording, "MaxTotalRate")),
    )


def _limit(told: object) -> int:
    if not isinstance(told, int | float) or not math.isfinite(told):
        return _MOST
    return min(_MOST, int(told))


def _rate(told: object) -> int:
    """Return bits per second for the kilobits that Recording Control tells, 0 for no limit."""
    if not isinstance(told, int | float) or not 0 < told <= _FASTEST:
        return 0
    return int(told * 1000)


async def _capabilities(client: OnvifClient, service: Service) -> Any:
    """Return what a service tells of itself, None where it is missing."""
    try:
        return await client.call(service, "GetServiceCapabilities")
    except UnitUnsupportedError, UnitRequestError:
        return None
