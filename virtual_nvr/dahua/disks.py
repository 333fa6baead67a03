"""storageDevice and recordManager: the disks, and what is being recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path
import shutil
from typing import Any

from .firmware import DahuaFirmware
from .slots import Slots
from .wire import RefusedError, flat, lines


class Disks:
    """Tells how the one disk is."""

    def __init__(self, folder: Path, firmware: DahuaFirmware, failed: Callable[[], bool]) -> None:
        self._folder = folder
        self._end = firmware.line_end
        self._failed = failed

    async def get(self, action: str, _query: Mapping[str, str]) -> str:
        """Carry out an action."""
        if action != "getDeviceAllInfo":
            raise RefusedError
        usage, failed = shutil.disk_usage(self._folder), self._failed()
        disk = {
            "Detail": [
                {
                    "IsError": failed,
                    "Path": "/mnt/dvr/sda0",
                    "TotalBytes": float(usage.total),
                    "Type": "ReadWrite",
                    "UsedBytes": float(usage.used),
                }
            ],
            "Name": "/dev/sda",
            "State": "Error" if failed else "Success",
        }
        return lines(flat("list", {"info": [disk]}), self._end)


class RecordManager:
    """Tells of every channel whether it is being recorded; JSON only."""

    def __init__(
        self, slots: Slots, firmware: DahuaFirmware, is_recording: Callable[[int], bool]
    ) -> None:
        self._slots = slots
        self._firmware = firmware
        self._is_recording = is_recording

    async def post(self, method: str, _body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out a method."""
        if method != "getStateAll" or not self._firmware.tells_recording:
            raise RefusedError
        return {
            "state": [
                {
                    "Main": {"State": int(self._is_recording(channel))},
                    "Extra1": {"State": 0},
                    "Extra2": {"State": 0},
                }
                for channel in self._slots.all
            ]
        }
