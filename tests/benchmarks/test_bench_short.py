"""A short run of the benchmark: all contenders record everything, and all numbers are told."""

from tests.benchmarks.recorder import compare


async def test_all_contenders_record_every_frame_of_their_windows() -> None:
    result = await compare(2, 2.0, turns=1)

    for contender in ("ours", "ffmpeg", "pyav"):
        told = result[contender]
        assert isinstance(told, dict)
        assert told["missing_frames"] == 0
        assert min(told["cpu_pct"], told["pss_mb"], told["first_key_to_disk_ms"]) > 0
    assert {"cpu_ratio_to_ffmpeg", "memory_ratio_to_ffmpeg"} <= result.keys()
