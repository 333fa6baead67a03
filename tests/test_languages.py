"""Every language says all that English says, with the same things put in."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import load_yaml_dict
import pytest

ROOT = Path(__file__).parent.parent
TEXTS = ROOT / "custom_components" / "nvr_hotspare" / "translations"
ADDON = ROOT / "scripts" / "engine" / "addon" / "translations"
LANGUAGES = ("de", "es", "fr", "pl", "pt-BR", "tr", "zh-Hans")

_PUT_IN = re.compile(r"\{\w+\}|`[^`]+`")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    else:
        yield path, value


def read(language: str) -> dict[str, str]:
    return dict(leaves(json.loads((TEXTS / f"{language}.json").read_text())))


def test_these_are_the_languages() -> None:
    languages = {"en", *LANGUAGES}
    assert {path.stem for path in TEXTS.iterdir()} == languages
    assert {path.stem for path in ADDON.iterdir()} == languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_every_text(language: str) -> None:
    assert list(read(language)) == list(read("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_is_put_into_its_texts(language: str) -> None:
    english, texts = read("en"), read(language)
    for key, text in texts.items():
        assert set(_PUT_IN.findall(text)) == set(_PUT_IN.findall(english[key])), key
        assert text.count("\n") == english[key].count("\n"), key
        assert text == text.strip() != "", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_longer_texts_are_not_english(language: str) -> None:
    english, texts = read("en"), read(language)
    same = {key: _PUT_IN.sub("", text) for key, text in texts.items() if text == english[key]}
    assert not {key for key, text in same.items() if len(text) > 24}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_addon_speaks_it(language: str) -> None:
    english, texts = (
        dict(leaves(load_yaml_dict(str(ADDON / f"{it}.yaml")))) for it in ("en", language)
    )
    assert list(texts) == list(english)
    assert not {key for key, text in texts.items() if text == english[key] and len(text) > 12}
