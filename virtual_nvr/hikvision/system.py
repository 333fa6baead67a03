"""System: who the recorder is, what it can do, its clock, and how it is."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
import hashlib
import shutil
from typing import Any

from lxml.etree import _Element as Element

from ..nvr.vendor import Inside
from .firmware import HikvisionFirmware
from .inputs import Inputs
from .wire import Wire

_MEGABYTE = 1_048_576


class System:
    """Tells of the recorder itself."""

    def __init__(
        self,
        inside: Inside,
        firmware: HikvisionFirmware,
        inputs: Inputs,
        is_recording: Callable[[int], bool],
    ) -> None:
        """Tell of a recorder whose channels are recorded, or not, as `is_recording` says."""
        self._config = inside.config
        self._firmware = firmware
        self._inputs = inputs
        self._now = inside.now
        self._is_recording = is_recording
        self._storage_failed = inside.storage_failed
        self._wire = Wire(firmware.namespace)

    def device_info(self) -> Element:
        """Return deviceInfo."""
        config, element = self._config, self._wire.element
        return element(
            "DeviceInfo",
            element("deviceName", config.name),
            element("deviceID", "00000000-0000-0000-0000-000000000000"),
            element("model", config.model),
            element("serialNumber", config.serial),
            element("macAddress", _mac_of(config.serial)),
            element("firmwareVersion", config.firmware),
            element("deviceType", "NVR"),
            element("manufacturer", config.manufacturer),
        )

    def capabilities(self) -> Element:
        """Return capabilities: the few of hundreds that matter here."""
        element = self._wire.element
        return element(
            "DeviceCap",
            element(
                "RacmCap",
                element("inputProxyNums", self._inputs.count),
                element("isSupportSpare", self._firmware.spare),
            ),
            element("EventCap", element("isSupportSpareException", self._firmware.spare)),
        )

    def status(self) -> Element:
        """Return status."""
        element = self._wire.element
        return element(
            "DeviceStatus",
            element("currentDeviceTime", self._local().isoformat(timespec="seconds")),
            element("deviceUpTime", 4711),
        )

    def accesses(self) -> Element:
        """Return adminAccesses: the ports."""
        element = self._wire.element
        ports = {"HTTP": self._config.http_port, "RTSP": self._config.rtsp_port}
        return element(
            "AdminAccessProtocolList",
            *(
                element(
                    "AdminAccessProtocol",
                    element("id", number),
                    element("enabled", "true"),
                    element("protocol", name),
                    element("portNo", port),
                )
                for number, (name, port) in enumerate(ports.items(), start=1)
            ),
        )

    def time(self) -> Element:
        """Return time: local, with the offset, to the second."""
        element, hours = self._wire.element, self._firmware.utc_offset / 3600
        return element(
            "Time",
            element("timeMode", "NTP"),
            element("localTime", self._local().isoformat(timespec="seconds")),
            element("timeZone", f"CST{-hours:+.0f}:00:00"),
        )

    def channels_working(self) -> list[Mapping[str, Any]]:
        """Return how the channels are, as `workingstatus` tells them."""
        return [
            {
                "chanNo": number,
                "name": self._inputs.inputs[number].name if enabled else "",
                "enable": int(enabled),
                "online": int(recording or (enabled and not self._inputs.is_recorded(number))),
                "record": int(recording),
                "signal": 0,
                "recordStatus": 0 if recording else 3,
                "bitRate": 2048 if recording else 0,
                "linkNum": 0,
            }
            for number in range(1, self._inputs.count + 1)
            for enabled in [number in self._inputs.inputs]
            for recording in [enabled and self._is_recording(number)]
        ]

    def disks_working(self) -> list[Mapping[str, Any]]:
        """Return how the one disk is; 0 is well, 2 an error."""
        usage = shutil.disk_usage(self._config.folder)
        return [
            {
                "hdNo": 1,
                "status": 2 if self._storage_failed() else 0,
                "volume": usage.total // _MEGABYTE,
                "freeSpace": usage.free // _MEGABYTE,
            }
        ]

    def working_json(self, *, channels_only: bool) -> dict[str, Any]:
        """Return `workingstatus` in JSON, as the firmware has it."""
        channels, disks = self.channels_working(), self.disks_working()
        if self._firmware.working_status == "wrapped":
            told: dict[str, Any] = {"ChanStatusList": {"ChanStatus": channels}}
            return {"WorkingStatus": told if channels_only else {**told, "HDStatusList": disks}}
        if channels_only:
            return {"ChanStatus": channels}
        return {"WorkingStatus": {"ChanStatus": channels, "HDStatus": disks}}

    def working_xml(self) -> Element:
        """Return `workingstatus` in XML, as some firmwares do whatever they are asked for."""
        element = self._wire.element
        told = element("WorkingStatus")
        for name, entries in (
            ("ChanStatus", self.channels_working()),
            ("HDStatus", self.disks_working()),
        ):
            listed = element(f"{name}List")
            told.append(listed)
            for entry in entries:
                listed.append(element(name, *(element(key, it) for key, it in entry.items())))
        return told

    def _local(self) -> datetime:
        zone = timezone(timedelta(seconds=self._firmware.utc_offset))
        return self._now().astimezone(zone)


def _mac_of(serial: str) -> str:
    """Return an address that no other recorder has."""
    return "02:" + hashlib.sha256(serial.encode()).digest()[:5].hex(":")
