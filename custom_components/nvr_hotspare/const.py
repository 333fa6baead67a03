"""Names that more than one module needs, and that outlive a version."""

from enum import StrEnum
from typing import Final

DOMAIN: Final = "nvr_hotspare"

SUBENTRY_UNIT: Final = "unit"
"""Type of the one kind of subentry."""

CONF_CAPACITY: Final = "capacity"
CONF_CHANNELS: Final = "channels"
CONF_FIRMWARE: Final = "firmware"
CONF_MAC: Final = "mac"
CONF_MANUFACTURER: Final = "manufacturer"
CONF_MODEL: Final = "model"
CONF_NUMBER: Final = "number"
CONF_PROTECTED: Final = "protected"
CONF_SERIAL: Final = "serial"
CONF_SINGLE_STREAM: Final = "single_stream"
CONF_URI: Final = "uri"
CONF_WORK_MODE: Final = "work_mode"

DEFAULT_PORT: Final = 80
DEFAULT_USERNAME: Final = "admin"


class WorkMode(StrEnum):
    """What a unit does in its group."""

    NORMAL = "normal"
    HOT_SPARE = "hot_spare"
