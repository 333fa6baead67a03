"""How footage that is owed to a device is given back, and what is told of it."""

from dataclasses import replace
import json

import pytest

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import Desist, Synchronize
from custom_components.nvr_hotspare.failover.events import (
    CommandEnded,
    FootageFlows,
    PlacesSeen,
    SynchronizationEnded,
    SynchronizeNow,
)
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Group,
    Happening,
    Recording,
    Spare,
    Window,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.owed import LIMIT
from custom_components.nvr_hotspare.failover.synchronizing import PROBLEMS
from custom_components.nvr_hotspare.failover.view import Phase
from tests.failover.replay import IDLE, RECORDS, SPARE, START, Replay, cameras, device, group

YES = Recording.YES
SYNCHRONIZING = WorkingStatus.SYNCHRONIZING
RECORDING = WorkingStatus.RECORDING


def gives_back(*units: str, capacity: int = 4) -> Group:
    return group(*(device(unit, gives_back=True) for unit in units), capacity=capacity)


@pytest.fixture
def site() -> Replay:
    """Two devices, of which one was down, backed up, and is back."""
    site = Replay(gives_back("a", "b")).calm()
    outage(site, "a")
    return site


def outage(site: Replay, unit: str, seconds: float = 30) -> None:
    """Let a device die, be backed up and come back, until its footage is to be given back."""
    site.kill(unit).obey().wait(seconds).back(unit).tell(unit, YES).obey()


def to_courier(site: Replay) -> list[Synchronize | Desist]:
    """Return the commands to the courier, and forget them."""
    told = [command for command in site.commands if isinstance(command, Synchronize | Desist)]
    site.commands = [c for c in site.commands if not isinstance(c, Synchronize | Desist)]
    return told


def windows(site: Replay, unit: str = "a") -> tuple[Window, ...]:
    return tuple(owed.window for owed in site.state.devices[unit].owed)


def flow(site: Replay, unit: str = "a", *, flowing: bool = True) -> None:
    site.send(FootageFlows(unit, flowing=flowing))


def end(site: Replay, *done: Window, unit: str = "a", error: str = "", **data: object) -> None:
    site.send(SynchronizationEnded(unit, done, error, data))


def test_an_outage_leaves_a_window_from_before_it_until_the_spare_let_go(site: Replay) -> None:
    window = Window(
        outage=START,
        start=START - 120,
        end=site.now,
        cameras=cameras("a"),
        spares=(SPARE,),
    )
    assert to_courier(site) == [Synchronize("a", (window,))]
    view = site.device("a")
    assert view.phase is Phase.SYNCHRONIZING
    assert view.working_status is RECORDING
    assert (view.owed_windows, view.owed_seconds) == (1, 158)


def test_a_device_that_keeps_its_footage_on_the_spare_is_owed_nothing() -> None:
    site = Replay(group(device("a"))).calm()
    outage(site, "a")
    assert to_courier(site) == []
    assert site.device("a").phase is Phase.WATCHING


def test_an_outage_in_which_nothing_was_recorded_owes_nothing() -> None:
    site = Replay(gives_back("a")).calm().kill(SPARE).kill("a").back("a").tell("a", YES)
    assert to_courier(site) == []
    assert site.device("a").owed_windows == 0


def test_synchronizing_is_shown_only_while_footage_flows(site: Replay) -> None:
    assert site.status("a") is RECORDING
    flow(site, flowing=False)
    assert site.status("a") is RECORDING
    flow(site)
    assert site.status("a") is SYNCHRONIZING
    flow(site, flowing=False)
    assert site.status("a") is RECORDING


def test_a_spare_shows_that_footage_flows_from_it_beside_what_it_records(site: Replay) -> None:
    shown = [site.spare.status]
    flow(site)
    shown.append(site.spare.status)
    site.kill("b").obey()
    shown.append(site.spare.status)
    flow(site, flowing=False)
    shown.append(site.spare.status)
    assert shown == ["idle", "synchronizing", "backing_up_and_synchronizing", "backing_up"]


def test_the_end_is_told_with_the_report_of_the_outage(site: Replay) -> None:
    flow(site)
    end(site, *windows(site), seconds=38.0, missing={"2": 0})
    assert site.status("a") is RECORDING
    assert site.device("a").phase is Phase.WATCHING
    (told,) = site.said(Happening.SYNCHRONIZED)
    (returned,) = site.said(Happening.RETURNED)
    assert told.data == {**returned.data, "outages": 1, "seconds": 38.0, "missing": {"2": 0}}
    to_courier(site)
    site.wait(3600)
    assert to_courier(site) == []


def test_a_window_told_done_twice_is_announced_once(site: Replay) -> None:
    owed = windows(site)
    end(site, *owed)
    end(site, *owed)
    assert len(site.said(Happening.SYNCHRONIZED)) == 1


def test_a_courier_that_never_answers_is_told_again(site: Replay) -> None:
    commands = to_courier(site)
    for _ in range(3):
        site.wait(59).hear("a").tell("a", YES)
        assert to_courier(site) == []
        site.wait(1)
        assert to_courier(site) == commands
    assert site.status("a") is RECORDING


def test_a_courier_that_falls_silent_at_work_is_told_again(site: Replay) -> None:
    commands = to_courier(site)
    for _ in range(20):
        site.wait(10).tell("a", YES)
        flow(site)
    assert to_courier(site) == []
    site.wait(50).tell("a", YES)
    assert site.status("a") is SYNCHRONIZING
    site.wait(10)
    assert to_courier(site) == commands
    assert site.status("a") is RECORDING


def test_after_a_failure_it_is_tried_again_later_each_time(site: Replay) -> None:
    commands = to_courier(site)
    for seconds in (30, 60, 120, 240, 480, 600, 600):
        end(site, error="folder_gone")
        assert site.device("a").sync_problem == "folder_gone"
        site.wait(seconds - 1)
        assert to_courier(site) == []
        site.wait(1)
        assert to_courier(site) == commands
    end(site, *windows(site))
    assert site.device("a").sync_problem == ""


def test_after_a_failure_it_is_tried_at_once_if_the_user_says_so(site: Replay) -> None:
    commands = to_courier(site)
    for unit in ("a", "b", "stranger"):
        site.send(SynchronizeNow(unit))
    assert to_courier(site) == []
    end(site, error="folder_gone")
    end(site, error="folder_gone")
    site.send(SynchronizeNow("a"))
    assert to_courier(site) == commands
    site.wait(59)
    assert to_courier(site) == []


def test_each_reason_of_a_failure_is_announced_once(site: Replay) -> None:
    for reason in ("folder_full", "folder_gone", "folder_full", "folder_full"):
        end(site, error=reason, detail="There it says why.")
        site.wait(600)
    told = site.said(Happening.SYNC_FAILED)
    assert [announce.data["reason"] for announce in told] == ["folder_full", "folder_gone"]
    assert told[0].data["detail"] == "There it says why."


def test_a_reason_is_not_announced_again_after_a_restart(site: Replay) -> None:
    end(site, error="folder_full")
    site.restart().back("a")
    end(site, error="folder_full")
    assert len(site.said(Happening.SYNC_FAILED)) == 1


def test_not_every_reason_that_can_be_made_up_is_announced(site: Replay) -> None:
    for number in range(2 * PROBLEMS):
        end(site, error=f"strange_{number}")
        site.wait(600)
    assert len(site.said(Happening.SYNC_FAILED)) == PROBLEMS


def test_the_failure_of_a_device_that_is_dying_is_not_announced(site: Replay) -> None:
    site.miss("a")
    end(site, error="folder_gone")
    assert site.said(Happening.SYNC_FAILED) == []
    assert site.device("a").sync_problem == "folder_gone"


def test_an_end_without_anything_done_is_a_failure(site: Replay) -> None:
    to_courier(site)
    end(site)
    assert to_courier(site) == []
    assert site.said(Happening.SYNC_FAILED) == []
    site.wait(30)
    assert len(to_courier(site)) == 1


def test_a_device_that_dies_again_is_backed_up_and_gets_both_windows(site: Replay) -> None:
    (first,) = windows(site)
    site.wait(300).hear("a")
    flow(site)
    to_courier(site)
    site.kill("a")
    assert to_courier(site) == [Desist("a")]
    site.obey()
    assert site.status("a") is WorkingStatus.BACKING_UP
    site.back("a").tell("a", YES).obey()
    assert windows(site)[0] == first
    assert len(windows(site)) == 2
    assert to_courier(site) == [Synchronize("a", windows(site))]


def test_footage_that_flows_to_the_dead_is_stopped_again(site: Replay) -> None:
    """The order to desist was lost."""
    site.kill("a")
    to_courier(site)
    flow(site)
    assert to_courier(site) == [Desist("a")]
    assert site.status("a") is not SYNCHRONIZING


def test_a_dead_device_is_not_synchronizing_though_no_camera_is_confirmed_yet(
    site: Replay,
) -> None:
    flow(site)
    site.kill("a")
    assert site.status("a") is WorkingStatus.UNVERIFIED


def test_windows_that_touch_become_one(site: Replay) -> None:
    (first,) = windows(site)
    outage(site, "a")
    (both,) = windows(site)
    assert (both.outage, both.start, both.end) == (first.outage, first.start, site.now)
    assert to_courier(site)[-1] == Synchronize("a", (both,))
    end(site, both)
    (told,) = site.said(Happening.SYNCHRONIZED)
    assert told.data["outages"] == 2


def test_a_window_that_has_grown_since_is_not_done(site: Replay) -> None:
    (first,) = windows(site)
    outage(site, "a")
    end(site, first)
    assert len(windows(site)) == 1
    assert site.said(Happening.SYNCHRONIZED) == []
    assert to_courier(site)[-1] == Synchronize("a", windows(site))


def test_the_oldest_windows_become_one_when_there_are_too_many(site: Replay) -> None:
    oldest = windows(site)[0]
    for _ in range(LIMIT + 3):
        site.wait(1000).hear("a")
        outage(site, "a")
    assert len(windows(site)) == LIMIT
    assert windows(site)[0].start == oldest.start
    assert windows(site)[-1].end == site.now
    end(site, *windows(site))
    outages = [told.data["outages"] for told in site.said(Happening.SYNCHRONIZED)]
    assert outages == [5, *([1] * (LIMIT - 1))]


def test_what_is_left_of_several_windows_is_told_at_once_and_footage_flows_on(
    site: Replay,
) -> None:
    site.wait(1000).hear("a")
    outage(site, "a")
    first, second = windows(site)
    flow(site)
    to_courier(site)
    end(site, first)
    assert to_courier(site) == [Synchronize("a", (second,))]
    assert site.status("a") is SYNCHRONIZING
    assert len(site.said(Happening.SYNCHRONIZED)) == 1


def test_one_window_done_and_another_failed(site: Replay) -> None:
    site.wait(1000).hear("a")
    outage(site, "a")
    first, second = windows(site)
    end(site, second, error="source_unreachable")
    assert windows(site) == (first,)
    assert len(site.said(Happening.SYNCHRONIZED)) == len(site.said(Happening.SYNC_FAILED)) == 1


def test_two_devices_are_given_back_to_at_once(site: Replay) -> None:
    outage(site, "b")
    assert [command.unit for command in to_courier(site)] == ["a", "b"]
    flow(site, "b")
    end(site, *windows(site))
    assert (site.status("a"), site.status("b")) == (RECORDING, SYNCHRONIZING)


def test_another_takeover_of_the_same_spare_leaves_the_footage_alone() -> None:
    site = Replay(gives_back("a", "b", capacity=2)).calm()
    outage(site, "a")
    owed = windows(site)
    site.kill("b").obey()
    flow(site)
    assert site.status("b") is WorkingStatus.BACKING_UP
    assert windows(site) == owed
    assert to_courier(site) == [Synchronize("a", owed)]


def test_a_restart_goes_on_once_the_device_is_heard(site: Replay) -> None:
    owed, commands = windows(site), to_courier(site)
    site.restart().wait(10)
    assert to_courier(site) == []
    site.hear("a")
    assert to_courier(site) == commands
    assert windows(site) == owed


def test_an_end_that_the_journal_missed_is_come_to_again(site: Replay) -> None:
    written, owed = journal.dump(site.state), windows(site)
    end(site, *owed)
    site.restart(written).hear("a")
    assert to_courier(site)[-1] == Synchronize("a", owed)


def test_footage_of_an_outage_that_the_journal_missed_is_owed() -> None:
    site = Replay(gives_back("a")).calm()
    site.restart().hear("a").tell("a", YES)
    site.show(dict.fromkeys(cameras("a"), RECORDS)).obey()
    (window,) = windows(site)
    assert (window.start, window.end) == (START - 120, START)
    assert to_courier(site) == [Synchronize("a", (window,))]


def test_to_keep_footage_on_the_spare_suspends_what_is_owed(site: Replay) -> None:
    commands = to_courier(site)
    site.reconfigure(group(device("a"), device("b")))
    assert to_courier(site) == [Desist("a")]
    assert site.device("a").owed_windows == 0
    site.reconfigure(gives_back("a", "b"))
    assert to_courier(site) == commands


def test_what_is_owed_is_given_back_though_protection_is_off(site: Replay) -> None:
    to_courier(site)
    unprotected = device("a", protected=False, gives_back=True)
    site.reconfigure(group(unprotected, device("b")))
    flow(site)
    assert site.status("a") is SYNCHRONIZING
    assert to_courier(site) == []


def test_a_camera_that_is_removed_is_owed_no_more(site: Replay) -> None:
    to_courier(site)
    site.reconfigure(group(device("a", 1, gives_back=True), device("b")))
    assert windows(site)[0].cameras == (Camera("a", 1),)
    assert to_courier(site) == [Synchronize("a", windows(site))]


def test_a_device_that_is_removed_is_given_nothing_back(site: Replay) -> None:
    flow(site)
    to_courier(site)
    site.reconfigure(gives_back("b"))
    assert to_courier(site) == [Desist("a")]
    flow(site)
    assert to_courier(site) == [Desist("a")], "it was lost"
    end(site, error="device_removed")
    assert site.said(Happening.SYNC_FAILED) == []


def test_the_window_names_every_spare_that_recorded() -> None:
    site = Replay(gives_back("a")).calm().kill("a").obey()
    other = Spare(unit="other", capacity=4)
    site.reconfigure(replace(site.state.group, spares=(other,)))
    for records in (RECORDS, IDLE):
        site.send(PlacesSeen("other", dict.fromkeys(cameras("a"), records)))
        if errand := site.errands["other"]:
            site.send(CommandEnded(errand.command, {}))
        if records is RECORDS:
            site.back("a").tell("a", YES)
    assert windows(site)[0].spares == (SPARE, "other")


def test_damaged_windows_are_left_out(site: Replay) -> None:
    written = json.loads(json.dumps(journal.dump(site.state)))
    owed = written["devices"]["a"]["owed"]
    owed.append({**owed[0], "start": 5.0, "end": 1.0})
    owed.append({**owed[0], "channels": [True, "1"]})
    owed.append("nothing")
    assert len(journal.load(written).devices["a"].owed) == 1
