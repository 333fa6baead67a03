"""Scenes of another recorder, received by a process of their own."""

import asyncio
from dataclasses import replace
import os
from pathlib import Path
import signal

import pytest

from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.rtsp.message import Response
from custom_components.nvr_hotspare.recorder.scene.child import receive
from custom_components.nvr_hotspare.recorder.scene.messages import Order, Outcome, Trouble
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.replay_lab import START, STEP, footage, moment
from tests.recorder.scripted_camera import ScriptedCamera

WITHIN = 20.0


@pytest.fixture
def order(recorder: ScriptedCamera, tmp_path: Path) -> Order:
    """The first two groups of pictures, of five frames each."""
    return Order(
        replay=Replay(uri=recorder.uri, username="viewer", password="cellar-door"),
        span=Span(START, START + 9 * STEP),
        path=str(tmp_path / "scene.mp4"),
        most=1 << 20,
    )


def times(path: str) -> list[int]:
    with Path(path).open("rb") as file:
        return [sample.time for part in Mp4Reader(file).fragments() for sample in part.samples]


def written(order: Order) -> bool:
    return Path(order.path).exists()


def children() -> set[int]:
    """Return the processes that this one has started and that still run."""
    task = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(map(int, task.read_text().split()))


async def receiving(order: Order) -> asyncio.Task[Outcome]:
    """Begin to receive a scene and wait until some of it is written."""
    task = asyncio.create_task(receive(order, WITHIN))
    async with asyncio.timeout(WITHIN):
        while not written(order):  # noqa: ASYNC110 (the file tells nobody)
            await asyncio.sleep(0.01)
    return task


async def test_a_scene_is_written_from_its_key_frame_to_the_next_one_after_it(
    recorder: ScriptedCamera, order: Order
) -> None:
    recorder.media = footage(range(16))
    assert await receive(order, WITHIN) == Outcome()
    assert times(order.path) == pytest.approx([moment(number) for number in range(10)], abs=20_000)


async def test_a_picture_takes_the_first_key_frame_and_no_more(
    recorder: ScriptedCamera, order: Order
) -> None:
    recorder.media = footage(range(2))  # and silence, which is not waited through
    assert await receive(replace(order, picture=True), WITHIN) == Outcome()
    assert len(times(order.path)) == 1


async def test_footage_after_a_pause_is_another_scene(
    recorder: ScriptedCamera, order: Order
) -> None:
    late = 5 * 60
    recorder.media = footage([*range(5), *range(late, late + 6)])
    whole = replace(order, span=Span(START, moment(late + 4)))
    assert await receive(whole, WITHIN) == Outcome()
    assert len(times(order.path)) == 5


async def test_footage_before_a_pause_is_another_scene_too(
    recorder: ScriptedCamera, order: Order
) -> None:
    late = 5 * 60
    recorder.media = footage([*range(5), *range(late, late + 6)])
    second = replace(order, span=Span(moment(late - 1), moment(late + 4)))
    assert await receive(second, WITHIN) == Outcome()
    assert times(order.path)[0] == pytest.approx(moment(late), abs=20_000)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Response(457, "Invalid Range"), Trouble.NOTHING),
        (b"no RTSP at all\r\n\r\n", Trouble.SOURCE),
    ],
    ids=["nothing", "nonsense"],
)
async def test_a_recorder_that_plays_nothing_leaves_no_file(
    recorder: ScriptedCamera, order: Order, answer: Response | bytes, trouble: Trouble
) -> None:
    recorder.answers["PLAY"] = lambda _: answer
    outcome = await receive(order, WITHIN)
    assert outcome.trouble is trouble
    assert outcome.text.endswith(".")
    assert not written(order)


async def test_a_file_grows_no_larger_than_it_may(recorder: ScriptedCamera, order: Order) -> None:
    recorder.media = footage(range(16))
    outcome = await receive(replace(order, most=4096), WITHIN)
    assert outcome.trouble is Trouble.DISK
    assert not written(order)


async def test_a_file_that_is_there_is_not_written_to(
    recorder: ScriptedCamera, order: Order, tmp_path: Path
) -> None:
    recorder.media = footage(range(16))
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "scene.mp4").symlink_to(elsewhere)
    assert (await receive(order, WITHIN)).trouble is Trouble.DISK
    assert not elsewhere.exists()


async def test_a_slow_recorder_is_not_waited_for(recorder: ScriptedCamera, order: Order) -> None:
    recorder.media = footage(range(4))
    outcome = await receive(order, 1.0)
    assert outcome.trouble is Trouble.SOURCE
    assert "slowly" in outcome.text
    assert not written(order)


async def test_who_gives_up_leaves_neither_a_process_nor_a_file(
    recorder: ScriptedCamera, order: Order
) -> None:
    recorder.media = footage(range(4))
    before = children()
    task = await receiving(order)
    assert children() - before
    task.cancel()
    await asyncio.wait([task])
    assert not children() - before
    assert not written(order)


async def test_a_process_that_is_killed_leaves_no_file(
    recorder: ScriptedCamera, order: Order
) -> None:
    recorder.media = footage(range(4))
    before = children()
    task = await receiving(order)
    (child,) = children() - before
    os.kill(child, signal.SIGKILL)
    assert (await task).trouble is Trouble.BROKEN
    assert not written(order)


def test_an_order_keeps_its_password_to_itself(order: Order) -> None:
    assert order.replay.password not in repr(order)
