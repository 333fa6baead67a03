"""The clip that the cameras show."""

from pathlib import Path
import subprocess
import sys

from tests.recorder.footage import decode
from virtual_nvr.clip import ClipFormat, load

SMALL = ClipFormat(width=160, height=96, bit_rate=100_000, gop=10, gops=2)


async def test_a_clip_is_encoded_as_asked_and_plays(tmp_path: Path) -> None:
    clip = load(SMALL, tmp_path)
    assert (clip.tracks.video.width, clip.tracks.video.height, len(clip.frames)) == (160, 96, 20)
    keys = [n for n, slices in enumerate(clip.frames) if slices[0][0] & 0x1F == 5]
    assert keys == [0, 10]
    assert await decode(tmp_path / "160x96-100000-10x2.mp4") == (20, "")


def test_a_clip_keeps_to_its_bit_rate(tmp_path: Path) -> None:
    wanted = ClipFormat(width=320, height=180, bit_rate=400_000, gop=25, gops=2)
    size = sum(len(unit) for slices in load(wanted, tmp_path).frames for unit in slices)
    assert 0.8 < size * 8 / 2 / wanted.bit_rate < 1.2


def test_a_cached_clip_needs_no_encoder(tmp_path: Path) -> None:
    clip = load(SMALL, tmp_path)
    program = f"""
import sys
sys.modules["av"] = sys.modules["numpy"] = None
from pathlib import Path
from virtual_nvr.clip import ClipFormat, load
print(len(load(ClipFormat(160, 96, 100_000, 10, 2), Path({str(tmp_path)!r})).frames))
"""
    # Under the name that the entry point gives it, the integration does not load.
    prepare = "import virtual_nvr.__main__ as entry; entry.stand_in_for_the_integration()"
    done = subprocess.run(
        [sys.executable, "-c", prepare + program], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) == len(clip.frames)


def test_a_clip_comes_out_of_the_cache_as_it_went_in(tmp_path: Path) -> None:
    assert load(SMALL, tmp_path) == load(SMALL, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
