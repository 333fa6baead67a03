"""Listening to a recorder: eventManager, which talks for as long as it is listened to.

It sends a line "Heartbeat" every few seconds that nothing happens, so that its silence is noticed
sooner than a question would have been. Some never send any: their silence means nothing.
"""

from collections.abc import Sequence
import re
from typing import Final

from ..attachment import Attachment
from ..base import Subscription
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import StorageState, UnitEvent
from ..untrusted import printable
from .client import DahuaClient, address
from .table import flag, indexed

EVERY: Final = 5
"""Seconds between heartbeats that are asked for."""
SILENCE: Final = 3.0 * EVERY
"""Seconds of silence after which a recorder that did send heartbeats is taken for gone."""
_EVENT: Final = re.compile(r"Code=(\w{1,64});action=(\w{1,16})(?:;index=(\d{1,4}))?")
_DISK_EVENTS: Final = {"StorageFailure", "StorageNotExist"}
_LARGEST: Final = 4096


async def listen(client: DahuaClient) -> Subscription:
    """Begin to listen.

    Raises:
        UnitUnsupportedError: It tells nothing.
        UnitError: As `AccountClient.listen`.
    """
    disks = await take_disks(client)
    where = address("eventManager", "attach", {"codes": "[All]", "heartbeat": str(EVERY)})
    return await Attachment.create(client.account, where, event_of, silence=SILENCE, first=disks)


async def take_disks(client: DahuaClient) -> Sequence[StorageState]:
    """Ask how the disks are; none where it does not tell.

    Raises:
        UnitError: As `DahuaClient.table`.
    """
    try:
        told = await client.table("storageDevice", "getDeviceAllInfo")
    except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
        return ()
    return [
        StorageState(
            storage=printable(disk.get("Name")) or f"disk {number + 1}",
            failed=disk.get("State") == "Error"
            or any(flag(part.get("IsError")) for _, part in indexed(disk, "Detail")),
        )
        for number, disk in indexed(told, "list.info")
    ]


def event_of(part: bytes) -> UnitEvent | None:
    """Return what a part tells that matters here."""
    match = _EVENT.match(part[:_LARGEST].decode(errors="replace").strip())
    if match is None or match[1] not in _DISK_EVENTS:
        return None
    return StorageState(storage=f"{match[1]} {match[3] or 0}", failed=match[2] == "Start")
