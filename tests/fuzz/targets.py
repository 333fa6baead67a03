"""All that reads bytes from outside, a target each."""

from typing import Final

from tests.fuzz import camera, device, engine, files
from tests.fuzz.target import total

TARGETS: Final = total((*camera.TARGETS, *device.TARGETS, *engine.TARGETS, *files.TARGETS))
