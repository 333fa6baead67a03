"""Files with passwords."""

from pathlib import Path

import pytest

from virtual_nvr.private import Credentials, CredentialsError, read_credentials


def store(tmp_path: Path, content: str, mode: int = 0o600) -> Path:
    path = tmp_path / "credentials.json"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_credentials_are_read_and_never_shown(tmp_path: Path) -> None:
    path = store(tmp_path, '{"username": "viewer", "password": "cellar-door"}')
    credentials = read_credentials(path)
    assert credentials == Credentials("viewer", "cellar-door")
    assert "cellar-door" not in repr(credentials)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = store(tmp_path, '{"username": "viewer", "password": "cellar-door"}', mode)
    with pytest.raises(CredentialsError, match="chmod"):
        read_credentials(path)


@pytest.mark.parametrize(
    "content",
    ["", "cellar-door", '{"password": "cellar-door"}', '["cellar-door"]', "\udcff cellar-door"],
)
def test_an_error_does_not_quote_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(CredentialsError) as caught:
        read_credentials(path)
    assert "cellar" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"nowhere\.json"):
        read_credentials(tmp_path / "nowhere.json")
