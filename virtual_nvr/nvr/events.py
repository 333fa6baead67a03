"""The Event service: what happens to the unit, by pull points (ONVIF Core, "Event handling")."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import override
from urllib.parse import parse_qs, urlsplit

from lxml.etree import _Element as Element

from .config import NvrConfig
from .faults import invalid
from .notices import CONCRETE, LAST_REBOOT, SHUTDOWN, STORAGE_FAILURE, Notice, topic_set
from .pull_points import PullPoint, PullPoints
from .service import Answer, Provider, Service, operation
from .xml import Node, element

_ONVIF = "http://www.onvif.org"
_LIFETIME = 60.0
"""Seconds for which a pull point stands if its client does not say."""
_LONGEST_WAIT = 60.0
"""Seconds for which a client may wait for a message."""


class EventService(Service):
    """Tells clients what happens."""

    prefix = "tev"
    path = "/onvif/event_service"
    version = (2, 6)

    def __init__(
        self, config: NvrConfig, now: Callable[[], datetime], storage_failed: Callable[[], bool]
    ) -> None:
        """Offer the service; `storage_failed` tells whether the unit's disk is broken."""
        self.points = PullPoints(now, config.limits.pull_points)
        self._most = config.limits.pull_points
        self._address = f"http://{config.host}:{config.http_port}{self.path}"
        self._now = now
        self._storage_failed = storage_failed
        self._begun = now()

    @override
    def capabilities(self) -> Element:
        return element(
            "tev:Capabilities",
            attributes={
                "WSSubscriptionPolicySupport": False,
                "WSPullPointSupport": True,
                "WSPausableSubscriptionManagerInterfaceSupport": False,
                "MaxPullPoints": self._most,
                "PersistentNotificationStorage": False,
            },
        )

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Events",
            element("tt:XAddr", address),
            element("tt:WSSubscriptionPolicySupport", "false"),
            element("tt:WSPullPointSupport", "true"),
            element("tt:WSPausableSubscriptionManagerInterfaceSupport", "false"),
        )

    def tell_shutdown(self) -> None:
        """Tell that the unit is about to stop, and means to."""
        self.points.put(Notice(topic=SHUTDOWN, at=self._now()))

    def tell_storage(self) -> None:
        """Tell how the disk is now."""
        self.points.put(self._storage("Changed"))

    @operation("GetEventProperties")
    def get_event_properties(self, _request: Node) -> Answer:
        """Tell which topics there are."""
        return [
            element("tev:TopicNamespaceLocation", f"{_ONVIF}/ver10/topics/topicns.xml"),
            element("wsnt:FixedTopicSet", "true"),
            topic_set(),
            element("wsnt:TopicExpressionDialect", CONCRETE),
            element(
                "tev:MessageContentFilterDialect",
                f"{_ONVIF}/ver10/tev/messageContentFilter/ItemFilter",
            ),
            element("tev:MessageContentSchemaLocation", f"{_ONVIF}/ver10/schema/onvif.xsd"),
        ]

    @operation("CreatePullPointSubscription")
    def create_pull_point_subscription(self, request: Node) -> Answer:
        """Make a pull point; its first messages are how every property is."""
        asked = request.find("tev:Filter")
        if asked and asked.children():
            raise invalid("InvalidFilterFault", "This unit tells all or nothing")
        lifetime = _lifetime(request, "tev:InitialTerminationTime")
        point = self.points.open(lifetime, [self._reboot(), self._storage("Initialized")])
        reference = element(
            "tev:SubscriptionReference",
            element("wsa:Address", f"{self._address}?subscription={point.name}"),
        )
        return [
            reference,
            element("wsnt:CurrentTime", self._now()),
            element("wsnt:TerminationTime", point.ends),
        ]

    @operation("PullMessages")
    async def pull_messages(self, request: Node) -> Answer:
        """Tell what has happened; to go on asking keeps the pull point."""
        point = pull_point(self.points, request)
        wait = min(request.seconds("tev:Timeout"), _LONGEST_WAIT)
        notices = await point.take(wait, max(1, request.integer("tev:MessageLimit")))
        self.points.extend(point, timedelta(seconds=max(wait, _LIFETIME)))
        return [
            element("tev:CurrentTime", self._now()),
            element("tev:TerminationTime", point.ends),
            *(notice.written() for notice in notices),
        ]

    def _reboot(self) -> Notice:
        begun = f"{self._begun:%Y-%m-%dT%H:%M:%SZ}"
        now = self._now()
        return Notice(topic=LAST_REBOOT, at=now, operation="Initialized", data=("Status", begun))

    def _storage(self, change: str) -> Notice:
        return Notice(
            topic=STORAGE_FAILURE,
            at=self._now(),
            operation=change,
            source=("Token", "disk-1"),
            data=("Failed", "true" if self._storage_failed() else "false"),
        )


class SubscriptionManager(Provider):
    """What pull points take over from WS-BaseNotification (section 6)."""

    prefix = "wsnt"

    def __init__(self, points: PullPoints, now: Callable[[], datetime]) -> None:
        """Manage these."""
        self._points = points
        self._now = now

    @operation("Renew")
    def renew(self, request: Node) -> Answer:
        """Let a pull point stand for longer."""
        point = pull_point(self._points, request)
        self._points.extend(point, _lifetime(request, "wsnt:TerminationTime"))
        return [
            element("wsnt:TerminationTime", point.ends),
            element("wsnt:CurrentTime", self._now()),
        ]

    @operation("Unsubscribe")
    def unsubscribe(self, request: Node) -> Answer:
        """Take a pull point away."""
        self._points.close(pull_point(self._points, request))
        return []


def pull_point(points: PullPoints, request: Node) -> PullPoint:
    """Return the pull point at whose address a request came in; a fault where there is none."""
    names = parse_qs(urlsplit(request.target).query).get("subscription", [""])
    return points.find(names[0])


def _lifetime(request: Node, name: str) -> timedelta:
    """Return how long a client wants a pull point to stand; only durations are understood."""
    given = request.find(name) is not None
    return timedelta(seconds=request.seconds(name) if given else _LIFETIME)
