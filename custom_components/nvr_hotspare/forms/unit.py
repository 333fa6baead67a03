"""The form that asks how to reach a recorder, and what must be true of the answer."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_SSL, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..const import (
    CONF_WORK_MODE,
    DEFAULT_USERNAME,
    DOMAIN,
    SUBENTRY_UNIT,
    WorkMode,
)
from ..errors import unit_error_key
from ..links.driver import open_unit
from ..nvr.address import Address, usual_port
from ..nvr.certificate import unvouched
from ..nvr.errors import UnitError, UnitProtocolError
from ..nvr.model import Capability, Credentials, Endpoint, Identity, Probe
from ..settings.limits import limits_data
from ..settings.unit import NetworkConfig, identity_data
from .fields import whole_number

SECTION_MORE: Final = "more"

PASSWORD_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)


def unit_schema(hosts: SelectSelector | None = None) -> vol.Schema:
    """Return the form; `hosts` offers addresses to choose from."""
    return vol.Schema(
        {
            vol.Required(CONF_HOST): hosts or TextSelector(),
            vol.Required(CONF_PASSWORD): PASSWORD_SELECTOR,
            vol.Required(SECTION_MORE): section(
                vol.Schema(
                    {
                        vol.Required(CONF_USERNAME, default=DEFAULT_USERNAME): TextSelector(
                            TextSelectorConfig(autocomplete="username")
                        ),
                        vol.Required(CONF_SSL, default=False): BooleanSelector(),
                        vol.Optional(CONF_PORT): whole_number(1, 65535),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


UNIT_SCHEMA: Final = unit_schema()


class UnitFormError(Exception):
    """A reason to ask again; `key` and `placeholders` are those of a translation."""

    def __init__(self, key: str, placeholders: Mapping[str, str] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.placeholders = dict(placeholders or {})


def read_form(user_input: Mapping[str, Any]) -> NetworkConfig:
    """Return what was entered into `UNIT_SCHEMA`; what the address itself says counts more.

    Raises:
        UnitFormError: The address is none.
    """
    more = user_input[SECTION_MORE]
    try:
        address = Address.read(user_input[CONF_HOST])
    except ValueError:
        raise UnitFormError("invalid_address") from None
    https = more[CONF_SSL] if address.https is None else address.https
    port = address.port or more.get(CONF_PORT) or usual_port(https=https)
    return NetworkConfig(
        endpoint=Endpoint(host=address.host, port=port, https=https),
        credentials=Credentials(username=more[CONF_USERNAME], password=user_input[CONF_PASSWORD]),
    )


def filled_form(way: NetworkConfig) -> dict[str, Any]:
    """Return the suggested values of `UNIT_SCHEMA`; a password is never shown again."""
    endpoint = way.endpoint
    more = {CONF_USERNAME: way.credentials.username, CONF_SSL: endpoint.https}
    if endpoint.port != usual_port(https=endpoint.https):
        more[CONF_PORT] = endpoint.port
    return {CONF_HOST: endpoint.host, SECTION_MORE: more}


async def look_at_certificate(hass: HomeAssistant, endpoint: Endpoint) -> str:
    """Return the fingerprint that the user has to confirm, empty where there is none.

    Raises:
        UnitFormError: Nobody answers, or not in this way.
    """
    if not endpoint.https:
        return ""
    try:
        return await unvouched(async_get_clientsession(hass), endpoint)
    except UnitProtocolError:
        raise UnitFormError("no_https") from None
    except UnitError as error:
        raise UnitFormError(unit_error_key(error), {"reason": str(error)}) from error


async def probe_unit(hass: HomeAssistant, way: NetworkConfig) -> Probe:
    """Find out what the unit can do.

    Raises:
        UnitFormError: It can't be had.
    """
    try:
        return await open_unit(hass, way).probe()
    except UnitError as error:
        raise UnitFormError(unit_error_key(error), {"reason": str(error)}) from error


async def probe_same(hass: HomeAssistant, way: NetworkConfig, serial: str) -> Probe:
    """Find out what the unit can do, and that it is the one with this serial number.

    Raises:
        UnitFormError: It can't be had, or is another one.
    """
    probe = await probe_unit(hass, way)
    require_unit(probe, serial)
    return probe


def require_unit(probe: Probe, serial: str) -> None:
    """Refuse another unit than that with this serial number; errors as of `probe_same`."""
    if probe.identity.serial != serial:
        raise UnitFormError("other_unit", {"serial": probe.identity.serial})


async def probe_spare(hass: HomeAssistant, way: NetworkConfig) -> Probe:
    """Find out what the unit can do, and that it can stand in for others and do nothing else.

    Raises:
        UnitFormError: It can't be had, or can't be a spare.
    """
    probe = await probe_unit(hass, way)
    if Capability.SPARE in probe.capabilities and probe.own_recordings:
        raise UnitFormError("busy_recording", {"recordings": str(probe.own_recordings)})
    return _lending(probe)


async def probe_shared(hass: HomeAssistant, way: NetworkConfig) -> Probe:
    """Find out what the unit can do, and that it can stand in for others beside its own work.

    Raises:
        UnitFormError: It can't be had, can't record others' cameras, or has no channel free.
    """
    return _lending(await probe_unit(hass, way))


def _lending(probe: Probe) -> Probe:
    if Capability.SPARE not in probe.capabilities:
        raise UnitFormError("cannot_record_others")
    if probe.capacity < 1:
        raise UnitFormError("no_free_channels", {"recordings": str(probe.own_recordings)})
    return probe


@callback
def is_configured(hass: HomeAssistant, serial: str) -> bool:
    """Return whether a unit is in a group already: it can be in one only."""
    return any(
        subentry.unique_id == serial
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_UNIT)
    )


def unit_title(identity: Identity, way: NetworkConfig) -> str:
    """Return how people tell the unit from others of its model."""
    return f"{identity.manufacturer} {identity.model} ({way.endpoint.host})".strip()


def unit_data(mode: WorkMode, way: NetworkConfig, probe: Probe) -> dict[str, Any]:
    """Return what a subentry keeps of a unit of any mode."""
    return {
        CONF_WORK_MODE: mode,
        **limits_data(probe.limits),
        **way.as_data(),
        **identity_data(probe.identity),
    }
