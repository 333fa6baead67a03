"""The simulation in small: what it tells can be relied on, and the decisions stand it."""

from dataclasses import fields, replace
import json

import pytest

from custom_components.nvr_hotspare.failover.model import Happening
from tests.simulation import simulate
from tests.simulation.faults import DAY, Rates
from tests.simulation.years import Result, Years, site_of

STORMY = Rates(failure=0.1, flapping=0.2, planned=0.3, password=0.5, partition=0.3, restart=0.2)
"""Hundreds of times what a site has to stand."""
SURE = {"lost": 0.0, "doubled": 0.0, "failing": 0.0}
"""Each command is carried out, and each answer comes, once."""


def storm(seed: int, *, rates: Rates = STORMY, skips: bool = True) -> Years:
    return Years(site_of(4, 2), seed=seed, rates=rates, skips=skips, listens=True)


def told(result: Result) -> Result:
    return replace(result, elapsed_s=0, busy_s=0, steps_per_second=0)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_passed_over_would_have_changed_nothing(seed: int) -> None:
    """With every question asked the same is said at the same moments, and as much is lost."""
    sure = replace(STORMY, lost=0, doubled=0)
    short, whole = (storm(seed, rates=sure, skips=skips) for skips in (True, False))
    results = [years.live(0.1 * DAY) for years in (short, whole)]
    assert short.manager.account.said == whole.manager.account.said != []
    assert told(results[0]) == told(results[1])


def test_a_seed_replays_exactly() -> None:
    one, other = storm(1), storm(1)
    assert told(one.live(DAY)) == told(other.live(DAY))
    assert one.manager.account.said == other.manager.account.said != storm(2).manager.account.said


@pytest.mark.parametrize("seed", range(4))
def test_storms_break_no_invariant(seed: int) -> None:
    years = storm(seed)
    years.live(DAY)
    assert years.manager.account.outages > 3
    assert years.manager.account.broken == []


def test_a_month_of_a_site_needs_no_needless_takeover() -> None:
    years = Years(site_of(16, 4), seed=5)
    result = years.live(30 * DAY)
    assert result.outages > 16
    assert years.manager.account.broken == []
    assert years.manager.account.needless == []


def test_without_spares_nothing_can_be_helped() -> None:
    rates = replace(STORMY, partition=1e9, password=1e9, planned=1e9)
    result = Years(site_of(4, 0), seed=3, rates=rates).live(2 * DAY)
    assert result.unavoidable_s > 0
    assert result.unprotected_s == pytest.approx(result.unavoidable_s, rel=0.02)
    assert result.unprotected_s > result.unavoidable_s, "a device that is up again has to boot"


def test_the_last_line_is_the_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--years", "0.01", "--devices", "4", "--spares", "1", "--seed", "7", "--json"]
    monkeypatch.setattr("sys.argv", ["simulate", *options])
    assert simulate.main() == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["seed"] == 7
    assert result["steps"] > 0
    assert result["invariants_broken"] == result["needless_takeovers"] == 0


def test_no_spare_stands_in_for_an_announced_restart() -> None:
    calm = Rates(**{field.name: 1e9 for field in fields(Rates)} | {"planned": 0.05, **SURE})
    years = Years(site_of(4, 2), seed=1, rates=calm, listens=True)
    result = years.live(DAY)
    assert result.planned_s > 0
    assert years.manager.account.needless == []
    told = {said.happening for _, said in years.manager.account.said}
    assert Happening.BACKING_UP not in told
