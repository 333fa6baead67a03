"""Draws what `scripts/bench recorder --json` told, from a file with such a line for each run.

Usage: python -m tests.benchmarks.plot docs/performance.jsonl docs/performance.svg
"""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import sys
from typing import Any

_COLOURS = {"ours": "#0b7fab", "ffmpeg": "#c0392b", "pyav": "#7f8c8d"}
_NAMES = {"ours": "this engine", "ffmpeg": "ffmpeg, a process each", "pyav": "PyAV, a thread each"}
_WIDTH, _HEIGHT, _MARGIN = 340, 200, 48

type Run = Mapping[str, Any]


def draw(runs: Sequence[Run]) -> str:
    """Return an SVG with CPU and memory by the number of cameras."""
    panels = (("cpu_pct", "CPU, % of a core"), ("pss_mb", "memory (PSS), MB"))
    width, height = 2 * (_WIDTH + _MARGIN) + _MARGIN, _HEIGHT + 2 * _MARGIN + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, (key, title) in enumerate(panels):
        left = _MARGIN + index * (_WIDTH + _MARGIN)
        parts += _panel(runs, key, title, left)
    for index, (contender, name) in enumerate(_NAMES.items()):
        x = _MARGIN + index * 200
        parts.append(f'<rect x="{x}" y="{height - 22}" width="12" height="12" ')
        parts.append(f'fill="{_COLOURS[contender]}"/>')
        parts.append(f'<text x="{x + 18}" y="{height - 12}">{name}</text>')
    return "\n".join((*parts, "</svg>", ""))


def _panel(runs: Sequence[Run], key: str, title: str, left: int) -> list[str]:
    bottom = _MARGIN + _HEIGHT
    most_cameras = max(run["cameras"] for run in runs)
    most = max(run[contender][key] for run in runs for contender in _NAMES)
    parts = [
        f'<text x="{left}" y="{_MARGIN - 16}" font-weight="bold">{title}</text>',
        f'<path d="M{left} {_MARGIN}V{bottom}H{left + _WIDTH}" fill="none" stroke="black"/>',
        f'<text x="{left + 4}" y="{_MARGIN + 4}">{most:.0f}</text>',
    ]
    for run in runs:
        x = left + _WIDTH * run["cameras"] / most_cameras
        parts.append(
            f'<text x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{run["cameras"]}</text>'
        )
    for contender, colour in _COLOURS.items():
        points = [
            (
                left + _WIDTH * run["cameras"] / most_cameras,
                bottom - _HEIGHT * run[contender][key] / most,
            )
            for run in runs
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    return parts


def main() -> None:
    """Draw."""
    lines = Path(sys.argv[1]).read_text().splitlines()
    runs = sorted(map(json.loads, lines), key=lambda run: int(run["cameras"]))
    Path(sys.argv[2]).write_text(draw(runs))


if __name__ == "__main__":
    main()
