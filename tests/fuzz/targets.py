"""All that reads bytes from outside, a target each."""

from typing import Final

from tests.fuzz import camera, device, engine, files, playing, recorder
from tests.fuzz.target import total

_GROUPS: Final = (camera, device, engine, files, playing, recorder)
TARGETS: Final = total(target for group in _GROUPS for target in group.TARGETS)
