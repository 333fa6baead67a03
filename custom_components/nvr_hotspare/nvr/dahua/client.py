"""Requests of the API, and what an answer means before anybody looks at what it says.

Orders of the CGI stand in the query, passwords of cameras among them where the firmware has no
JSON API: no address is ever shown, in an error or a log.
"""

from collections.abc import Mapping
from http import HTTPStatus
import json
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from ..account import AccountClient
from ..errors import (
    UnitCredentialsError,
    UnitError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..http import Answer
from ..model import Credentials, Endpoint, Heartbeat
from ..untrusted import parse_json
from .table import Table, is_ok, read_table, said

_LACKING: Final = {
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
}
_JSON_LACKING: Final = {*_LACKING, HTTPStatus.BAD_REQUEST}
"""Firmwares without the JSON API answer 400, 404 or 501 to whatever is posted."""
_LOCKED: Final = 1800.0
"""Seconds for which an account is closed after a few wrong passwords, four as a rule."""
_PLAIN: Final = ":[]"
"""Characters that stand as they are in keys and values: firmwares compare these undecoded."""

HEARTBEAT: Final = "/cgi-bin/global.cgi?action=getCurrentTime"


class DahuaClient:
    """One unit's API as one account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeout: float,
    ) -> None:
        """Make one; arguments and errors as of `AccountClient`."""
        self.endpoint = endpoint
        self.credentials = credentials
        self.account = AccountClient(
            session, endpoint, credentials, timeout=timeout, locked=_locked_for
        )
        self._has_json: bool | None = None

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life, without credentials: that it wants some is one.

        Raises:
            UnitUnreachableError: Nothing answers; a `UnitRefusedError` if refused.
            UnitProtocolError: Something answers that is no such unit.
        """
        heartbeat, answer = await self.account.heartbeat(HEARTBEAT, fresh=fresh)
        if not _is_life(answer):
            text = f"Something answers, but no such recorder (HTTP {answer.status})"
            raise UnitProtocolError(text)
        return heartbeat

    async def table(self, page: str, action: str, **query: str) -> Table:
        """Ask for something of a page of the CGI; keys that are no names go by `pairs`.

        Raises:
            UnitUnsupportedError: There is no such page.
            UnitRequestError: It would not tell.
            UnitError: As `AccountClient.ask`.
        """
        return read_table((await self._get(page, action, query)).body)

    async def order(self, page: str, action: str, pairs: Mapping[str, str]) -> None:
        """Have a page of the CGI do something.

        Raises:
            UnitRequestError: It would not.
            UnitError: As `table`.
        """
        answer = await self._get(page, action, pairs)
        if not is_ok(answer.body):
            raise UnitRequestError(said(answer.body.decode(errors="replace")))

    async def config(self, name: str) -> Table:
        """Return a table of settings, without what all its keys begin with.

        Raises:
            UnitProtocolError: The answer is another table, or none.
            UnitError: As `table`.
        """
        told = await self.table("configManager", "getConfig", name=name)
        prefix = f"table.{name}"
        if told and not any(key.startswith(prefix) for key in told):
            raise UnitProtocolError(f"The answer is no table of {name}")
        return {key.removeprefix("table."): value for key, value in told.items()}

    async def configure(self, pairs: Mapping[str, str]) -> None:
        """Change settings, all or none.

        Its own words about a refusal are not repeated: they may hold what was sent.

        Raises:
            UnitError: As `order`.
        """
        try:
            await self.order("configManager", "setConfig", pairs)
        except UnitRequestError:
            raise UnitRequestError("The recorder did not take the settings") from None

    async def post(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a method of the JSON API, such as "recordManager/getStateAll".

        Raises:
            UnitUnsupportedError: The firmware lacks it.
            UnitError: As `AccountClient.ask`.
        """
        answer = await self.account.ask(
            "POST",
            f"/cgi-bin/api/{method}",
            json.dumps(body).encode(),
            content_type="application/json",
        )
        if answer.status in _JSON_LACKING:
            raise UnitUnsupportedError("The firmware lacks this part of the JSON API")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}:
            raise UnitRequestError(f"The recorder would not do it (HTTP {answer.status})")
        return parse_json(_checked(answer).body)

    async def has_json(self) -> bool:
        """Find out whether the firmware has the JSON API, by something that changes nothing.

        Raises:
            UnitError: As `AccountClient.ask`.
        """
        if self._has_json is None:
            try:
                told = await self.post(
                    "LogicDeviceManager/getCameraState", {"uniqueChannels": [-1]}
                )
            except UnitUnsupportedError, UnitRequestError, UnitProtocolError:
                self._has_json = False
            else:
                self._has_json = isinstance(told.get("states"), list)
        return self._has_json

    async def _get(self, page: str, action: str, query: Mapping[str, str]) -> Answer:
        return _checked(await self.account.ask("GET", address(page, action, query)))


def address(page: str, action: str, query: Mapping[str, str]) -> URL:
    """Return where something is asked. A space is %20: a plus would be taken for a plus."""
    pairs = {"action": action, **query}
    text = "&".join(f"{quote(key, _PLAIN)}={quote(value, _PLAIN)}" for key, value in pairs.items())
    return URL(f"/cgi-bin/{page}.cgi?{text}", encoded=True)


def _is_life(answer: Answer) -> bool:
    """Whether an answer is one of such a recorder, which as a rule wants to know who asks."""
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return any(it.lower().startswith("digest") for it in answer.challenges)
        case HTTPStatus.FORBIDDEN:  # it has locked an account
            return True
        case HTTPStatus.OK:
            return answer.body.startswith(b"result=")
        case _:
            return False


def _checked(answer: Answer) -> Answer:
    """Return an answer of a request that was carried out."""
    if answer.status == HTTPStatus.OK:
        return answer
    raise _failure(answer)


def _failure(answer: Answer) -> UnitError:
    if answer.status == HTTPStatus.FORBIDDEN:
        return UnitCredentialsError("It forbids this to the account, or has locked it (HTTP 403)")
    if answer.status in _LACKING:
        return UnitUnsupportedError("It has no such page")
    return UnitRequestError(f"{said(answer.body.decode(errors='replace'))} (HTTP {answer.status})")


def _locked_for(answer: Answer) -> float:
    """Return for how long a unit has locked the account, 0 if it does not say that it has."""
    if answer.status == HTTPStatus.FORBIDDEN and b"lock" in answer.body.lower():
        return _LOCKED
    return 0.0
