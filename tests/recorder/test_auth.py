"""Digest and Basic: against the examples of the RFCs, and our two sides against each other."""

import base64

import pytest

from custom_components.nvr_hotspare.recorder import auth
from custom_components.nvr_hotspare.recorder.auth import Authenticator, Guard, Verdict

URI = "rtsp://camera/main"


def _login(guard: Guard, account: tuple[str, str] = ("admin", "pass")) -> str:
    authenticator = Authenticator(*account)
    assert authenticator.accept(guard.challenges())
    authorization = authenticator.authorization("DESCRIBE", URI)
    assert authorization
    return authorization


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_of_the_rfc(monkeypatch: pytest.MonkeyPatch, algorithm: str, response: str) -> None:
    # RFC 7616, section 3.9.1
    monkeypatch.setattr(
        "secrets.token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    )
    authenticator = Authenticator("Mufasa", "Circle of Life")
    challenge = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert authenticator.accept([challenge])

    authorization = authenticator.authorization("GET", "/dir/index.html")

    assert authorization
    assert f'response="{response}"' in authorization
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in authorization
    assert "nc=00000001" in authorization


def test_digest_without_qop_as_most_cameras_ask_for_it() -> None:
    # RFC 2069, section 2.4 with the response of its erratum 749
    authenticator = Authenticator("Mufasa", "CircleOfLife")
    assert authenticator.accept(
        ['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"']
    )

    authorization = authenticator.authorization("GET", "/dir/index.html")

    assert authorization
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in authorization
    assert "qop" not in authorization
    assert "algorithm" not in authorization


@pytest.mark.parametrize(
    ("challenges", "expected"),
    [
        (['Basic realm="c"', 'Digest realm="c", nonce="n"'], "Digest"),
        (['Digest realm="c", nonce="n"', 'Digest realm="c", nonce="n", algorithm=SHA-256'], "SHA"),
        (['Basic realm="c", Digest realm="c", nonce="n", algorithm="SHA-256"'], "SHA"),
        (['Digest realm="c", nonce="n", algorithm=SHA-512-256', 'Basic realm="c"'], "Basic"),
        (['Digest realm="c", nonce="n", qop="auth-int"', "Basic"], "Basic"),
        (['NTLM, Digest realm="a, b=\\"c\\"", nonce="n"'], 'realm="a, b=\\"c\\""'),
    ],
)
def test_the_strongest_challenge_is_answered(challenges: list[str], expected: str) -> None:
    authenticator = Authenticator("admin", "pass")

    assert authenticator.accept(challenges)
    assert expected in (authenticator.authorization("PLAY", URI) or "")


@pytest.mark.parametrize("challenge", ["", "NTLM", 'Digest realm="c", algorithm=MD6', "=,=,", '"'])
def test_a_challenge_that_cannot_be_answered(challenge: str) -> None:
    authenticator = Authenticator("admin", "pass")

    assert not authenticator.accept([challenge])
    assert authenticator.authorization("PLAY", URI) is None


@pytest.mark.parametrize(
    "guard",
    [
        pytest.param(Guard("nvr", {"admin": "pass"}), id="both"),
        pytest.param(Guard("nvr", {"admin": "pass"}, algorithms=["MD5"]), id="md5"),
        pytest.param(Guard('a "b" \\c', {"admin": "pass"}, algorithms=["SHA-256"]), id="sha-256"),
        pytest.param(Guard("nvr", {"admin": "pass"}, algorithms=[], basic=True), id="basic"),
    ],
)
def test_guard_lets_in_who_knows_the_password(guard: Guard) -> None:
    assert guard.verify(None, "DESCRIBE", URI) is Verdict.MISSING
    assert guard.verify(_login(guard), "DESCRIBE", URI) is Verdict.ACCEPTED
    assert guard.verify(_login(guard, ("admin", "wrong")), "DESCRIBE", URI) is Verdict.REJECTED
    assert guard.verify(_login(guard, ("root", "pass")), "DESCRIBE", URI) is Verdict.REJECTED


def test_an_answer_holds_for_its_method_and_stream_only() -> None:
    guard = Guard("nvr", {"admin": "pass"})
    answer = _login(guard)

    assert guard.verify(answer, "DESCRIBE", URI + "/track1") is Verdict.ACCEPTED
    assert guard.verify(answer, "PLAY", URI) is Verdict.REJECTED
    assert guard.verify(answer, "DESCRIBE", URI + "2") is Verdict.REJECTED


def test_umlauts_and_quotes_in_an_account() -> None:
    guard = Guard("nvr", {'jürgen "j" \\': "pässwörd:"}, basic=True)

    answer = _login(guard, ('jürgen "j" \\', "pässwörd:"))

    assert guard.verify(answer, "DESCRIBE", URI) is Verdict.ACCEPTED


def test_an_aged_nonce_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard("nvr", {"admin": "pass"})
    answer = _login(guard)
    monkeypatch.setattr(auth, "_NONCE_LIFETIME", 0.0)

    assert guard.verify(answer, "DESCRIBE", URI) is Verdict.STALE
    authenticator = Authenticator("admin", "pass")
    assert authenticator.accept(guard.challenges(stale=True))
    assert authenticator.stale


def test_a_nonce_of_another_guard_is_stale() -> None:
    answer = _login(Guard("nvr", {"admin": "pass"}))

    assert Guard("nvr", {"admin": "pass"}).verify(answer, "DESCRIBE", URI) is Verdict.STALE


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Digest",
        'Digest username="admin"',
        "Bearer x",
        "Basic " + base64.b64encode(b"admin:pass").decode(),
        "Basic \xff",
    ],
)
def test_nonsense_is_rejected(authorization: str) -> None:
    assert Guard("nvr", {"admin": "pass"}).verify(authorization, "PLAY", URI) is Verdict.REJECTED


@pytest.mark.parametrize("encoded", ["\xff", "/w==", "YWRtaW4=", "!"])
def test_broken_basic_is_rejected(encoded: str) -> None:
    guard = Guard("nvr", {"admin": "pass"}, basic=True)

    assert guard.verify(f"Basic {encoded}", "PLAY", URI) is Verdict.REJECTED
