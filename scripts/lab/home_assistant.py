"""A real Home Assistant: started, onboarded, and driven the way its frontend does."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
import contextlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from .processes import ROOT, Program, ProgramError

USER = "demo"
PASSWORD = "hot-spare"  # noqa: S105 - printed on the screen for everyone to use
START_WITHIN = 240.0
HASS = ("-m", "homeassistant")
"""What Python is told to run."""

_CONFIGURATION = """\
homeassistant:
  name: Site
  country: NL
frontend:
history:
logbook:
automation: !include automations.yaml
logger:
  default: warning
  logs:
    custom_components.nvr_hotspare: debug
"""


class HomeAssistantError(RuntimeError):
    """Home Assistant refused what was asked of it."""


class HomeAssistant:
    """The `hass` process, and a client of its HTTP and websocket interfaces."""

    def __init__(
        self, config: Path, port: int, host: str = "127.0.0.1", *, hass: Sequence[str] = HASS
    ) -> None:
        self.url = f"http://{host}:{port}"
        self.config = config
        self._host, self._port = [host], port
        arguments = [*hass, "-c", str(config), "--skip-pip", "--log-no-color"]
        self.program = Program(
            "Home Assistant", arguments, config / "hass.out", {"SETUP_PORT": str(port)}
        )
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self.socket: WebSocket | None = None

    async def start(self) -> None:
        """Start it and, the first time, create its user; then connect to it."""
        first = not (self.config / "configuration.yaml").exists()
        if first:
            self._write_configuration()
        if await self._answers():
            message = f"{self.url} is in use; stop what runs there first"
            raise ProgramError(message)
        await self.program.start()
        async with asyncio.timeout(START_WITHIN):
            while not await self._answers():
                if not self.program.alive:
                    message = f"Home Assistant did not start; see {self.config / 'hass.out'}"
                    raise ProgramError(message)
                await asyncio.sleep(0.1)
        if first:
            await self._onboard()
        self.socket = await WebSocket.connect(self._client(), self.url, self._token)
        async with asyncio.timeout(START_WITHIN):
            while (await self.call("get_config"))["state"] != "RUNNING":
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Disconnect, and let Home Assistant end in peace."""
        await self.disconnect()
        await self.program.stop()

    async def disconnect(self) -> None:
        """Close the connections, whatever Home Assistant is doing."""
        if self.socket is not None:
            await self.socket.close()
            self.socket = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, kind: str, **arguments: Any) -> Any:
        """Make one websocket call and return its result."""
        if self.socket is None:
            message = "not connected to Home Assistant"
            raise HomeAssistantError(message)
        return await self.socket.call(kind, **arguments)

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """Make one HTTP request and return its JSON.

        Raises:
            HomeAssistantError: The answer is not a success; the text is Home Assistant's.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._client().request(
            method, self.url + path, json=body, headers=headers
        ) as response:
            if response.status >= 300:  # noqa: PLR2004 - any HTTP failure
                message = f"{method} {path}: {response.status} {await response.text()}"
                raise HomeAssistantError(message)
            return await response.json()

    async def fetch(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of what is at a path that needs no token."""
        async with self._client().get(self.url + path) as response:
            return response.status, await response.read()

    async def flow(self, path: str, handler: object, *answers: dict[str, Any]) -> dict[str, Any]:
        """Answer a flow's forms one after another; returns its last step."""
        step: dict[str, Any] = await self.request("POST", path, {"handler": handler})
        return await self.go_on(path, step["flow_id"], *answers) if answers else step

    async def go_on(self, path: str, flow_id: str, *answers: dict[str, Any]) -> dict[str, Any]:
        """Answer the forms of a flow that is under way; returns its last step."""
        step: dict[str, Any] = {}
        for answer in answers:
            step = await self.request("POST", f"{path}/{flow_id}", answer)
            if step.get("step_id") == "driver":  # the one that was found will do
                found = {it["name"]: it["description"] for it in step["data_schema"]}
                chosen = {"driver": found["driver"]["suggested_value"]}
                step = await self.request("POST", f"{path}/{flow_id}", chosen)
        return step

    @property
    def token(self) -> str:
        """The long-lived access token of the demo's user."""
        return self._token

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90))
        return self._session

    async def _answers(self) -> bool:
        try:
            async with self._client().get(self.url + "/manifest.json") as response:
                return response.ok
        except aiohttp.ClientError:
            return False

    def _write_configuration(self) -> None:
        storage = self.config / ".storage"
        storage.mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(_CONFIGURATION)
        (self.config / "automations.yaml").write_text("[]\n")
        (self.config / "custom_components").symlink_to(ROOT / "custom_components")
        # YAML would be on trial only, and reverted after five minutes.
        _store(storage, "http", 1, {"server_host": self._host, "server_port": self._port})
        # These steps would set up integrations that ask for things on the Internet.
        _store(storage, "onboarding", 4, {"done": ["core_config", "analytics"]})

    async def _onboard(self) -> None:
        client = self.url + "/"
        user = {"client_id": client, "name": USER, "username": USER, "password": PASSWORD}
        created = await self.request("POST", "/api/onboarding/users", {**user, "language": "en"})
        form = aiohttp.FormData(
            {"grant_type": "authorization_code", "client_id": client, "code": created["auth_code"]}
        )
        async with self._client().post(self.url + "/auth/token", data=form) as response:
            self._token = (await response.json())["access_token"]
        integration = {"client_id": client, "redirect_uri": client}
        await self.request("POST", "/api/onboarding/integration", integration)
        socket = await WebSocket.connect(self._client(), self.url, self._token)
        self._token = await socket.call(
            "auth/long_lived_access_token", lifespan=1, client_name="site"
        )
        await socket.close()


def _store(folder: Path, key: str, version: int, data: dict[str, Any]) -> None:
    """Write what an integration of Home Assistant itself would have stored."""
    store = {"version": version, "minor_version": 1, "key": key, "data": data}
    (folder / key).write_text(json.dumps(store))


class WebSocket:
    """Home Assistant's websocket, with any number of calls and subscriptions at a time."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[int, Callable[[Any], None]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, session: aiohttp.ClientSession, url: str, token: str) -> Self:
        """Connect and authenticate."""
        socket = await session.ws_connect(url + "/api/websocket", max_msg_size=0)
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            message = f"Home Assistant did not accept the token: {answer}"
            raise HomeAssistantError(message)
        return cls(socket)

    async def close(self) -> None:
        """Disconnect."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def call(self, kind: str, **arguments: Any) -> Any:
        """Send a command and return its result."""
        return await self._send({"type": kind, **arguments})

    async def subscribe(self, listener: Callable[[Any], None], kind: str, **arguments: Any) -> None:
        """Have the listener called with each event of a subscription."""
        await self._send({"type": kind, **arguments}, listener)

    async def _send(
        self, message: dict[str, Any], listener: Callable[[Any], None] | None = None
    ) -> Any:
        self._last_id += 1
        number = self._last_id
        if listener is not None:
            self._listeners[number] = listener
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, **message})
        return await future

    async def _read(self) -> None:
        async for message in self._socket:
            data = message.json()
            if data["type"] == "event":
                if listener := self._listeners.get(data["id"]):
                    listener(data["event"])
            elif future := self._waiting.pop(data.get("id"), None):
                if data["success"]:
                    future.set_result(data["result"])
                else:
                    future.set_exception(HomeAssistantError(data["error"]["message"]))
        for future in self._waiting.values():
            future.set_exception(HomeAssistantError("the connection ended"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


@contextlib.asynccontextmanager
async def running(
    config: Path, port: int, *, hass: Sequence[str] = HASS
) -> AsyncGenerator[HomeAssistant]:
    """Home Assistant for as long as the block runs."""
    home = HomeAssistant(config, port, hass=hass)
    try:
        await home.start()
        yield home
    finally:
        await home.stop()
