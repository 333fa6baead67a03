"""`scripts/bench recorder`: the engine, ffmpeg and PyAV record the same cameras.

One contender runs at a time, in turns, so that whatever else the machine does hits them alike;
what is told of each is the sum, mean or median of its turns. All copy what the cameras send into
fragmented MP4, with a fragment for each group of pictures.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from statistics import fmean, median
import tempfile
import time

from virtual_nvr.stamp import frame_at

from .contenders import Contender, FfmpegContender, OursContender, PyavContender
from .first_key import first_keys_to_disk
from .site import Site, cameras
from .usage import cpu_seconds, pss_mb

TURNS = 3
_SETTLE = 4.0
"""Seconds from the last camera's first frame on the disk to the window that is measured."""
_LINGER = 0.5
"""Seconds from the end of the window to the end of the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one contender did in one window."""

    seconds: float
    cpu_seconds: float
    pss_mb: float
    missing_frames: int
    first_keys: Mapping[int, float]
    """Milliseconds by camera."""


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench recorder", description=__doc__)
    parser.add_argument("--cameras", type=int, default=16, help="how many (16)")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each contender (30)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    result = asyncio.run(compare(options.cameras, options.seconds))
    print(json.dumps(result) if options.json else _table(result), flush=True)


async def compare(count: int, seconds: float, turns: int = TURNS) -> dict[str, object]:
    """Return what each contender used and missed while it recorded for so many seconds."""
    done: dict[str, list[Turn]] = {"ours": [], "ffmpeg": [], "pyav": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        contenders: Mapping[str, Contender] = {
            "ours": OursContender(folder / "ours.log"),
            "ffmpeg": FfmpegContender(folder / "ffmpeg.log"),
            "pyav": PyavContender(folder / "pyav.log"),
        }
        async with cameras(count, folder) as site:
            for _ in range(turns):
                for key, contender in contenders.items():
                    done[key].append(await _turn(contender, site, folder, seconds / turns))
    results = {key: _result(parts) for key, parts in done.items()}
    ours, ffmpeg = results["ours"], results["ffmpeg"]
    return {
        "cameras": count,
        "seconds": seconds,
        **results,
        "cpu_ratio_to_ffmpeg": round(ours["cpu_pct"] / ffmpeg["cpu_pct"], 3),
        "memory_ratio_to_ffmpeg": round(ours["pss_mb"] / ffmpeg["pss_mb"], 3),
    }


async def _turn(contender: Contender, site: Site, folder: Path, seconds: float) -> Turn:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        recordings = Path(name)
        try:
            await contender.start(site, recordings)
            first_keys = await first_keys_to_disk(contender, site, recordings)
            await asyncio.sleep(_SETTLE)
            pids = contender.pids()
            start, used = time.time_ns(), cpu_seconds(pids)
            await asyncio.sleep(seconds)
            end, used = time.time_ns(), cpu_seconds(pids) - used
            memory = pss_mb(pids)
            await asyncio.sleep(_LINGER)
        finally:
            await contender.stop()
        return Turn(
            seconds=(end - start) / 1e9,
            cpu_seconds=used,
            pss_mb=memory,
            missing_frames=_missing(contender, site, recordings, range(start, end)),
            first_keys=first_keys,
        )


def _missing(contender: Contender, site: Site, folder: Path, window: range) -> int:
    """Return how many frames captured in a time no file holds, of all cameras together."""
    wanted = range(frame_at(window.start), frame_at(window.stop))
    found = {
        (stamp.camera, stamp.frame)
        for camera in site.uris
        for path in contender.files(folder, camera)
        for stamp, _ in contender.frames(path)
        if stamp.camera == camera and stamp.frame in wanted
    }
    return len(wanted) * len(site.uris) - len(found)


def _result(turns: Sequence[Turn]) -> dict[str, float]:
    """Return what is told of a contender: CPU in percent of one core."""
    first_keys = [value for turn in turns for value in turn.first_keys.values()]
    seconds = sum(turn.seconds for turn in turns)
    return {
        "cpu_pct": round(100 * sum(turn.cpu_seconds for turn in turns) / seconds, 2),
        "pss_mb": round(fmean(turn.pss_mb for turn in turns), 1),
        "missing_frames": sum(turn.missing_frames for turn in turns),
        "first_key_to_disk_ms": round(median(first_keys), 1),
        "first_key_to_disk_worst_ms": round(max(first_keys), 1),
    }


def _table(result: Mapping[str, object]) -> str:
    return json.dumps(result, indent=2)


if __name__ == "__main__":
    main()
