"""Listening to a recorder: the event stream of ISAPI, which goes on for as long as it is read.

While nothing happens it says so every few seconds, as a loss of video that is over or as a
heartbeat: its silence is noticed sooner than a question would have been.
"""

from typing import Final

from ..attachment import Attachment
from ..base import Subscription
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import StorageState, UnitEvent
from ..untrusted import parse_xml, text_of
from .client import ROOT, IsapiClient
from .working import take_disks

_STREAM: Final = "Event/notification/alertStream"
SILENCE: Final = 30.0
"""Seconds of silence after which a recorder is taken for gone: most speak every ten."""
_DISK_EVENTS: Final = {"diskerror", "hderror", "hdderror"}


async def listen(client: IsapiClient) -> Subscription:
    """Begin to listen.

    Raises:
        UnitUnsupportedError: It tells nothing.
        UnitError: As `AccountClient.listen`.
    """
    try:
        disks = await take_disks(client)
    except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
        disks = []
    where = ROOT + _STREAM
    return await Attachment.create(client.account, where, event_of, silence=SILENCE, first=disks)


def event_of(body: bytes) -> UnitEvent | None:
    """Return what a part tells that matters here; pictures and nonsense tell nothing."""
    try:
        told = parse_xml(body)
    except UnitProtocolError:
        return None
    if text_of(told, "eventType").lower() not in _DISK_EVENTS:
        return None
    failed = text_of(told, "eventState").lower() == "active"
    return StorageState(storage="disk", failed=failed)
