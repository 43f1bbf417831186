"""Messages as JSON, as the outbox keeps them: rendered at the last moment, for the channel."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from monitor.core.alert import Severity
from monitor.core.message import Message, MessageItem, What
from monitor.store.text import storable

_INSTANTS = {"started_at", "ended_at"}


def to_document(message: Message) -> dict[str, Any]:
    """Return the message as what JSON can hold."""
    return {
        "at": message.at.isoformat(),
        "items": [_item_document(item) for item in message.items],
    }


def from_document(document: Mapping[str, Any]) -> Message:
    """Return the message of a document; keys that this version does not know are left out."""
    return Message(
        at=datetime.fromisoformat(document["at"]),
        items=tuple(_item(item) for item in document["items"]),
    )


def _item_document(item: MessageItem) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for one in fields(item):
        value = getattr(item, one.name)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, str):
            value = storable(str(value))
        document[one.name] = value
    return document


def _item(document: Mapping[str, Any]) -> MessageItem:
    known: dict[str, Any] = {}
    for one in fields(MessageItem):
        if one.name not in document:
            continue
        value = document[one.name]
        if one.name in _INSTANTS and value is not None:
            value = datetime.fromisoformat(value)
        known[one.name] = value
    known["severity"] = Severity(known["severity"])
    known["what"] = What(known["what"])
    return MessageItem(**known)
