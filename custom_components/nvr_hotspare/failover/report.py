"""What is told of an outage that is over, and what is owed after it."""

from collections.abc import Mapping

from .model import Camera, GivenBack, Window
from .owed import owe
from .state import DeviceState, Outage, Owed, State


def owing(
    state: State, device: DeviceState, outage: Outage, told: Mapping[str, object]
) -> tuple[Owed, ...]:
    """Return what is owed to a device after an outage of which the spare has let go.

    All its cameras, once any was seen recorded: others may have been, too shortly to be seen.
    """
    recorded = any(camera in outage.confirmed for camera in device.cameras)
    if not recorded or not device.config.gives_back:
        return device.owed
    window = Window(
        outage=outage.since,
        start=outage.since - state.group.timing.lookback,
        end=max(state.now, outage.since),
        cameras=device.cameras,
        spares=outage.spares,
    )
    return owe(device.owed, Owed(window=window, report=told))


def report(device: DeviceState, outage: Outage) -> dict[str, object]:
    """Return what is told of an outage that is over; seconds, channels by their numbers.

    `since` is the last heartbeat, seconds since 1970: it names the outage among the device's.
    `spares` are the units that recorded for it.
    """

    def after(moment: float) -> float:
        return round(max(0.0, moment - outage.since), 3)

    def given_back(why: GivenBack) -> list[int]:
        return [c.channel for c in device.cameras if outage.given_back.get(c) is why]

    return {
        "since": round(outage.since, 3),
        "cause": outage.cause.value,
        "spares": list(outage.spares),
        "incident": round(outage.incident, 3),
        "noticed_after": after(outage.noticed),
        "backing_up_after": None if outage.backing_up is None else after(outage.backing_up),
        "offline_for": None if outage.returned is None else after(outage.returned),
        "first_confirmed_after": {
            str(c.channel): after(outage.confirmed[c])
            for c in device.cameras
            if c in outage.confirmed
        },
        "released_first": given_back(GivenBack.FIRST),
        "released_on_grace": given_back(GivenBack.GRACE),
        "displaced": [c.channel for c in device.cameras if c in outage.displaced],
        "not_backed_up": {
            str(c.channel): _missed(outage, c) for c in device.cameras if c not in outage.confirmed
        },
    }


def _missed(outage: Outage, camera: Camera) -> str | None:
    """Why a camera was not backed up; None where the outage was over before it was known."""
    reason = outage.missed.get(camera)
    return None if reason is None else reason.value
