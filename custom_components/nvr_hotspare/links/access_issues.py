"""What only the user can put right about the access to a recorder: a password, a certificate."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_UNIT, DOMAIN
from ..nvr.errors import UnitCertificateError, UnitCredentialsError, UnitError
from ..settings.unit import UnitConfig

CERTIFICATE_CHANGED = "certificate_changed"


class AccessIssues:
    """Asks the user, and asks no more when it is over.

    Attributes:
        rejected: Whether the recorder does not accept its password.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, config: UnitConfig) -> None:
        self.rejected = False
        self._hass = hass
        self._entry_id = entry_id
        self._config = config
        self._is_strange = False

    @callback
    def show(self, error: UnitError) -> None:
        """Ask for what the recorder failed for, if it is the user who knows."""
        match error:
            case UnitCertificateError():
                self._is_strange = True
                self._ask_about_certificate()
            case UnitCredentialsError():
                self.rejected = True
                self._ask_for_password()

    @callback
    def settle(self) -> None:
        """Ask no more: the recorder lets us in."""
        if self._is_strange:
            self._is_strange = False
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)
        if self.rejected:
            self.rejected = False
            self._forget_password_asked()

    def _ask_about_certificate(self) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            data={"entry_id": self._entry_id, "subentry_id": self._config.subentry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=CERTIFICATE_CHANGED,
            translation_placeholders={"name": self._config.title},
        )

    def _ask_for_password(self) -> None:
        if (entry := self._hass.config_entries.async_get_entry(self._entry_id)) is None:
            return
        named = {"name": self._config.title, "unit": self._config.unit}
        context = ConfigFlowContext(title_placeholders=named)
        entry.async_start_reauth(self._hass, context, {CONF_UNIT: self._config.unit})

    def _forget_password_asked(self) -> None:
        if (entry := self._hass.config_entries.async_get_entry(self._entry_id)) is None:
            return
        for flow in tuple(entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})):
            if flow["context"]["title_placeholders"].get("unit") == self._config.unit:
                self._hass.config_entries.flow.async_abort(flow["flow_id"])

    @property
    def _issue_id(self) -> str:
        return f"{CERTIFICATE_CHANGED}_{self._config.subentry_id}"
