"""Imports only ever point down, and the lower layers stand by themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "nvr_hotspare"
NAME = "custom_components.nvr_hotspare"

MAY_USE = {
    "failover": set[str](),
    "recorder": set[str](),
    # The drivers speak the decisions' words for what a channel does, and share the engine's
    # sources and Digest.
    "nvr": {"recorder", "failover.model"},
    # Decides by itself while Home Assistant is away.
    "engine": {"recorder", "nvr", "failover"},
}
LOWER = [path for layer in MAY_USE for path in sorted((PACKAGE / layer).rglob("*.py"))]
GLUE = sorted(set(PACKAGE.rglob("*.py")) - set(LOWER))
VIRTUAL = sorted((ROOT / "virtual_nvr").rglob("*.py"))


def dotted(path: Path, base: Path) -> str:
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports, by full name, and whether it does so relatively."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                yield from ((name.name, False) for name in names)
            case ast.ImportFrom(module, names, 0):
                yield from ((f"{module}.{name.name}", False) for name in names)
            case ast.ImportFrom(module, names, level):
                base = package[: len(package) - (level or 1) + 1] + ([module] if module else [])
                yield from ((".".join([*base, name.name]), True) for name in names)


def ids(path: Path) -> str:
    return dotted(path, ROOT)


def test_there_is_something_to_look_at() -> None:
    assert {path.relative_to(PACKAGE).parts[0] for path in LOWER} == set(MAY_USE)
    assert GLUE
    assert VIRTUAL


@pytest.mark.parametrize("path", LOWER, ids=ids)
def test_a_lower_layer_imports_only_downwards(path: Path) -> None:
    layer = path.relative_to(PACKAGE).parts[0]
    allowed = {layer, *MAY_USE[layer]}
    for name, relative in imports(path):
        assert not name.startswith("homeassistant"), name
        assert not name.startswith(("custom_components", "virtual_nvr", "tests")) or relative, name
        if relative:
            inner = name.removeprefix(f"{NAME}.")
            assert inner != name, f"{name} leaves the package"
            assert any(f"{inner}.".startswith(f"{it}.") for it in allowed), name


@pytest.mark.parametrize("path", VIRTUAL, ids=ids)
def test_the_virtual_recorders_are_built_on_the_engine_alone(path: Path) -> None:
    for name, _ in imports(path):
        assert not name.startswith(("homeassistant", "tests", "scripts")), name
        if name.startswith(NAME) and name != NAME:
            assert name.startswith(f"{NAME}.recorder"), name


@pytest.mark.parametrize("path", GLUE, ids=ids)
def test_the_glue_imports_its_own_package_relatively(path: Path) -> None:
    for name, relative in imports(path):
        assert relative or not name.startswith(("custom_components", "virtual_nvr")), name


def test_no_module_of_the_glue_imports_itself_through_others() -> None:
    modules = {dotted(path, ROOT): path for path in GLUE if path.name != "__init__.py"}
    uses = {
        module: {
            used
            for name, _ in imports(path)
            for used in (name, name.rpartition(".")[0])
            if used in modules
        }
        for module, path in modules.items()
    }

    def follow(trail: list[str]) -> None:
        for used in uses[trail[-1]]:
            assert used not in trail, " -> ".join([*trail, used])
            follow([*trail, used])

    for module in modules:
        follow([module])


def test_folders_of_the_glue_do_nothing_when_they_are_imported() -> None:
    for path in GLUE:
        if path.name == "__init__.py" and path.parent != PACKAGE:
            (docstring,) = ast.parse(path.read_text()).body
            assert isinstance(docstring, ast.Expr), path


def test_modules_stay_small() -> None:
    long = {
        ids(path): lines
        for path in [*LOWER, *GLUE, *VIRTUAL]
        if (lines := len(path.read_text().splitlines())) > 450
    }
    assert not long
