"""The plots of the benchmarks are pictures with a line for each contender."""

from xml.etree import ElementTree as ET

from tests.benchmarks import failover_plot
from tests.benchmarks.failover import WAYS
from tests.benchmarks.plot import draw

SVG = "{http://www.w3.org/2000/svg}"


def test_every_contender_has_a_line_through_all_runs() -> None:
    used = {"cpu_pct": 3.0, "pss_mb": 30.0}
    runs = [{"cameras": count, "ours": used, "ffmpeg": used, "pyav": used} for count in (1, 16, 32)]

    picture = ET.fromstring(draw(runs))  # noqa: S314 (of our own making)

    lines = picture.findall(f"{SVG}polyline")
    assert len(lines) == 6
    assert {len((line.get("points") or "").split()) for line in lines} == {3}


def test_every_kind_of_spare_has_a_line_through_all_deaths() -> None:
    trials = [{"first_frame_s": -20.0 + it, "backing_up_s": 11.0 + it} for it in range(5)]
    told = {way: {"trials": trials} for way in WAYS}

    picture = ET.fromstring(failover_plot.draw(told))  # noqa: S314 (of our own making)

    lines = picture.findall(f"{SVG}polyline")
    assert len(lines) == 2 * len(WAYS)
    assert {len((line.get("points") or "").split()) for line in lines} == {2 * len(trials)}
