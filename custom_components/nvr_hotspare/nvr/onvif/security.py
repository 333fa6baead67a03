"""WS-UsernameToken with a password digest (OASIS WSS UsernameToken Profile 1.0, section 3)."""

import base64
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import hashlib
import os
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from ..model import Credentials
from .soap import SOAP_12

_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSSE: Final = f"{_OASIS}wssecurity-secext-1.0.xsd"
_WSU: Final = f"{_OASIS}wssecurity-utility-1.0.xsd"


def with_token(envelope: Element, credentials: Credentials, clock_offset: float) -> Element:
    """Return a copy of a request that carries a new token.

    Args:
        envelope: A request, with or without a header.
        credentials: The account.
        clock_offset: The unit's clock minus ours in seconds: a unit takes only tokens that
            are a few seconds old.
    """
    nonce = os.urandom(16)
    # Some units reject the equivalent "+00:00".
    now = datetime.now(UTC) + timedelta(seconds=clock_offset)
    created = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"
    digest = hashlib.sha1(
        nonce + created.encode() + credentials.password.encode(), usedforsecurity=False
    ).digest()

    signed = deepcopy(envelope)
    header = signed.find(f"{{{SOAP_12}}}Header")
    if header is None:
        header = etree.Element(f"{{{SOAP_12}}}Header")
        signed.insert(0, header)
    security = etree.SubElement(header, f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE, "wsu": _WSU})
    token = etree.SubElement(security, f"{{{_WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{_WSSE}}}Username").text = credentials.username
    password = etree.SubElement(token, f"{{{_WSSE}}}Password")
    password.set("Type", f"{_OASIS}username-token-profile-1.0#PasswordDigest")
    password.text = base64.b64encode(digest).decode()
    sent_nonce = etree.SubElement(token, f"{{{_WSSE}}}Nonce")
    sent_nonce.set("EncodingType", f"{_OASIS}soap-message-security-1.0#Base64Binary")
    sent_nonce.text = base64.b64encode(nonce).decode()
    etree.SubElement(token, f"{{{_WSU}}}Created").text = created
    return signed
