"""The forms for an engine on another machine, and what must be true of the answers."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..const import (
    CONF_DAYS,
    CONF_DRIVER,
    CONF_GROUP,
    CONF_RING_SECONDS,
    CONF_SPACE_LIMIT,
    CONF_STANDBY,
    CONF_WORK_MODE,
    Standby,
    WorkMode,
)
from ..engine.config import PORT
from ..nvr.engine import RemoteEngine
from ..nvr.errors import UnitError
from ..nvr.model import Driver, Endpoint, Probe
from ..recorder.errors import (
    EngineGoneError,
    EngineTakenError,
    PairingCodeError,
    PairingPauseError,
    RecorderError,
)
from ..recorder.remote.talk import Pairing
from ..recorder.remote.visit import Found, look, pair
from ..settings.builtin import EngineOptions, options_data, options_of
from ..settings.engine import EngineConfig
from ..settings.limits import limits_data
from ..settings.unit import identity_data
from .builtin import MAX_RING
from .fields import whole_number
from .unit import UnitFormError

_ENTRY_TIME: Final = 20.0
"""Seconds that an engine may take to let us in and to tell what it can do."""
KEYS: Final[tuple[tuple[type[RecorderError], str], ...]] = (
    (EngineTakenError, "engine_taken"),
    (PairingCodeError, "wrong_code"),
    (PairingPauseError, "pairing_paused"),
    (EngineGoneError, "no_engine"),
)

_ADDRESS: Final = {
    vol.Required(CONF_HOST): TextSelector(),
    vol.Required(CONF_PORT, default=PORT): whole_number(1, 65535),
}
PAIRING_SCHEMA: Final = vol.Schema({**_ADDRESS, vol.Required(CONF_CODE): TextSelector()})
ADDRESS_SCHEMA: Final = vol.Schema({**_ADDRESS, vol.Optional(CONF_CODE): TextSelector()})
OPTIONS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_SPACE_LIMIT, default=0): whole_number(0, 1_000_000, "GB"),
        vol.Required(CONF_DAYS, default=14): whole_number(0, 3650, "d"),
        vol.Required(CONF_STANDBY, default=Standby.WARM): SelectSelector(
            SelectSelectorConfig(
                options=list(Standby),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_STANDBY,
            )
        ),
        vol.Required(CONF_RING_SECONDS, default=30): whole_number(1, MAX_RING, "s"),
    }
)


NEW_GROUP: Final = "new"


def group_schema(entries: Iterable[ConfigEntry]) -> vol.Schema:
    """Return the form that asks which group an engine is to be a spare of."""
    options = [SelectOptionDict(value=it.entry_id, label=it.title) for it in entries]
    options.append(SelectOptionDict(value=NEW_GROUP, label=NEW_GROUP))
    first = options[0]["value"]
    selector = SelectSelector(
        SelectSelectorConfig(
            options=options, mode=SelectSelectorMode.LIST, translation_key="engine_group"
        )
    )
    return vol.Schema({vol.Required(CONF_GROUP, default=first): selector})


def endpoint_of(user_input: Mapping[str, Any]) -> Endpoint:
    """Return the address that was entered."""
    return Endpoint(host=user_input[CONF_HOST].strip(), port=user_input[CONF_PORT])


async def find_engine(endpoint: Endpoint) -> Found:
    """Find out which engine is there.

    Raises:
        UnitFormError: None is.
    """
    try:
        return await look(endpoint.host, endpoint.port)
    except RecorderError as error:
        raise _form_error(error) from error


async def pair_engine(endpoint: Endpoint, code: str, group: str = "") -> Pairing:
    """Pair an engine with a group, a new one if none is named.

    Raises:
        UnitFormError: It can't be had, or not by this code.
    """
    try:
        return await pair(endpoint.host, endpoint.port, code.strip(), group or uuid4().hex)
    except RecorderError as error:
        raise _form_error(error) from error


def _form_error(error: RecorderError) -> UnitFormError:
    key = next((key for kind, key in KEYS if isinstance(error, kind)), "engine_refuses")
    return UnitFormError(key, {"reason": str(error)})


def read_options(user_input: Mapping[str, Any], shortest_ring: int) -> EngineOptions:
    """Return what was entered into `OPTIONS_SCHEMA`.

    Raises:
        UnitFormError: A ring holds fewer seconds than the cameras need.
    """
    options = EngineOptions(**options_of(user_input))
    if not options.bridges(shortest_ring):
        raise UnitFormError("ring_too_short", {"shortest": str(shortest_ring)})
    return options


async def probe_engine(config: EngineConfig) -> Probe:
    """Enter a paired engine and find out what it can do.

    Raises:
        UnitFormError: It does not let us in.
    """
    driver = RemoteEngine(config.pairing.engine, config.endpoint, config.pairing, config.settings())
    met = asyncio.Event()
    stop = driver.listen(met.set)
    await driver.start()
    try:
        async with asyncio.timeout(_ENTRY_TIME):
            while driver.report is None:
                met.clear()
                await met.wait()
            return await driver.probe()
    except TimeoutError:
        raise UnitFormError("no_engine", {"reason": ""}) from None
    except UnitError as error:
        raise UnitFormError("engine_refuses", {"reason": str(error)}) from error
    finally:
        stop()
        await driver.detach()


def engine_config(endpoint: Endpoint, pairing: Pairing, options: EngineOptions) -> EngineConfig:
    """Return all that is decided about an engine."""
    return EngineConfig(endpoint=endpoint, pairing=pairing, **options_of(options_data(options)))


def engine_title(endpoint: Endpoint) -> str:
    """Return how people tell an engine from others."""
    return f"Hot-spare engine ({endpoint.host})"


def engine_data(config: EngineConfig, probe: Probe) -> dict[str, Any]:
    """Return what a subentry keeps of an engine."""
    return {
        CONF_WORK_MODE: WorkMode.HOT_SPARE,
        CONF_DRIVER: Driver.ENGINE,
        **limits_data(probe.limits),
        **config.as_data(),
        **identity_data(probe.identity),
    }
