"""An outage that is over, as people read of it: what was lost of each camera, what came back.

Made of the report that `reports` keeps; pure.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..failover.model import UnitId
from ..settings.unit import ChannelConfig

type Report = Mapping[str, Any]
"""As `reports` keeps it."""
type Json = dict[str, Any]


def moment(told: str | None) -> float | None:
    """Return a time that was told to people, in seconds since 1970."""
    return None if told is None else datetime.fromisoformat(told).timestamp()


def spares_of(report: Report, titles: Mapping[UnitId, str]) -> list[str]:
    """Return who recorded in an outage, by the titles that units have now or had then."""
    return [titles.get(spare, spare) for spare in report.get("spares", ())]


def account(
    report: Report, channels: Iterable[ChannelConfig], titles: Mapping[UnitId, str]
) -> Json:
    """Return what is shown of an outage.

    Times are seconds since 1970, `lost` are seconds of a camera: exact where its footage was given
    back and compared, else until the first frame of the spare, None where nobody knows. A camera
    that was recorded by nobody has the reason instead.
    """
    return {
        "since": report["since"],
        "ended": moment(report.get("ended")),
        "cause": report.get("cause"),
        "spares": spares_of(report, titles),
        "offline_for": report.get("offline_for"),
        "noticed_after": report.get("noticed_after"),
        "backing_up_after": report.get("backing_up_after"),
        "synchronized": moment(report.get("synchronized")),
        "footage_returned": report.get("footage_returned"),
        "footage": report.get("footage"),
        "cameras": [
            {"number": channel.number, "name": channel.name, **_camera(report, str(channel.number))}
            for channel in channels
        ],
    }


def _camera(report: Report, number: str) -> Json:
    if (told := report.get("channels", {}).get(number)) is not None:
        return {"lost": told["missing_seconds"]}
    confirmed = report.get("first_confirmed_after", {}).get(number)
    first = report.get("first_frame_after", {}).get(number, confirmed)
    if first is not None:
        return {"lost": round(max(0.0, first), 1)}
    return {"lost": None, "reason": report.get("not_backed_up", {}).get(number)}
