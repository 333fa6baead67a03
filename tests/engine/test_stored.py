"""What the engine of an earlier version has left on its disks counts for the present one."""

import json
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.engine.away import AwayFile
from custom_components.nvr_hotspare.engine.config import read as read_config
from custom_components.nvr_hotspare.engine.vault import unseal
from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.model import WorkingStatus
from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.giving.ledger import Ledger as GivenBack
from custom_components.nvr_hotspare.recorder.holdings import EVER, Holdings
from custom_components.nvr_hotspare.recorder.orders import OrdersFile
from custom_components.nvr_hotspare.recorder.remote.certificate import certificate
from custom_components.nvr_hotspare.recorder.remote.ledger import Ledger
from tests.engine.outpost_lab import OutpostLab, driven
from tests.stored.versions import VERSIONS, bring_back

pytestmark = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def home(version: str, tmp_path: Path) -> Path:
    """What a version has left."""
    bring_back(version, tmp_path)
    return tmp_path


@pytest.fixture
def builtin(home: Path) -> Path:
    """The private folder of the engine beside Home Assistant."""
    (folder,) = (home / "config" / ".storage" / "nvr_hotspare").iterdir()
    return folder


def ledger(state: Path) -> Ledger:
    """Return whom an engine is paired with."""
    return Ledger(state / "pairing.json", certificate(state / "engine.pem"), lambda _: None)


def test_an_engine_goes_on_with_its_orders(builtin: Path) -> None:
    orders = OrdersFile(builtin / "engine.json").read()
    assert orders.channels == {"NVR-1.1": True, "NVR-1.2": True, "NVR-2.1": False}
    assert orders.settings.ring_seconds == 30.0


def test_an_engine_knows_what_it_has_in_charge_and_the_passwords(builtin: Path) -> None:
    first, second = unseal(builtin).devices
    assert (first.device.unit, second.device.unit) == ("NVR-1", "NVR-2")
    assert second.driver == "dahua"
    for device in (first, second):
        assert device.credentials.password == "cellar-door"
        assert {it.place.source.password for it in device.cameras} == {"p@ss:w/rd"}


def test_an_engine_knows_of_the_outage(builtin: Path) -> None:
    record = AwayFile(builtin / "away.json").read()
    assert record
    device = journal.load(record.journal).devices["NVR-1"]
    assert device.status is WorkingStatus.BACKING_UP
    assert device.outage
    assert len(device.outage.confirmed) == 2


def test_an_engine_knows_what_it_gave_back(builtin: Path) -> None:
    jobs = [it.stem for it in (builtin / "returns").iterdir()]
    given = [entry for job in jobs for entry in GivenBack(builtin / "returns", job)._read()]
    names = {entry.name for entry in given if entry.name and entry.frames and entry.sha256}
    assert names
    assert {entry.partial.split(".mp4")[0] for entry in given if entry.partial} == {
        name.removesuffix(".mp4") for name in names
    }


def test_footage_is_found_in_a_folder_that_was_marked(home: Path) -> None:
    archive = Archive(home / "footage", marked=True)
    archive.check()
    (channel,) = (it.name for it in archive.folder.iterdir() if it.is_dir())
    assert Holdings(archive).spans(channel, -EVER, EVER)


async def test_an_engine_elsewhere_lets_its_group_in_and_no_other(
    version: str, tmp_path: Path
) -> None:
    lab = OutpostLab(tmp_path / "outpost")
    bring_back(version, tmp_path)
    assert read_config(lab.config).state == lab.state
    pairing = ledger(lab.state).pairing
    assert pairing
    async with lab.engine(), driven(lab, pairing) as spare:
        assert spare.report
        assert spare.report.storage.state == "ok"
    assert not lab.codes


def test_what_a_newer_version_adds_to_a_file_does_no_harm(builtin: Path, home: Path) -> None:
    state = home / "outpost" / "state"
    for path in (builtin / "engine.json", builtin / "away.json", state / "pairing.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "new": {"more": 1}}))
    test_an_engine_goes_on_with_its_orders(builtin)
    test_an_engine_knows_of_the_outage(builtin)
    assert ledger(state).pairing


def test_an_engine_does_not_start_with_a_pairing_that_it_cant_read_and_keeps_it(
    home: Path,
) -> None:
    path = home / "outpost" / "state" / "pairing.json"
    newer = json.dumps({**json.loads(path.read_text()), "group": {"of": "newer"}})
    path.write_text(newer)
    with pytest.raises(OSError, match=r"The pairing in .*pairing\.json is damaged"):
        ledger(path.parent)
    assert path.read_text() == newer
