"""A unit as its subentry describes it, typed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import inf
from typing import Any, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import (
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SSL,
    CONF_USERNAME,
)

from ..const import (
    CONF_AUDIO,
    CONF_BEHIND,
    CONF_BITRATE,
    CONF_CHANNELS,
    CONF_COVERS_NO_RECORD,
    CONF_DRIVER,
    CONF_FINGERPRINT,
    CONF_FIRMWARE,
    CONF_LONGEST_GOP,
    CONF_MAC,
    CONF_MANUFACTURER,
    CONF_MODEL,
    CONF_NUMBER,
    CONF_PREFERENCE,
    CONF_PRIORITY,
    CONF_PROTECTED,
    CONF_REFERENCE,
    CONF_SCHEDULE,
    CONF_SCHEDULED,
    CONF_SERIAL,
    CONF_SINGLE_STREAM,
    CONF_TOLD_ADDRESS,
    CONF_TOLD_NAME,
    CONF_TOLD_NUMBERS,
    CONF_TOLD_SUB,
    CONF_TOLD_URI,
    CONF_URI,
    CONF_WORK_MODE,
    SUBENTRY_UNIT,
    WorkMode,
)
from ..failover.model import Camera, Channel, Priority, Spare, UnitId, WorkingDevice
from ..nvr.model import Credentials, Driver, Endpoint, Identity, Limits, Place
from ..nvr.streams import main_stream, sub_stream
from ..nvr.uris import is_at
from ..recorder.model import CameraAddress, Source
from .builtin import BuiltinConfig
from .engine import EngineConfig
from .giving import CONF_GIVE_BACK, GivingBack
from .limits import capacity, fastest_camera, limits_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One camera of a working device and where it can be reached."""

    number: int
    name: str
    source: Source | None
    priority: Priority = Priority.NORMAL
    schedule: str = ""
    """The entity that is on when spares are to record the camera; empty for always."""
    scheduled: bool = True
    """Whether it was on when it was last seen."""
    single_stream: bool = False
    bitrate: int = 0
    """Bits per second when it was last tried, 0 where it never answered."""
    longest_gop: float = 0.0
    """Seconds from key frame to key frame, 0 where two were not seen."""
    told_name: str = ""
    """What the unit called it last. Where that is its name, the name follows it."""
    told_uri: str = ""
    """Where the unit said last that the camera is, empty where it never did. Where that is the
    source, or its sub stream is, the source follows it."""
    told_address: CameraAddress | None = None
    """How the unit said last that it reaches the camera, None where it never did."""
    told_sub: str = ""
    """Where the unit said last that its sub stream is, empty where it never did."""
    behind: bool = False
    """Whether the unit tells no address of it but its own."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote."""
        source, address = None, data.get(CONF_TOLD_ADDRESS)
        if uri := data[CONF_URI]:
            source = Source(
                uri=uri,
                username=data[CONF_USERNAME],
                password=data[CONF_PASSWORD],
                audio=data.get(CONF_AUDIO, True),
            )
        return cls(
            number=data[CONF_NUMBER],
            name=data[CONF_NAME],
            source=source,
            priority=Priority(data.get(CONF_PRIORITY, Priority.NORMAL)),
            schedule=data.get(CONF_SCHEDULE, ""),
            scheduled=data.get(CONF_SCHEDULED, True),
            single_stream=data[CONF_SINGLE_STREAM],
            bitrate=data.get(CONF_BITRATE, 0),
            longest_gop=data.get(CONF_LONGEST_GOP, 0.0),
            told_name=data.get(CONF_TOLD_NAME, ""),
            told_uri=data.get(CONF_TOLD_URI, ""),
            told_address=CameraAddress(**address) if address else None,
            told_sub=data.get(CONF_TOLD_SUB, ""),
            behind=data.get(CONF_BEHIND, False),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        source = self.source or Source(uri="")
        return {
            CONF_NUMBER: self.number,
            CONF_NAME: self.name,
            CONF_URI: source.uri,
            CONF_USERNAME: source.username,
            CONF_PASSWORD: source.password,
            CONF_AUDIO: source.audio,
            CONF_PRIORITY: self.priority.value,
            CONF_SCHEDULE: self.schedule,
            CONF_SCHEDULED: self.scheduled,
            CONF_SINGLE_STREAM: self.single_stream,
            CONF_BITRATE: self.bitrate,
            CONF_LONGEST_GOP: self.longest_gop,
            CONF_TOLD_NAME: self.told_name,
            CONF_TOLD_URI: self.told_uri,
            CONF_TOLD_ADDRESS: asdict(self.told_address) if self.told_address else None,
            CONF_TOLD_SUB: self.told_sub,
            CONF_BEHIND: self.behind,
        }

    @property
    def reached(self) -> Source | None:
        """Where spares reach the camera: as its unit does, unless the user wants another stream."""
        if self.source is None or self.told_address is None:
            return self.source
        is_own = self.told_uri in {"", self.source.uri} and not main_stream(self.source.uri)
        if not is_own or not is_at(self.source.uri, self.told_address.host):
            return self.source
        return replace(self.source, address=self.told_address)

    @property
    def wanted(self) -> bool:
        """Whether spares are to record it now."""
        return self.scheduled and self.priority is not Priority.NEVER

    @property
    def told_sub_uri(self) -> str:
        """Where the unit said last that its sub stream is, or where its make has it."""
        return self.told_sub or sub_stream(self.told_uri) or ""

    def as_channel(self, fastest: float = inf) -> Channel:
        """Return it as the decisions see it, where spares take as many bits per second of one."""
        return Channel(
            number=self.number,
            priority=self.priority if self.scheduled else Priority.NEVER,
            has_source=self.source is not None,
            too_fast=self.bitrate > fastest,
            single_stream=self.single_stream,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """How a recorder on the network is reached."""

    endpoint: Endpoint
    credentials: Credentials
    driver: Driver = Driver.ONVIF

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote."""
        return cls(
            endpoint=Endpoint(
                host=data[CONF_HOST],
                port=data[CONF_PORT],
                https=data.get(CONF_SSL, False),
                fingerprint=data.get(CONF_FINGERPRINT, ""),
            ),
            credentials=Credentials(username=data[CONF_USERNAME], password=data[CONF_PASSWORD]),
            driver=Driver(data.get(CONF_DRIVER, Driver.ONVIF)),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {
            CONF_DRIVER: self.driver,
            CONF_HOST: self.endpoint.host,
            CONF_PORT: self.endpoint.port,
            CONF_SSL: self.endpoint.https,
            CONF_FINGERPRINT: self.endpoint.fingerprint,
            CONF_USERNAME: self.credentials.username,
            CONF_PASSWORD: self.credentials.password,
        }


type Way = NetworkConfig | BuiltinConfig | EngineConfig
"""How a unit is reached: a recorder on the network, this machine's engine, another machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitConfig:
    """A recorder of the group."""

    subentry_id: str
    title: str
    mode: WorkMode
    way: Way
    """How it is talked to."""
    identity: Identity
    limits: Limits
    """Of a spare, as it told them last."""
    protected: bool
    channels: tuple[ChannelConfig, ...]
    giving_back: GivingBack = field(default_factory=GivingBack)
    """How a working device gets its footage back."""
    covers_no_record: bool = False
    """Whether spares stand in for channels that it is proven not to record though it answers."""
    told_numbers: Mapping[str, int] = field(default_factory=dict)
    """The numbers of all channels that it is known to have, protected or not, by token."""
    preference: int = 1
    """Which spare is asked first: the lowest; of equals the one that was added first."""
    reference: str = ""
    """What it calls itself in WS-Discovery, empty where that is not known."""

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a subentry of type `unit`."""
        data = subentry.data
        return cls(
            subentry_id=subentry.subentry_id,
            title=subentry.title,
            mode=WorkMode(data[CONF_WORK_MODE]),
            way=_way(data),
            identity=_identity(data),
            limits=limits_of(data),
            protected=data.get(CONF_PROTECTED, True),
            channels=tuple(map(ChannelConfig.from_data, data.get(CONF_CHANNELS, ()))),
            giving_back=GivingBack.from_data(data.get(CONF_GIVE_BACK, {})),
            covers_no_record=data.get(CONF_COVERS_NO_RECORD, False),
            told_numbers=data.get(CONF_TOLD_NUMBERS, {}),
            preference=data.get(CONF_PREFERENCE, 1),
            reference=data.get(CONF_REFERENCE, ""),
        )

    @property
    def unit(self) -> UnitId:
        """The unit's id: its serial, so that it never depends on mode, address or subentry."""
        return self.identity.serial

    @property
    def is_device(self) -> bool:
        """Whether it is a working device."""
        return self.mode is not WorkMode.HOT_SPARE

    @property
    def is_spare(self) -> bool:
        """Whether it stands in for others."""
        return self.mode is not WorkMode.NORMAL

    def as_working_device(
        self, spares: Iterable[UnitConfig] = (), *, holds_back: bool = False
    ) -> WorkingDevice:
        """Return it as the decisions see a working device, with these spares beside it."""
        fastest = fastest_camera(spare.limits for spare in spares)
        return WorkingDevice(
            unit=self.unit,
            protected=self.protected,
            gives_back=self.giving_back.gives,
            covers_no_record=self.covers_no_record,
            holds_back=holds_back,
            channels=tuple(channel.as_channel(fastest) for channel in self.channels),
        )

    def as_spare(self, cameras: Iterable[ChannelConfig] = ()) -> Spare:
        """Return it as the decisions see a spare that may have to record these cameras."""
        own = (channel.bitrate for channel in self.channels)
        others = (channel.bitrate for channel in cameras)
        return Spare(
            unit=self.unit,
            capacity=capacity(self.limits, own, others),
            local=isinstance(self.way, BuiltinConfig),
        )

    def places(self) -> dict[Camera, Place]:
        """Return what a spare needs to record each of the cameras that can be reached."""
        return {
            (camera := Camera(self.unit, channel.number)): Place(
                key=place_key(camera),
                name=channel.name,
                source=source,
                bitrate=channel.bitrate,
            )
            for channel in self.channels
            if (source := channel.reached) is not None
        }


def identity_data(identity: Identity) -> dict[str, Any]:
    """Return who a unit is as a subentry keeps it."""
    return {
        CONF_MANUFACTURER: identity.manufacturer,
        CONF_MODEL: identity.model,
        CONF_FIRMWARE: identity.firmware,
        CONF_SERIAL: identity.serial,
        CONF_MAC: identity.mac,
    }


def _way(data: Mapping[str, Any]) -> Way:
    match data.get(CONF_DRIVER):
        case Driver.BUILTIN:
            return BuiltinConfig.from_data(data)
        case Driver.ENGINE:
            return EngineConfig.from_data(data)
        case _:
            return NetworkConfig.from_data(data)


def _identity(data: Mapping[str, Any]) -> Identity:
    """Read what `identity_data` wrote."""
    return Identity(
        manufacturer=data[CONF_MANUFACTURER],
        model=data[CONF_MODEL],
        firmware=data[CONF_FIRMWARE],
        serial=data[CONF_SERIAL],
        mac=data[CONF_MAC],
    )


def place_key(camera: Camera) -> str:
    """Return the name under which a spare holds a camera."""
    return f"{camera.unit}/{camera.channel}"


def place_camera(key: str) -> Camera | None:
    """Return the camera of a name that `place_key` made, None for any other."""
    unit, separator, channel = key.rpartition("/")
    if not (separator and channel.isascii() and channel.isdecimal()):
        return None
    return Camera(unit, int(channel))


def group_devices(
    configs: Collection[UnitConfig], *, holds_back: bool = False
) -> tuple[WorkingDevice, ...]:
    """Return the working devices of these units as the decisions see them."""
    return tuple(
        device.as_working_device(
            (it for it in configs if it.is_spare and it.unit != device.unit), holds_back=holds_back
        )
        for device in configs
        if device.is_device
    )


def group_spares(configs: Collection[UnitConfig]) -> tuple[Spare, ...]:
    """Return the spares of these units as the decisions see them, in order of preference."""
    spares = sorted((it for it in configs if it.is_spare), key=lambda it: it.preference)
    return tuple(
        spare.as_spare(
            channel
            for config in configs
            if config.unit != spare.unit
            for channel in config.channels
            if channel.source is not None and channel.priority is not Priority.NEVER
        )
        for spare in spares
    )


def group_places(configs: Iterable[UnitConfig]) -> dict[Camera, Place]:
    """Return what a spare needs to record each camera of these units."""
    return {camera: place for config in configs for camera, place in config.places().items()}


def unit_configs(entry: ConfigEntry[Any]) -> dict[UnitId, UnitConfig]:
    """Return the group's units."""
    configs = map(UnitConfig.from_subentry, entry.get_subentries_of_type(SUBENTRY_UNIT))
    return {config.unit: config for config in configs}
