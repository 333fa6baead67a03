"""magicBox and global: who the recorder is, what time it is, and its restart."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ..nvr.config import NvrConfig
from .firmware import DahuaFirmware
from .wire import RefusedError, lines


class MagicBox:
    """Tells who the recorder is."""

    def __init__(
        self, config: NvrConfig, firmware: DahuaFirmware, reboot: Callable[[], None]
    ) -> None:
        self._end = firmware.line_end
        self._reboot = reboot
        self._told: Mapping[str, Mapping[str, object]] = {
            "getDeviceType": {"type": config.model},
            "getDeviceClass": {"class": "NVR"},
            "getMachineName": {"name": config.name},
            "getSerialNo": {"sn": config.serial},
            "getSoftwareVersion": {"version": f"{config.firmware},build:2026-01-30"},
            "getVendor": {"vendor": config.manufacturer},
            "getSystemInfo": {
                "serialNumber": config.serial,
                "deviceType": 31,
                "processor": "ST7108",
                "updateSerial": config.model,
                "appAutoStart": True,
            },
        }

    async def get(self, action: str, _query: Mapping[str, str]) -> str:
        """Carry out an action."""
        if action == "reboot":
            self._reboot()
            return f"OK{self._end}"
        if action not in self._told:
            raise RefusedError
        return lines(self._told[action].items(), self._end)


class Clock:
    """The recorder's time of day, which is all that it tells of the time."""

    def __init__(self, firmware: DahuaFirmware, now: Callable[[], datetime]) -> None:
        self._end = firmware.line_end
        self._offset = timedelta(seconds=firmware.utc_offset)
        self._now = now

    @property
    def local(self) -> datetime:
        """The local time; it knows no time zone."""
        return (self._now() + self._offset).replace(tzinfo=None)

    async def get(self, action: str, _query: Mapping[str, str]) -> str:
        """Carry out an action."""
        if action != "getCurrentTime":
            raise RefusedError
        return f"result={self.local:%Y-%m-%d %H:%M:%S}{self._end}"
