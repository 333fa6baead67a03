"""The file of an engine on a machine of its own."""

from pathlib import Path

import pytest

from custom_components.nvr_hotspare.engine.config import PORT, Config, ConfigError, read
from custom_components.nvr_hotspare.recorder.orders import Grants, Settings

PLACES = 'folder = "/footage"\nstate = "/state"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "engine.toml"


def test_two_folders_are_enough(file: Path) -> None:
    file.write_text(PLACES)

    assert read(file) == Config(
        folder=Path("/footage"), state=Path("/state"), host="0.0.0.0", port=PORT
    )


def test_all_that_can_be_said(file: Path) -> None:
    file.write_text(
        PLACES + 'listen = "[::]:99"\nannounce = false\n[limits]\ncameras = 8\nspace = 2\n'
    )
    config = read(file)

    assert (config.host, config.port, config.announce) == ("::", 99, False)
    assert config.grants == Grants(cameras=8, space=2 * 10**9)
    assert read(file, "127.0.0.1:1").host == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not say folder and state"),
        ('state = "/state"\n', "does not say folder"),
        (PLACES + 'listn = "0.0.0.0:1"\n', "Nobody knows listn"),
        (PLACES + "[limits]\ncamera = 1\n", "Nobody knows camera"),
        (PLACES + "listen = 8585\n", "listen is of the wrong type"),
        (PLACES + 'announce = "yes"\n', "announce is of the wrong type"),
        (PLACES + "[limits]\ncameras = true\n", "cameras is of the wrong type"),
        (PLACES + "[limits]\ncameras = 257\n", "between 1 and 256"),
        (PLACES + "[limits]\nspace = -1\n", "not negative"),
        (PLACES + 'listen = "::1:5"\n', "no address"),
        (PLACES + 'listen = "127.0.0.1"\n', "no address"),
        (PLACES + 'listen = "127.0.0.1:65536"\n', "no address"),
        ('folder = "footage"\nstate = "/state"\n', "begin with /"),
        ('folder = "/a/b"\nstate = "/a"\n', "lies in the other"),
        ('folder = "/a"\nstate = "/a/b"\n', "lies in the other"),
        ("folder = \n", "no TOML"),
    ],
)
def test_what_is_misspelt_or_impossible_is_told(file: Path, text: str, why: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=why):
        read(file)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read(file)


@pytest.mark.parametrize(
    ("granted", "wanted", "space"), [(0, 0, 0), (0, 5, 5), (3, 0, 3), (3, 5, 3), (3, 2, 2)]
)
def test_the_smaller_limit_counts(granted: int, wanted: int, space: int) -> None:
    settings = Grants(space=granted).within(Settings(space_limit=wanted, days=7))

    assert (settings.space_limit, settings.days) == (space, 7)
