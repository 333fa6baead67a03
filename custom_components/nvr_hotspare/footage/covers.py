"""What spares recorded of a camera, as past outages and the present one tell it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ..failover.model import Camera, Cause, UnitId
from ..failover.state import DeviceState
from ..reports.account import Report, moment, spares_of
from .timeline import Cover, Lack


def covers_told(
    reports: Iterable[Report], channel: int, titles: Mapping[UnitId, str]
) -> list[Cover]:
    """Return what spares recorded of a channel in outages that are over.

    It begins with the first frame where the spare told that, else when it was seen recording.
    """
    number, found = str(channel), list[Cover]()
    for report in reports:
        after = report.get("first_frame_after", {}).get(number)
        if after is None:
            after = report.get("first_confirmed_after", {}).get(number)
        ended = moment(report.get("ended"))
        if after is None or ended is None:
            continue
        start = report["since"] + after
        by = ", ".join(spares_of(report, titles))
        returned = "synchronized" in report
        found.append(Cover(start=start, end=max(start, ended), by=by, returned=returned))
    return found


def lacks_told(reports: Iterable[Report], channel: int) -> list[Lack]:
    """Return what of a channel is proven lost of outages whose footage was given back."""
    found = list[Lack]()
    for report in reports:
        told = report.get("channels", {}).get(str(channel))
        ended = moment(report.get("ended"))
        if told is None or ended is None:
            continue
        lost = [(_at(it["from"]), _at(it["to"])) for it in told["not_recovered"]]
        found.append(Lack(start=report["since"], end=ended, lost=lost))
    return found


def present_cover(
    device: DeviceState, camera: Camera, begins: float | None, by: str
) -> Cover | None:
    """Return what is being recorded of a camera by the spare that stands in for it, if one does.

    Args:
        device: Whose camera it is.
        camera: One of its cameras.
        begins: When the footage begins, where the spare tells that.
        by: The title of the spare.
    """
    outage = device.outage
    if outage is None or outage.cause is Cause.DRILL or camera not in outage.confirmed:
        return None
    start = outage.confirmed[camera]
    return Cover(start=start if begins is None else min(begins, start), end=None, by=by)


def _at(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()
