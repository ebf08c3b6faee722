"""Writes `docs/messages.md`: `python -m recdial.contracts_doc > docs/messages.md`."""

from __future__ import annotations

import inspect
import sys

from pydantic import BaseModel

from recdial.contracts import ACCEPTED_VERSIONS, SCHEMA_VERSION, TOPICS, Canary, Message
from recdial.domain import (
    AdapterRef,
    ChatMessage,
    Interaction,
    ItemFacts,
    Reason,
    SamplingParams,
    UserProfile,
)

_HEAD = """\
# Messages

Generated from `recdial/contracts.py` by `python -m recdial.contracts_doc`; do not edit by hand.

Every message is JSON on the topic exchange `recdial`; its routing key is the topic. Each consuming
service has one queue for each topic, `<service>.<topic>`, with the dead letters in
`<service>.<topic>.dead`. Schema version {version}; consumers accept {accepted}. A body that does
not fit its contract goes to the dead letters with the validation error.

## The envelope

Carried by every message.

{envelope}
"""

_TOPIC = """\
## `{topic}`

{doc}

{producers} → {consumers}

{fields}
"""

_VALUE = """\
## {name}

{doc}

{fields}
"""

VALUES: tuple[type[BaseModel], ...] = (
    UserProfile,
    Interaction,
    ItemFacts,
    ChatMessage,
    SamplingParams,
    AdapterRef,
    Reason,
    Canary,
)


def messages_page() -> str:
    """The page, as Markdown."""
    parts = [
        _HEAD.format(
            version=SCHEMA_VERSION,
            accepted=" and ".join(str(version) for version in ACCEPTED_VERSIONS),
            envelope=_fields(Message, own=set(Message.model_fields)),
        )
    ]
    parts += [_topic(message) for message in TOPICS]
    parts.append("# Values in messages\n")
    parts += [
        _VALUE.format(
            name=value.__name__,
            doc=inspect.cleandoc(value.__doc__ or ""),
            fields=_fields(value, set(value.model_fields)),
        )
        for value in VALUES
    ]
    return "\n".join(parts)


def _topic(message: type[Message]) -> str:
    own = set(message.model_fields) - set(Message.model_fields)
    return _TOPIC.format(
        topic=message.topic,
        doc=inspect.cleandoc(message.__doc__ or ""),
        producers=", ".join(message.producers),
        consumers=", ".join(message.consumers) or "(whoever listens)",
        fields=_fields(message, own) if own else "No fields of its own.",
    )


def _fields(message: type[BaseModel], own: set[str]) -> str:
    lines = ["| field | type | required | meaning |", "| --- | --- | --- | --- |"]
    for name, field in message.model_fields.items():
        if name in own:
            required = "yes" if field.is_required() else "no"
            kind = _type_name(field.annotation)
            lines.append(f"| `{name}` | {kind} | {required} | {field.description or ''} |")
    return "\n".join(lines)


def _type_name(annotation: object) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    for module in ("recdial.domain.", "recdial.contracts.", "uuid.", "datetime.", "typing."):
        name = name.replace(module, "")
    return "`" + name.replace("|", "\\|") + "`"


if __name__ == "__main__":
    sys.stdout.write(messages_page())
