"""A job in a process of its own that is killed at one step.

Usage: python -m tests.recorder.giving_child FOLDER STEP NUMBER, where the process ends itself by
SIGKILL just before (`-` before the step's name) or after the step is done for the nth time.
"""

from importlib import import_module
import os
from pathlib import Path
import signal
import sys
from typing import Any

from virtual_nvr.__main__ import stand_in_for_the_integration

STEPS = {
    "begin": "ledger.Ledger.begin",
    "copy": "transfer.copy",
    "verify": "transfer.check_copy",
    "note": "ledger.Ledger.add",
    "publish": "outgoing.publish",
    "link": "target.Path.hardlink_to",
    "mark": "transfer.mark_returned",
}
GAPS = ((2.5, 7), (12, 28))
"""In seconds since the footage begins."""
_GIVING = "custom_components.nvr_hotspare.recorder.giving"


def arm(step: str, number: int) -> None:
    """Have this process end at a step."""
    before = step.startswith("-")
    module, *names, last = STEPS[step.removeprefix("-")].split(".")
    place: Any = import_module(f"{_GIVING}.{module}")
    for name in names:
        place = getattr(place, name)
    real, left = getattr(place, last), [number]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if before and not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, last, deadly)


def main() -> None:
    from tests.recorder.giving_lab import Site, seconds  # noqa: PLC0415 (loads the engine)

    site = Site(Path(sys.argv[1]))
    arm(sys.argv[2], int(sys.argv[3]))
    site.give(*(seconds(*gap) for gap in GAPS))


if __name__ == "__main__":
    stand_in_for_the_integration()  # so that Home Assistant stays out, and the start is quick
    main()
