"""`python -m virtual_nvr verify`: says which frames recordings of virtual cameras hold."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys

from .verify import Report, VerifyError, count, verify

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_SHOWN = 8


def main(arguments: Sequence[str]) -> int:
    """Print a report per camera.

    Returns:
        0 if all frames are there, whole and in order; 1 if not; 2 if a file can't be checked.
    """
    options = _parser().parse_args(arguments)
    try:
        reports = verify(options.paths, options.start, options.end)
    except VerifyError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({camera: _as_json(report) for camera, report in reports.items()}))
    elif not reports:
        print("no frame of any camera")
    else:
        for camera, report in reports.items():
            print(f"camera {camera}: {_as_text(report)}")
    bad = any(
        report.missing or report.damaged or report.out_of_order for report in reports.values()
    )
    return int(bad or not reports)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="virtual_nvr verify", description=__doc__)
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="recording, or folder of recordings"
    )
    parser.add_argument(
        "--from", dest="start", type=_time, metavar="T", help="ISO 8601, or seconds since 1970"
    )
    parser.add_argument("--to", dest="end", type=_time, metavar="T", help="frames before it count")
    parser.add_argument("--json", action="store_true", help="one JSON object, keyed by camera")
    return parser


def _time(text: str) -> int:
    """Return a time as nanoseconds since 1970 UTC; one without a zone is UTC."""
    try:
        return round(float(text) * 1_000_000_000)
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _as_json(report: Report) -> dict[str, object]:
    """Return a report with inclusive [first, last] pairs for its runs of frames."""
    runs = {
        name: {"frames": count(value), "runs": [[run[0], run[-1]] for run in value]}
        for name, value in (
            ("present", report.present),
            ("missing", report.missing),
            ("doubled", report.doubled),
            ("damaged", report.damaged),
        )
    }
    return runs | {
        "out_of_order": report.out_of_order,
        "first_ns": report.first,
        "last_ns": report.last,
        "clock_error_ns": report.clock_error,
    }


def _as_text(report: Report) -> str:
    parts = [f"{count(report.present)} frames"]
    if report.first is not None and report.last is not None:
        parts.append(f"captured {_clock(report.first)} to {_clock(report.last)}")
    for name, runs in (
        ("missing", report.missing),
        ("doubled", report.doubled),
        ("damaged", report.damaged),
    ):
        shown = [f"{run[0]}-{run[-1]}" for run in runs[:_MAX_SHOWN]]
        rest = ["..."] if len(runs) > _MAX_SHOWN else []
        parts.append(f"{count(runs)} {name}" + (f" ({', '.join(shown + rest)})" if runs else ""))
    parts.append(f"{report.out_of_order} out of order")
    parts.append(f"clock within {report.clock_error / 1e6:.3f} ms")
    return ", ".join(parts)


def _clock(time: int) -> str:
    moment = _EPOCH + timedelta(microseconds=time // 1000)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
