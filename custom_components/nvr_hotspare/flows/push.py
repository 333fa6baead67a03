"""The step that lets a unit push signs of life: where to, and how."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.components import webhook
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.helpers.selector import BooleanSelector
import voluptuous as vol

from ..settings.push import CONF_LOCAL_ONLY, CONF_PUSH, PushConfig

PUSH_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_PUSH): BooleanSelector(),
        vol.Required(CONF_LOCAL_ONLY): BooleanSelector(),
    }
)
_UNKNOWN_HOST: Final = "http://homeassistant.local:8123"


class PushSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Show the address of a unit's webhook, and switch it on or off."""

    _webhook_id = ""

    async def async_step_push(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask whether the unit pushes; the address shown is the one that is stored."""
        config = self._pushing()
        if user_input is not None:
            webhook_id = self._webhook_id if user_input[CONF_PUSH] else ""
            local_only = user_input[CONF_LOCAL_ONLY]
            return self._take_push(PushConfig(webhook_id=webhook_id, local_only=local_only))
        self._webhook_id = config.webhook_id or webhook.async_generate_id()
        shown = {CONF_PUSH: bool(config.webhook_id), CONF_LOCAL_ONLY: config.local_only}
        return self.async_show_form(
            step_id="push",
            data_schema=self.add_suggested_values_to_schema(PUSH_SCHEMA, shown),
            description_placeholders={"url": self._url(local_only=config.local_only)},
        )

    def _url(self, *, local_only: bool) -> str:
        try:
            return webhook.async_generate_url(
                self.hass, self._webhook_id, allow_external=not local_only, prefer_external=False
            )
        except NoURLAvailableError:
            return _UNKNOWN_HOST + webhook.async_generate_path(self._webhook_id)

    @abstractmethod
    def _pushing(self) -> PushConfig:
        """Return what is stored."""

    @abstractmethod
    def _take_push(self, config: PushConfig) -> Result:
        """Store it."""
