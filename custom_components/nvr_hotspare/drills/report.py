"""What a drill measured: how soon each camera was recorded, and whether all were."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..failover.model import Reason
from ..settings.unit import ChannelConfig, UnitConfig
from ..texts import selector_texts

type DrillReport = dict[str, Any]
"""JSON; channels by their numbers, as texts. Seconds are counted from the beginning of the drill.

- `drilled`: when it began, in ISO 8601;
- `good`: whether all cameras were recorded that can be while the recorder is up;
- `commanded_after`: when the spares had taken the command, None where that is not known;
- `first_confirmed_after`: when the spare was seen recording, by channel;
- `first_frame_after`: when its footage begins, by channel: less than 0 on a warm spare;
- `not_recorded`: why not, by channel;
- `spares`: who recorded.
"""

UNTRIED: Final = "single_stream"
"""Why a camera is not recorded in a drill, which is no failure: its only stream is in use."""


def wanted(device: UnitConfig) -> tuple[ChannelConfig, ...]:
    """Return the cameras of a device that are to be backed up."""
    return tuple(channel for channel in device.channels if channel.wanted)


def verdict(device: UnitConfig, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return `good` and `not_recorded` of a drill.

    Args:
        device: What was drilled.
        said: What was announced of it, see `failover.report`.
    """
    missed: Mapping[str, str | None] = said["not_backed_up"]
    missing = {
        key: _why(channel, missed[key])
        for channel in wanted(device)
        if (key := str(channel.number)) in missed
    }
    sound = all(why == UNTRIED for why in missing.values())
    return {"good": bool(said["first_confirmed_after"]) and sound, "not_recorded": missing}


def _why(channel: ChannelConfig, said: str | None) -> str:
    if channel.source is None:
        return Reason.NO_SOURCE.value
    return UNTRIED if channel.single_stream else said or Reason.SPARE_FAILS.value


def drill_report(
    device: UnitConfig,
    said: Mapping[str, Any],
    *,
    commanded: float,
    first_frames: Mapping[str, float],
) -> DrillReport:
    """Return what came of a drill.

    Args:
        device: What was drilled.
        said: What was announced of it.
        commanded: When the spares had taken the command, seconds since 1970; 0 if not known.
        first_frames: When footage of each channel begins, seconds after the drill began.
    """
    began = float(said["since"])
    return {
        "drilled": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "commanded_after": round(commanded - began, 3) if commanded >= began else None,
        "first_confirmed_after": dict(said["first_confirmed_after"]),
        "first_frame_after": dict(first_frames),
        "spares": list(said["spares"]),
        **verdict(device, said),
    }


async def camera_lines(hass: HomeAssistant, device: UnitConfig, report: Mapping[str, Any]) -> str:
    """Return what a drill or an outage tells of each camera, as a list in Markdown.

    Args:
        hass: Home Assistant, whose language it is in.
        device: Whose cameras they are.
        report: With `first_frame_after`, `first_confirmed_after`, and `not_recorded` if any.
    """
    texts = await selector_texts(hass, "drill")
    frames: Mapping[str, float] = report.get("first_frame_after", {})
    confirmed: Mapping[str, float] = report["first_confirmed_after"]
    missing: Mapping[str, str] = report.get("not_recorded", {})

    def tell(number: str) -> str:
        if number in missing:
            return texts[missing[number]]
        if (frame := frames.get(number)) is None:
            return texts["confirmed"].format(seconds=round(confirmed[number], 1))
        return texts["before" if frame < 0 else "after"].format(seconds=round(abs(frame), 1))

    return "\n".join(
        f"- **{channel.number} {channel.name}**: {tell(number)}"
        for channel in wanted(device)
        if (number := str(channel.number)) in missing or number in confirmed
    )
