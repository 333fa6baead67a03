"""A short run of the benchmark: no frame is missing, and all numbers are told."""

from tests.benchmarks.sync import compare
from tests.recorder.footage import SMALL


async def test_footage_is_given_back_whole_from_both_spares() -> None:
    result = await compare(1, 90, SMALL, turns=1)

    for spare in ("builtin", "onvif"):
        told = result[spare]
        assert isinstance(told, dict)
        assert told["missing_frames"] == 0
        assert min(told["copy_mb_per_s"], told["verify_mb_per_s"]) > 0
    assert {"ffmpeg", "cp", "builtin_ratio_to_ffmpeg", "onvif_times_realtime"} <= result.keys()
