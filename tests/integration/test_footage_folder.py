"""Whether backups include the footage depends on where it is, and on what is mounted there."""

from pathlib import Path

import pytest

from custom_components.nvr_hotspare.footage import folder as footage_folder
from custom_components.nvr_hotspare.footage.folder import Surroundings, in_backups


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """Home Assistant OS, whose folders stand in a temporary one."""
    monkeypatch.setattr(footage_folder, "_BACKED_UP", (tmp_path / "media", tmp_path / "share"))
    return Surroundings(config=tmp_path / "config", media=(tmp_path / "media",), supervised=True)


@pytest.mark.parametrize(
    ("folder", "included"),
    [
        ("config", True),
        ("config/footage", True),
        ("config/.cache/footage", False),
        ("config/.cached", True),
        ("media/.footage", True),
        ("share/footage", True),
        ("mnt/footage", False),
        ("mediatheque", False),
    ],
)
def test_backups_include(
    tmp_path: Path, around: Surroundings, folder: str, *, included: bool
) -> None:
    assert in_backups(tmp_path / folder, around) is included


def test_a_link_is_followed(tmp_path: Path, around: Surroundings) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "footage").symlink_to(tmp_path / "config", target_is_directory=True)
    assert in_backups(tmp_path / "footage", around)


def test_mounted_storage_is_in_no_backup(
    tmp_path: Path, around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "media" / "nas"
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == mounted)
    assert not in_backups(mounted / "footage", around)
    assert in_backups(tmp_path / "media" / "other", around)


def test_other_installations_back_up_the_configuration_alone(
    tmp_path: Path, around: Surroundings
) -> None:
    plain = Surroundings(config=around.config, media=around.media, supervised=False)
    assert not in_backups(tmp_path / "media" / "footage", plain)
    assert in_backups(tmp_path / "config" / "footage", plain)
