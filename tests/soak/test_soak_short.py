"""Two minutes of the soak of the engine: nothing is lost but by faults."""

from pathlib import Path

import pytest

from tests.soak.engine import soak


@pytest.mark.timeout(500)
async def test_all_that_cameras_sent_is_recorded_whatever_else_fails(tmp_path: Path) -> None:
    result = await soak(tmp_path, cameras=32, seconds=120, seed=1)

    assert result["recorded_cameras"] == 32
    assert result["engine_kills"] == 2
    assert result["camera_faults"] != 0
    assert result["unreadable"] == ""
    assert result["damaged_frames"] == 0
    assert result["missing_without_fault"] == 0
