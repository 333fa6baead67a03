"""Draws what `scripts/bench failover --json` told: of how many deaths what had happened by when.

Usage: python -m tests.benchmarks.failover_plot docs/failover.json docs/failover.svg
"""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import sys
from typing import Any

_NAMES = {"onvif": "ONVIF spare", "cold": "built-in, cold", "warm": "built-in, warm"}
_COLOURS = {"onvif": "#0b7fab", "cold": "#7f8c8d", "warm": "#c0392b"}
_PANELS = {
    "first_frame_s": "Footage of the spare begins",
    "backing_up_s": "Home Assistant shows it backed up",
}
_WIDTH, _HEIGHT, _MARGIN = 340, 200, 48

type Told = Mapping[str, Mapping[str, Any]]


def draw(told: Told) -> str:
    """Return an SVG: the share of deaths by seconds from the kill, a panel for each number."""
    width, height = 2 * (_WIDTH + _MARGIN) + _MARGIN, _HEIGHT + 2 * _MARGIN + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, (key, title) in enumerate(_PANELS.items()):
        values = {way: sorted(it[key] for it in told[way]["trials"]) for way in _NAMES}
        parts += _panel(values, title, _MARGIN + index * (_WIDTH + _MARGIN))
    for index, (way, name) in enumerate(_NAMES.items()):
        x = _MARGIN + index * 200
        parts.append(f'<rect x="{x}" y="{height - 22}" width="12" height="12" ')
        parts.append(f'fill="{_COLOURS[way]}"/>')
        parts.append(f'<text x="{x + 18}" y="{height - 12}">{name}</text>')
    return "\n".join((*parts, "</svg>", ""))


def _panel(values: Mapping[str, Sequence[float]], title: str, left: int) -> list[str]:
    bottom = _MARGIN + _HEIGHT
    first = min(0.0, *(it[0] for it in values.values()))
    last = max(it[-1] for it in values.values())

    def at(seconds: float) -> float:
        return left + _WIDTH * (seconds - first) / (last - first)

    parts = [
        f'<text x="{left}" y="{_MARGIN - 16}" font-weight="bold">{title}</text>',
        f'<path d="M{left} {_MARGIN}V{bottom}H{left + _WIDTH}" fill="none" stroke="black"/>',
        f'<text x="{left + 4}" y="{_MARGIN + 4}">all of {len(next(iter(values.values())))}</text>',
        f'<path d="M{at(0):.1f} {_MARGIN}V{bottom}" stroke="black" stroke-dasharray="3"/>',
    ]
    parts += [
        f'<text x="{at(it):.0f}" y="{bottom + 16}" text-anchor="middle">{it:.0f} s</text>'
        for it in dict.fromkeys((first, 0.0, last))
    ]
    for way, seconds in values.items():
        line = " ".join(
            f"{at(it):.1f},{bottom - _HEIGHT * share / len(seconds):.1f}"
            for before, it in enumerate(seconds)
            for share in (before, before + 1)
        )
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{_COLOURS[way]}" stroke-width="2"/>'
        )
    return parts


def main() -> None:
    """Draw."""
    told = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(draw(told))


if __name__ == "__main__":
    main()
