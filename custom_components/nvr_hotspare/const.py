"""Names that more than one module needs, and that outlive a version."""

from enum import StrEnum
from typing import Final

DOMAIN: Final = "nvr_hotspare"

SUBENTRY_UNIT: Final = "unit"
"""Type of the one kind of subentry."""

CONF_ADMINS_ONLY: Final = "admins_only"
CONF_AUDIO: Final = "audio"
CONF_BEHIND: Final = "behind"
CONF_BITRATE: Final = "bitrate"
CONF_CAMERA_RATE: Final = "camera_rate"
CONF_CAPACITY: Final = "capacity"
CONF_CHANNELS: Final = "channels"
CONF_COVERS_NO_RECORD: Final = "covers_no_record"
CONF_DAYS: Final = "days"
CONF_DRIVER: Final = "driver"
CONF_ENGINE: Final = "engine"
CONF_FINGERPRINT: Final = "fingerprint"
CONF_FIRMWARE: Final = "firmware"
CONF_FOLDER: Final = "folder"
CONF_GROUP: Final = "group"
CONF_KEY: Final = "key"
CONF_LONGEST_GOP: Final = "longest_gop"
CONF_MAC: Final = "mac"
CONF_MANUFACTURER: Final = "manufacturer"
CONF_MODEL: Final = "model"
CONF_NUMBER: Final = "number"
CONF_PREFERENCE: Final = "preference"
CONF_PRIORITY: Final = "priority"
CONF_PROTECTED: Final = "protected"
CONF_REFERENCE: Final = "reference"
CONF_RING_SECONDS: Final = "ring_seconds"
CONF_SCHEDULE: Final = "schedule"
CONF_SCHEDULED: Final = "scheduled"
CONF_SERIAL: Final = "serial"
CONF_SINGLE_STREAM: Final = "single_stream"
CONF_SPACE_LIMIT: Final = "space_limit"
CONF_STANDBY: Final = "standby"
CONF_TOLD_ADDRESS: Final = "told_address"
CONF_TOLD_NAME: Final = "told_name"
CONF_TOLD_NUMBERS: Final = "told_numbers"
CONF_TOLD_SUB: Final = "told_sub"
CONF_TOLD_URI: Final = "told_uri"
CONF_TOTAL_RATE: Final = "total_rate"
CONF_UNIT: Final = "unit"
CONF_URI: Final = "uri"
CONF_WITHOUT_AUDIO: Final = "without_audio"
CONF_WORK_MODE: Final = "work_mode"

ATTR_MESSAGE: Final = "message"
ATTR_TYPE: Final = "type"

EVENT_HAPPENED: Final = f"{DOMAIN}_happened"
"""Tells the logbook what is announced of a working device, in a sentence."""

DEFAULT_USERNAME: Final = "admin"


class WorkMode(StrEnum):
    """What a unit does in its group."""

    NORMAL = "normal"
    HOT_SPARE = "hot_spare"
    SHARED = "shared"
    """Normal, and its free channels stand in for others."""


class Standby(StrEnum):
    """What the built-in spare does while it is idle."""

    WARM = "warm"
    """It is connected to every camera and holds the latest footage in memory."""
    COLD = "cold"
    """It connects to cameras at a takeover."""
