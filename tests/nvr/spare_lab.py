"""Places for a spare, and what a virtual recorder really holds."""

from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import Source
from virtual_nvr.nvr.state import State
from virtual_nvr.nvr.unit import VirtualNvr


def make_place(number: int, *, host: str = "127.9.9.9:9", password: str = "p@ss:w/rd") -> Place:  # noqa: S107 - of a camera that is not there
    source = Source(uri=f"rtsp://{host}/{number}", username="viewer", password=password)
    return Place(key=f"unit/{number} ä", name=f"Camera {number} of the old barn", source=source)


PLACES = [make_place(number) for number in range(1, 4)]
KEYS = [place.key for place in PLACES]


def stored(unit: VirtualNvr) -> State:
    """Return what the unit holds: it never tells credentials, but they are in its file."""
    return State.load(unit.config.folder / "unit.json", unit.config.limits)


def sources(unit: VirtualNvr) -> list[Source]:
    return [receiver.source for receiver in stored(unit).receivers.values()]


def counts(unit: VirtualNvr) -> tuple[int, int, int]:
    """Return how many recordings, receivers and jobs there are."""
    held = stored(unit)
    return len(held.recordings), len(held.receivers), len(held.jobs)


def modes(unit: VirtualNvr) -> list[str]:
    return [job.mode for job in stored(unit).jobs.values()]
