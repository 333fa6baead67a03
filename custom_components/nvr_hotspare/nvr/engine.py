"""A hot-spare engine on another machine, which is paired with this group and with no other."""

from typing import override

from ..recorder.client import EngineClient
from ..recorder.giving.model import Replay
from ..recorder.messages import Unpair
from ..recorder.orders import Settings
from ..recorder.remote.caller import Caller
from ..recorder.remote.proof import footage_password
from ..recorder.remote.talk import FOOTAGE_PATH, FOOTAGE_USER, Pairing
from .engine_places import channel_of
from .engine_spare import CAPACITY, EngineSpare
from .errors import UnitRequestError
from .model import Endpoint, Heartbeat


class RemoteEngine(EngineSpare):
    """The driver. How many cameras it takes at the same time, the engine says itself.

    An engine that does not let us in, because it was unpaired or is another one, raises
    `UnitCredentialsError`: pairing it again helps.
    """

    model = "Engine on another machine"

    def __init__(self, unit: str, endpoint: Endpoint, pairing: Pairing, settings: Settings) -> None:
        """Make a driver.

        Args:
            unit: The serial that it identifies itself by.
            endpoint: Where the engine listens.
            pairing: What it and this group share (`recorder.remote.visit.pair`).
            settings: How to stand by, and how much to keep.
        """
        super().__init__(unit, settings)
        self._endpoint = endpoint
        self._pairing = pairing
        self._caller = Caller(
            endpoint.host,
            endpoint.port,
            pairing,
            on_attached=self._hand_over,
            on_report=self._take,
        )

    @property
    @override
    def _attendant(self) -> Caller:
        return self._caller

    async def unpair(self) -> None:
        """Have the engine forget this group and all orders; its footage stays. Errors as of `ask`.

        It may be paired with another group then, which does not see that footage.
        """
        await self.ask(lambda engine: engine.request(Unpair()))

    @override
    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        answered = await super().heartbeat(fresh=fresh)
        return Heartbeat(round_trip=answered.round_trip, clock_offset=None)

    @override
    async def replay(self, key: str) -> Replay:
        place = (await self.places()).get(key)
        if place is None or not place.holds_footage:
            raise UnitRequestError("The engine has no footage of that camera")
        host, port = self._endpoint.host, self._endpoint.port
        address = f"[{host}]" if ":" in host else host
        return Replay(
            uri=f"rtsps://{address}:{port}{FOOTAGE_PATH}/{channel_of(key)}",
            username=FOOTAGE_USER,
            password=footage_password(self._pairing.key),
            fingerprint=self._pairing.fingerprint,
        )

    @override
    async def _hand_over(self, engine: EngineClient) -> None:
        self._capacity = engine.welcome.cameras or CAPACITY
        await super()._hand_over(engine)
