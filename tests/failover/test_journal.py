"""When the journal has to be written."""

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.events import HeartbeatReceived
from custom_components.nvr_hotspare.failover.model import Silence
from tests.failover.replay import SPARE, Replay, device, group


def test_heartbeats_leave_the_journal_untouched_in_an_outage_too() -> None:
    replay = Replay(group(device("a"), device("b"))).calm()
    for _ in range(2):
        for unit in ("b", SPARE):
            before = replay.state
            replay.send(HeartbeatReceived(unit))
            assert replay.state is not before
            assert journal.untouched(before, replay.state)
        replay.kill("a").obey()


def test_a_transition_does_not() -> None:
    replay = Replay(group(device("a"))).calm()
    replay.miss("a", 15, Silence.REFUSED)
    before = replay.state
    replay.wait(8)
    assert not journal.untouched(before, replay.state)


def test_a_spare_that_dies_does_not() -> None:
    replay = Replay(group(device("a"))).calm()
    before = replay.state
    replay.kill(SPARE)
    assert not journal.untouched(before, replay.state)
