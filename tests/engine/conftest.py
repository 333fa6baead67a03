"""What the tests of engines share: a virtual recorder, and an engine in a process of its own."""

from pathlib import Path

import pytest

from tests.recorder.engine_lab import EngineLab
from tests.virtual_nvr.conftest import camera, http, start_nvr

__all__ = ["camera", "http", "start_nvr"]


@pytest.fixture
def lab(tmp_path: Path) -> EngineLab:
    return EngineLab(tmp_path)
