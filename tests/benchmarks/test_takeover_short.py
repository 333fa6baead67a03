"""A short run of the benchmark: a takeover costs Home Assistant's event loop next to nothing."""

from pathlib import Path
from typing import cast

import pytest

from tests.benchmarks.takeover import take_over

SUBNET = 39


@pytest.mark.timeout(500)
async def test_a_takeover_leaves_the_event_loop_to_home_assistant(tmp_path: Path) -> None:
    result = await take_over(tmp_path, cameras=4, quiet=3.0, after=3.0, subnet=SUBNET)

    assert result["lost_frames"] == 0
    assert result["longest"], "the loop was not watched"
    # The time that other programs of a busy machine take does not count here.
    assert cast("float", result["stall_cpu_ms"]) < 50
    assert cast("float", result["quiet_stall_cpu_ms"]) < 50
