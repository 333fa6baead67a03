"""What the unit tells as it happens, and how that is written (ONVIF Core, "Event handling")."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from .xml import NAMESPACES, Content, element, qualified

SHUTDOWN: Final = "tns1:Device/OperationMode/ShutdownInitiated"
STORAGE_FAILURE: Final = "tns1:Device/HardwareFailure/StorageFailure"
LAST_REBOOT: Final = "tns1:Monitoring/OperatingTime/LastReboot"
TOPICS: Final = (SHUTDOWN, STORAGE_FAILURE, LAST_REBOOT)

CONCRETE: Final = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message; of a property where `operation` is given."""

    topic: str
    at: datetime
    operation: str = ""
    source: tuple[str, str] | None = None
    data: tuple[str, str] | None = None

    def written(self) -> Element:
        """Return it as a client gets it."""
        attributes: dict[str, Content] = {"UtcTime": self.at}
        if self.operation:
            attributes["PropertyOperation"] = self.operation
        parts = (
            element(f"tt:{name}", _item(*item))
            for name, item in (("Source", self.source), ("Data", self.data))
            if item
        )
        content = element("tt:Message", *parts, attributes=attributes)
        # The text needs a prefix that no name in the element does.
        namespaces = {prefix: NAMESPACES[prefix] for prefix in ("wsnt", "tns1")}
        topic = etree.Element(qualified("wsnt:Topic"), Dialect=CONCRETE, nsmap=namespaces)
        topic.text = self.topic
        return element("wsnt:NotificationMessage", topic, element("wsnt:Message", content))


def topic_set() -> Element:
    """Return all topics as the tree that GetEventProperties tells (WS-Topics 1.3, section 7)."""
    told = element("wstop:TopicSet")
    for topic in TOPICS:
        place = told
        for name in topic.split("/"):
            tag = qualified(name) if ":" in name else name
            found = place.find(tag)
            place = etree.SubElement(place, tag) if found is None else found
        place.set(qualified("wstop:topic"), "true")
    return told


def _item(name: str, value: str) -> Element:
    return element("tt:SimpleItem", attributes={"Name": name, "Value": value})
