"""What a unit tells by itself: of all its messages only those that change a decision are read.

Topics and their contents: ONVIF Core, "Events", and Recording Control, "Events". Prefixes are not
looked up, many units declare none or a wrong one.
"""

from typing import Final

from lxml.etree import _Element as Element

from ..model import Restarting, StorageState, UnitEvent
from ..untrusted import printable

_SHUTDOWN: Final = "Device/OperationMode/ShutdownInitiated"
_STORAGE_FAILURE: Final = "Device/HardwareFailure/StorageFailure"
_MAX_TOPIC = 256
_MESSAGE: Final = "{*}Message/{*}Message"


def event_of(notification: Element) -> UnitEvent | None:
    """Return what a wsnt:NotificationMessage says, None where it is of no interest."""
    topic = (notification.findtext("{*}Topic") or "").strip()[:_MAX_TOPIC]
    match "/".join(name.rpartition(":")[2] for name in topic.split("/")):
        case topic if topic == _SHUTDOWN:
            return Restarting()
        case topic if topic == _STORAGE_FAILURE:
            return _storage(notification)
    return None


def _storage(notification: Element) -> StorageState | None:
    """Read a property: of which storage, and whether it has failed."""
    message = notification.find(_MESSAGE)
    if message is None:
        return None
    if message.get("PropertyOperation") == "Deleted":
        failed = False
    elif (told := _item(message, "Data", "Failed")) is not None:
        failed = told.strip().lower() in {"true", "1"}
    else:
        return None
    storage = printable(_item(message, "Source", "Token"))
    return StorageState(storage=storage, failed=failed)


def _item(message: Element, part: str, name: str) -> str | None:
    for item in message.iterfind(f"{{*}}{part}/{{*}}SimpleItem"):
        if item.get("Name") == name:
            return item.get("Value") or ""
    return None
