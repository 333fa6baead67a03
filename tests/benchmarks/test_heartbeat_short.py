"""A short run of the benchmark: every recorder answers each time, and all numbers are told."""

from pathlib import Path

from tests.benchmarks.heartbeat import compare

SUBNET = 55


async def test_all_recorders_are_asked_in_their_rhythm(tmp_path: Path) -> None:
    result = await compare(tmp_path, 12, 2, rounds=1, subnet=SUBNET)

    assert result["missed"] == 0
    costs = {key: result[key] for key in ("cpu_us", "zeep_cpu_us", "core_share_300")}
    assert all(isinstance(cost, int | float) and cost > 0 for cost in costs.values())
    assert {"cpu_ratio_to_zeep", "rhythm_error_ms"} <= result.keys()
