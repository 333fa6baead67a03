"""A short run of the benchmark: each kind of spare takes over, and only a warm one in advance."""

from pathlib import Path

import pytest

from tests.benchmarks.failover import WAYS, measure

PORT, SUBNET = 18161, 81

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(400)]


@pytest.mark.parametrize("way", WAYS)
async def test_each_death_is_measured(tmp_path: Path, way: str) -> None:
    port, subnet = PORT + WAYS.index(way), SUBNET + WAYS.index(way)
    measured = await measure(tmp_path / way, way, 2, devices=2, port=port, subnet=subnet)
    assert len(measured.trials) == 2
    assert all(0 < it.noticed_s <= it.backing_up_s for it in measured.trials)
    if way == "warm":
        assert all(it.first_frame_s < 0 for it in measured.trials)
        assert all(it.lost_frames == 0 for it in measured.trials)
    else:
        assert all(it.first_frame_s > 0 for it in measured.trials)
        assert all(it.lost_frames > 0 for it in measured.trials)
