"""A short run of the benchmark: changes are shown, and what is measured is the card's."""

from pathlib import Path
from typing import cast

import pytest

from tests.benchmarks.card import show_changes

PORT, SUBNET = 18136, 92


@pytest.mark.timeout(500)
async def test_a_card_shows_what_changes(tmp_path: Path) -> None:
    result = await show_changes(tmp_path, 3, 1, port=PORT, subnet=SUBNET)

    assert result["changes"] == 2
    assert cast("int", result["told"]) >= 2
    assert cast("float", result["script_ms_each"]) > 0
