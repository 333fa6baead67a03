"""A view goes on across the death of its recorder, and follows the spare in time."""

import pytest
import pytest_asyncio

from tests.benchmarks.live import Watched, watch

PORT, SUBNET = 18129, 33

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """What was seen."""
    return await watch(tmp_path_factory.mktemp("live"), "builtin", port=PORT, subnet=SUBNET)


async def test_who_watches_sees_no_long_freeze(watched: Watched) -> None:
    # What Home Assistant could have shown in time on a machine with time for it.
    assert watched.death_freeze_s <= 6 + watched.starved_s
    assert watched.return_freeze_s <= 6 + watched.starved_s


async def test_every_camera_is_shown_from_elsewhere_once_it_is_backed_up(watched: Watched) -> None:
    assert set(watched.switched_s) == {"Camera 1", "Camera 2"}
    assert max(watched.switched_s.values()) <= 2 + watched.starved_s


async def test_the_recorder_shows_its_cameras_again_when_it_is_back(watched: Watched) -> None:
    assert max(watched.back_s.values()) <= 2 + watched.starved_s
