"""Settings that drift: cameras that a working device has no longer, or has of late.

What only the user can decide is asked as a repair issue: whether a camera that is gone is gone for
good, and whether a new one is to be protected. Each goes away by itself when it is over.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_CHANNELS, CONF_TOLD_NUMBERS, DOMAIN
from ..nvr.model import ChannelSettings
from ..recorder.model import Source
from ..settings.unit import ChannelConfig, UnitConfig

TWICE: Final = 2
"""Looks in a row at which a camera is missing until it is gone: a unit that starts may not tell
all at once."""
CAMERA_GONE: Final = "camera_gone"
CAMERA_NEW: Final = "camera_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How what a unit tells differs from what was known of it."""

    gone: Mapping[str, ChannelConfig]
    """By token, the cameras configured that it has no longer."""
    new: Sequence[ChannelSettings]
    """The cameras that it did not have when the user decided which to protect."""


def differences(config: UnitConfig, told: Iterable[ChannelSettings]) -> Differences:
    """Compare what a unit tells with what was known of it.

    What the user entered by hand under a number is that channel, should the unit come to tell it.
    """
    configured = {channel.number: channel for channel in config.channels}
    there = {channel.token: channel for channel in told}
    return Differences(
        gone={
            token: configured[number]
            for token, number in config.told_numbers.items()
            if token not in there and number in configured
        },
        new=[
            channel
            for token, channel in there.items()
            if token not in config.told_numbers and channel.number not in configured
        ],
    )


class Drift:
    """The issues of one working device."""

    def __init__(self, hass: HomeAssistant, entry_id: str, subentry_id: str) -> None:
        self._hass = hass
        self._of = {"entry_id": entry_id, "subentry_id": subentry_id}
        self._suffix = f"_{subentry_id}_"
        self._missing: Counter[str] = Counter()
        """In how many looks in a row each token was missing."""

    @callback
    def look(self, config: UnitConfig, told: Iterable[ChannelSettings]) -> None:
        """Show how the unit's cameras have drifted, and take back what is over."""
        found = differences(config, told)
        self._missing = Counter({token: self._missing[token] + 1 for token in found.gone})
        wrong = [
            *(
                _Issue(CAMERA_GONE, token, channel.number, channel.name)
                for token, channel in found.gone.items()
                if self._missing[token] >= TWICE
            ),
            *(
                _Issue(
                    CAMERA_NEW,
                    it.token,
                    it.number,
                    it.name,
                    it.source.uri if it.source else "",
                    behind=it.behind,
                )
                for it in found.new
            ),
        ]
        shown = {issue.key + self._suffix + issue.token: issue for issue in wrong}
        self._withdraw(but=shown)
        for issue_id, issue in shown.items():
            self._show(issue_id, issue, config.title)

    @callback
    def withdraw(self) -> None:
        """Take all issues back."""
        self._withdraw(but=())

    def _show(self, issue_id: str, issue: _Issue, title: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data={**self._of, "drift": issue.key, **issue.facts},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue.key,
            translation_placeholders={
                "name": title,
                "number": str(issue.number),
                "camera": issue.camera,
            },
        )

    def _withdraw(self, but: Container[str]) -> None:
        prefixes = (CAMERA_GONE + self._suffix, CAMERA_NEW + self._suffix)
        for domain, issue_id in tuple(ir.async_get(self._hass).issues):
            if domain == DOMAIN and issue_id.startswith(prefixes) and issue_id not in but:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)


@dataclass(frozen=True, slots=True)
class _Issue:
    """What is asked about one camera."""

    key: str
    token: str
    number: int
    camera: str
    uri: str = ""
    behind: bool = False

    @property
    def facts(self) -> dict[str, str | int | float | None]:
        """What the repair needs to know."""
        return {
            "token": self.token,
            "number": self.number,
            "camera": self.camera,
            "uri": self.uri,
            "behind": self.behind,
        }


def without_camera(subentry: ConfigSubentry, token: str) -> dict[str, Any]:
    """Return the data of a unit of which a camera is gone for good."""
    config = UnitConfig.from_subentry(subentry)
    numbers = dict(config.told_numbers)
    gone = numbers.pop(token, None)
    kept = [channel for channel in config.channels if channel.number != gone]
    return _with_channels(subentry, kept, numbers)


def with_camera(
    subentry: ConfigSubentry, token: str, number: int, channel: ChannelConfig | None
) -> dict[str, Any]:
    """Return the data of a unit of which a new camera is known; to be protected, if given."""
    config = UnitConfig.from_subentry(subentry)
    others = [it for it in config.channels if channel is None or it.number != number]
    channels = sorted([*others, *([channel] if channel else ())], key=lambda it: it.number)
    return _with_channels(subentry, channels, {**config.told_numbers, token: number})


def _with_channels(
    subentry: ConfigSubentry, channels: Iterable[ChannelConfig], numbers: Mapping[str, int]
) -> dict[str, Any]:
    return {
        **subentry.data,
        CONF_CHANNELS: [channel.as_data() for channel in channels],
        CONF_TOLD_NUMBERS: dict(numbers),
    }


def accounts(channels: Iterable[ChannelConfig]) -> list[Source]:
    """Return the accounts of cameras, each once, the most common first, without addresses."""
    used = Counter(
        replace(channel.source, uri="") for channel in channels if channel.source is not None
    )
    return [account for account, _ in used.most_common()]
