"""The Device service: who the unit is, what time it is, what it offers."""

from collections.abc import Callable, Sequence
from datetime import datetime
import hashlib
from typing import override
from urllib.parse import quote

from lxml.etree import _Element as Element

from .config import Auth, NvrConfig
from .faults import invalid
from .service import Answer, Service, operation
from .xml import NAMESPACES, Node, element

_SYSTEM = (
    "DiscoveryResolve",
    "DiscoveryBye",
    "RemoteDiscovery",
    "SystemBackup",
    "SystemLogging",
    "FirmwareUpgrade",
)
"""What this unit can't do, but the WSDL wants to be told."""
_CATEGORIES = {"All", "Analytics", "Device", "Events", "Imaging", "Media", "PTZ"}


def scopes(config: NvrConfig) -> list[str]:
    """Return what kind of device the unit is (ONVIF Core, "Scope definitions")."""
    told = (
        "type/Network_Video_Recorder",
        "Profile/Streaming",
        "Profile/G",
        f"name/{quote(config.name)}",
        f"hardware/{quote(config.model)}",
    )
    return [f"onvif://www.onvif.org/{it}" for it in told]


class DeviceService(Service):
    """Device Management (ONVIF Core)."""

    prefix = "tds"
    path = "/onvif/device_service"
    version = (2, 5)

    def __init__(
        self,
        config: NvrConfig,
        others: Sequence[Service],
        now: Callable[[], datetime],
        reboot: Callable[[], None],
    ) -> None:
        """Speak for a unit that has these other services, events and media before all others.

        `reboot` must return at once.
        """
        self._config = config
        self._services = (self, *others)
        self._now = now
        self._reboot = reboot

    @override
    def capabilities(self) -> Element:
        return element(
            "tds:Capabilities",
            element("tds:Network"),
            element(
                "tds:Security",
                attributes={
                    "HttpDigest": self._config.auth is not Auth.WSSE,
                    "UsernameToken": self._config.auth is not Auth.DIGEST,
                },
            ),
            element("tds:System"),
        )

    @override
    def category(self, address: str) -> Element:
        supported = element("tt:SupportedVersions", element("tt:Major", 2), element("tt:Minor", 5))
        return element(
            "tt:Device",
            element("tt:XAddr", address),
            element("tt:System", *(element(f"tt:{name}", "false") for name in _SYSTEM), supported),
        )

    @operation("GetSystemDateAndTime", pre_auth=True)
    def get_system_date_and_time(self, _request: Node) -> Answer:
        """Tell the time; also the cheapest sign of life."""
        return [time_told(self._now(), "NTP")]

    @operation("GetDeviceInformation")
    def get_device_information(self, _request: Node) -> Answer:
        """Tell who the unit is."""
        config = self._config
        return [
            element("tds:Manufacturer", config.manufacturer),
            element("tds:Model", config.model),
            element("tds:FirmwareVersion", config.firmware),
            element("tds:SerialNumber", config.serial),
            element("tds:HardwareId", "virtual"),
        ]

    @operation("GetServices", pre_auth=True)
    def get_services(self, request: Node) -> Answer:
        """Tell where each service answers."""
        with_capabilities = request.flag("tds:IncludeCapability")
        return [
            self._service(service, with_capabilities=with_capabilities)
            for service in self._services
        ]

    def _service(self, service: Service, *, with_capabilities: bool) -> Element:
        major, minor = service.version
        return element(
            "tds:Service",
            element("tds:Namespace", NAMESPACES[service.prefix]),
            element("tds:XAddr", self._address(service)),
            *([element("tds:Capabilities", service.capabilities())] if with_capabilities else ()),
            element("tds:Version", element("tt:Major", major), element("tt:Minor", minor)),
        )

    def _address(self, service: Service) -> str:
        return f"http://{self._config.host}:{self._config.http_port}{service.path}"

    @operation("GetCapabilities", pre_auth=True)
    def get_capabilities(self, request: Node) -> Answer:
        """Tell the same in the older form, by category."""
        asked = {node.value for node in request.all("tds:Category")} or {"All"}
        if unknown := asked - _CATEGORIES:
            raise invalid("NoSuchService", f"There is no category {', '.join(sorted(unknown))}")
        everything = "All" in asked
        device, events, media, *extensions = (
            service.category(self._address(service)) for service in self._services
        )
        told = [
            category
            for name, category in (("Device", device), ("Events", events), ("Media", media))
            if everything or name in asked
        ]
        if everything:
            told.append(element("tt:Extension", *extensions))
        return [element("tds:Capabilities", *told)]

    @operation("GetScopes")
    def get_scopes(self, _request: Node) -> Answer:
        """Tell what kind of device the unit is."""
        return [
            element(
                "tds:Scopes",
                element("tt:ScopeDef", "Fixed"),
                element("tt:ScopeItem", scope),
            )
            for scope in scopes(self._config)
        ]

    @operation("GetHostname", pre_auth=True)
    def get_hostname(self, _request: Node) -> Answer:
        """Tell the unit's name in the network."""
        return [
            element(
                "tds:HostnameInformation",
                element("tt:FromDHCP", "false"),
                element("tt:Name", self._config.serial),
            )
        ]

    @operation("GetNetworkInterfaces")
    def get_network_interfaces(self, _request: Node) -> Answer:
        """Tell the unit's addresses."""
        address = element(
            "tt:Manual",
            element("tt:Address", self._config.host),
            element("tt:PrefixLength", 8),
        )
        return [
            element(
                "tds:NetworkInterfaces",
                element("tt:Enabled", "true"),
                element(
                    "tt:Info",
                    element("tt:Name", "eth0"),
                    element("tt:HwAddress", hardware_address(self._config.serial)),
                ),
                element(
                    "tt:IPv4",
                    element("tt:Enabled", "true"),
                    element("tt:Config", address, element("tt:DHCP", "false")),
                ),
                attributes={"token": "eth0"},
            )
        ]

    @operation("SystemReboot")
    def system_reboot(self, _request: Node) -> Answer:
        """Restart the unit, as soon as this is answered."""
        self._reboot()
        return [element("tds:Message", "The unit restarts now")]


def date_and_time(name: str, moment: datetime) -> Element:
    """Return a time in UTC as ONVIF writes it (onvif.xsd, DateTime)."""
    time = element(
        "tt:Time",
        element("tt:Hour", moment.hour),
        element("tt:Minute", moment.minute),
        element("tt:Second", moment.second),
    )
    date = element(
        "tt:Date",
        element("tt:Year", moment.year),
        element("tt:Month", moment.month),
        element("tt:Day", moment.day),
    )
    return element(name, time, date)


def time_told(now: datetime, source: str) -> Element:
    """Return what GetSystemDateAndTime tells; `source` is NTP or Manual."""
    return element(
        "tds:SystemDateAndTime",
        element("tt:DateTimeType", source),
        element("tt:DaylightSavings", "false"),
        element("tt:TimeZone", element("tt:TZ", "UTC0")),
        date_and_time("tt:UTCDateTime", now),
    )


def hardware_address(serial: str) -> str:
    """Return a locally administered MAC address that stays with the serial number."""
    first, *others = hashlib.sha256(serial.encode()).digest()[:6]
    return ":".join(f"{byte:02x}" for byte in (first & 0xFC | 0x02, *others))
