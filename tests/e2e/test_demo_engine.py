"""The demo with an engine on its own as the spare, while Home Assistant is down.

Home Assistant and the recorder are killed at once; the engine, a process of its own with an address
of its own, decides. One outage is enough here: the second of the demo is one of any other spare.
"""

import asyncio
from copy import replace
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.lab import demo
from scripts.lab.screen import Screen

from .demo import in_order

PORT, SUBNET = 18128, 9

pytestmark = pytest.mark.timeout(700)


@dataclass(frozen=True)
class Run:
    """What the demo reported, and the folder that it left."""

    report: dict[str, Any]
    folder: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of the demo."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    options = demo.parse(
        [
            *("--once", "--json", "--spare", "engine", "--hass-down-at", "kill"),
            *("--port", str(PORT), "--subnet", str(SUBNET), "--folder", str(folder)),
        ]
    )
    report = asyncio.run(demo.run(replace(options, working_devices=1), Screen()))
    return Run(json.loads(json.dumps(report)), folder)


def test_a_warm_engine_loses_no_frame_though_nobody_commands_it(run: Run) -> None:
    assert run.report["standby"] == "warm"
    assert list(run.report["lost_frames"].values()) == [0, 0, 0, 0]
    assert list(run.report["spare_lost_frames"].values()) == [0, 0, 0, 0]
    assert max(run.report["first_frame_s"].values()) < 0


def test_it_decides_once_nobody_was_heard_for_the_limit_of_silence(run: Run) -> None:
    away = run.report["away"]
    # Home Assistant was heard last some seconds before it was killed.
    assert 10 < away["decided_s"] < away["back_s"]


def test_there_is_one_outage_with_one_report(run: Run) -> None:
    assert run.report["reports"] == 1
    assert [kind for kind, _ in run.report["events"]] == [
        "heartbeat_lost",
        "backing_up",
        "returned",
        "synchronized",
    ]


def test_events_tell_when_it_happened_and_not_when_home_assistant_was_back(run: Run) -> None:
    happened = dict(run.report["events"])
    back = run.report["away"]["back_s"]
    assert 0 < happened["heartbeat_lost"] <= happened["backing_up"] < back < happened["returned"]
    assert run.report["noticed_s"] == happened["heartbeat_lost"]


def test_people_and_automations_see_the_steps_as_ever(run: Run) -> None:
    assert run.report["working_status"][0] == "backing_up"
    assert in_order(run.report["working_status"], "backing_up", "synchronizing", "recording")
    assert run.report["automation_fired"]
    assert run.report["spare_idle_after"]


def test_the_nvr_has_all_of_its_footage_back_and_none_twice(run: Run) -> None:
    assert run.report["returned"]["missing_frames"] == 0
    assert run.report["returned"]["duplicate_frames"] == 0
    assert run.report["returned"]["bytes"] > 0


def test_what_the_engine_keeps_on_its_disk_tells_no_password(run: Run) -> None:
    site = run.folder / "site"
    files = [site / "cameras.json", site / "nvr1" / "nvr.json"]
    secrets = [json.loads(it.read_text())["password"].encode() for it in files]
    kept = [it for it in (run.folder / "engine").rglob("*") if it.is_file()]
    texts = [it for it in kept if it.suffix != ".mp4"]
    assert [it.name for it in texts if it.name == "orders.sealed"]
    assert not [it for it in texts if any(secret in it.read_bytes() for secret in secrets)]
