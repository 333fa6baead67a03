"""What the user decides about an engine on another machine, and how it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.const import CONF_HOST, CONF_PORT

from ..const import CONF_ENGINE, CONF_FINGERPRINT, CONF_GROUP, CONF_KEY
from ..nvr.model import Endpoint
from ..recorder.remote.talk import Pairing
from .builtin import EngineOptions, options_data, options_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig(EngineOptions):
    """An engine that is paired with the group."""

    endpoint: Endpoint
    pairing: Pairing

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote."""
        return cls(
            endpoint=Endpoint(host=data[CONF_HOST], port=data[CONF_PORT]),
            pairing=Pairing(
                engine=data[CONF_ENGINE],
                fingerprint=data[CONF_FINGERPRINT],
                group=data[CONF_GROUP],
                key=data[CONF_KEY],
            ),
            **options_of(data),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {**way_data(self.endpoint, self.pairing), **options_data(self)}


def way_data(endpoint: Endpoint, pairing: Pairing) -> dict[str, Any]:
    """Return what a subentry keeps of the way to an engine."""
    return {
        CONF_HOST: endpoint.host,
        CONF_PORT: endpoint.port,
        CONF_ENGINE: pairing.engine,
        CONF_FINGERPRINT: pairing.fingerprint,
        CONF_GROUP: pairing.group,
        CONF_KEY: pairing.key,
    }
