"""What wraps the engine as a service, a container and an add-on fits it, and passes its linters."""

import asyncio
from configparser import ConfigParser
import importlib.util
import json
from pathlib import Path
import re
import struct
import sys
from typing import Any

from homeassistant.util.yaml import load_yaml_dict
import pytest
import voluptuous as vol

from custom_components.nvr_hotspare.engine.config import PORT, read
from custom_components.nvr_hotspare.recorder.messages import MAX_CHANNELS
from custom_components.nvr_hotspare.recorder.program import version

ROOT = Path(__file__).parent.parent.parent
ENGINE = ROOT / "scripts" / "engine"
ADDON = ENGINE / "addon"
PARTS = {"engine", "failover", "manifest.json", "nvr", "recorder"}

OPTION = vol.Match(r"^(bool|str|port|(int|float)\((-?\d+)?,(-?\d+)?\)|list\([^)]+\))\??$")
ADDON_SCHEMA = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Required("version"): vol.Match(r"^\d+\.\d+\.\d+$"),
        vol.Required("slug"): vol.Match(r"^[-_.A-Za-z0-9]+$"),
        vol.Required("description"): str,
        vol.Required("arch"): [vol.In(["aarch64", "amd64"])],
        "url": vol.Url(),
        "startup": vol.In(["initialize", "system", "services", "application", "once"]),
        "boot": vol.In(["auto", "manual", "manual_only"]),
        "host_network": bool,
        "map": [
            {
                vol.Required("type"): vol.In(
                    ["addon_config", "backup", "data", "homeassistant_config", "media", "share"]
                ),
                "read_only": bool,
                "path": str,
            }
        ],
        "backup_exclude": [str],
        "watchdog": vol.Match(r"^(https?|tcp)://\[HOST\]:(\[PORT:\d+\]|\d+).*$"),
        "timeout": vol.All(int, vol.Range(min=10, max=300)),
        "options": {str: vol.Any(bool, int, float, str)},
        "schema": {str: OPTION},
    }
)
"""What the Supervisor takes, as far as this add-on uses it (developers.home-assistant.io, "App
configuration"). Unlike it, this refuses what is not known."""


@pytest.mark.parametrize("path", [ENGINE / "Dockerfile", ADDON / "Dockerfile"])
async def test_a_dockerfile_passes_its_linter(path: Path) -> None:
    linter = Path(sys.executable).parent / "hadolint"
    process = await asyncio.create_subprocess_exec(
        linter, "--no-color", path, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()

    assert (process.returncode, said.decode()) == (0, "")


def copied(path: Path) -> set[str]:
    """Return what a Dockerfile copies."""
    return set(re.findall(r"^COPY (\S+) ", path.read_text(), re.MULTILINE))


def test_the_container_holds_the_engine_and_what_it_imports() -> None:
    package = "custom_components/nvr_hotspare"
    found = copied(ENGINE / "Dockerfile")

    assert {each for each in found if each.startswith(package)} == {
        f"{package}/{part}" for part in PARTS
    }
    assert all((ROOT / each).exists() for each in found)
    assert f"EXPOSE {PORT}/tcp" in (ENGINE / "Dockerfile").read_text()


@pytest.mark.parametrize("name", ["engine.toml", "container.toml"])
def test_its_files_are_understood(name: str) -> None:
    assert read(ENGINE / name).port == PORT


def test_what_the_file_for_people_names_in_comments_is_understood(tmp_path: Path) -> None:
    text = (ENGINE / "engine.toml").read_text()
    file = tmp_path / "engine.toml"
    file.write_text(re.sub(r"^#(\w+ = )", r"\1", text, flags=re.MULTILINE))
    config = read(file)

    assert config.grants.cameras == 32
    assert config.grants.space == 500 * 10**9


def test_the_service_keeps_its_things_where_its_file_says() -> None:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign] # names differ by case
    unit.read(ENGINE / "nvr-hotspare-engine.service")
    config, service = read(ENGINE / "engine.toml"), unit["Service"]

    assert service["ReadWritePaths"] == unit["Unit"]["RequiresMountsFor"] == str(config.folder)
    assert f"/var/lib/{service['StateDirectory']}" == str(config.state)
    assert service["Restart"] == "always"
    assert service["ExecStart"].endswith(
        "engine/__main__.py --config /etc/nvr-hotspare/engine.toml"
    )


# The add-on


def addon() -> dict[str, Any]:
    return load_yaml_dict(str(ADDON / "config.yaml"))


def test_the_addon_says_what_the_supervisor_takes() -> None:
    ADDON_SCHEMA(addon())


@pytest.mark.parametrize(
    "wrong", [{"arch": ["i386"]}, {"startup": "late"}, {"mapp": []}, {"schema": {"a": "integer"}}]
)
def test_what_it_does_not_take_is_noticed(wrong: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        ADDON_SCHEMA(addon() | wrong)


def test_the_addon_is_of_this_version_and_on_the_engines_port() -> None:
    config = addon()

    assert config["version"] == version()
    assert f"## {version()}" in (ADDON / "CHANGELOG.md").read_text()
    assert config["watchdog"] == f"tcp://[HOST]:{PORT}"
    assert config["schema"]["cameras"] == f"int(1,{MAX_CHANNELS})"


def test_every_option_has_a_default_and_a_text() -> None:
    config = addon()
    texts = load_yaml_dict(str(ADDON / "translations" / "en.yaml"))

    assert set(config["options"]) == set(config["schema"]) == set(texts["configuration"])
    assert all(set(text) == {"name", "description"} for text in texts["configuration"].values())
    assert set(texts["network"]) == {f"{PORT}/tcp"}


def test_its_icon_is_a_square_png() -> None:
    data = (ADDON / "icon.png").read_bytes()

    assert data.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", data[16:24]) == (128, 128)


async def test_packed_it_has_all_that_its_dockerfile_copies(tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    process = await asyncio.create_subprocess_exec(ENGINE / "pack-addon", folder)
    assert await process.wait() == 0

    assert all((folder / each).exists() for each in copied(ADDON / "Dockerfile"))
    assert {path.name for path in (folder / "nvr_hotspare").iterdir()} == PARTS
    assert not list(folder.rglob("__pycache__"))
    assert {"config.yaml", "DOCS.md", "icon.png", "translations"} <= {
        path.name for path in folder.iterdir()
    }


@pytest.mark.parametrize("unpair", [False, True])
def test_its_options_become_the_engines_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, unpair: bool
) -> None:
    spec = importlib.util.spec_from_file_location("start", ADDON / "start.py")
    assert spec
    assert spec.loader
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    (tmp_path / "options.json").write_text(
        json.dumps({"cameras": 8, "space": 100, "unpair": unpair})
    )
    commands = list[list[str]]()
    monkeypatch.setattr("os.execv", lambda _, command: commands.append(command))
    start.main(str(tmp_path), str(tmp_path / "footage"))

    config = read(tmp_path / "engine.toml")
    assert (config.grants.cameras, config.grants.space) == (8, 100 * 10**9)
    assert config.folder.is_dir()
    assert ("--unpair" in commands[0]) is unpair
    assert commands[0][3:5] == ["--config", str(tmp_path / "engine.toml")]
