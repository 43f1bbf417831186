"""Damage to an answer as a whole: its bytes and its envelope."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.acceptance.fuzz_rows import Entity
from tests.acceptance.fuzz_values import Token

Draw = random.Random
Change = Callable[[Draw, Entity, object], bytes]


@dataclass(frozen=True, slots=True)
class Whole:
    """`is_read`: it says what it said before, and is to be read. `loses`: its rows are gone."""

    name: str
    change: Change
    is_read: bool = False
    loses: bool = False


def encoded(body: object) -> bytes:
    """Return JSON, with tokens as they are."""
    tokens: dict[str, str] = {}

    def marked(value: object) -> str:
        assert isinstance(value, Token), value
        mark = f"@@{len(tokens)}@@"
        tokens[mark] = value.text
        return mark

    text = json.dumps(body, default=marked)
    for mark, token in tokens.items():
        text = text.replace(f'"{mark}"', token)
    return text.encode()


def _put(**envelope: object) -> Change:
    def change(_chance: Draw, entity: Entity, body: object) -> bytes:
        is_odata = entity.envelope == "value"
        names = {
            "count": "@odata.count" if is_odata else "Count",
            "link": "@odata.nextLink",
            "rows": entity.envelope,
        }
        assert isinstance(body, dict)
        return encoded({**body, **{names[name]: value for name, value in envelope.items()}})

    return change


def _constant(*texts: bytes) -> Change:
    return lambda chance, _entity, _body: chance.choice(texts)


def _wrapped(before: bytes, after: bytes) -> Change:
    return lambda _chance, _entity, body: before + encoded(body) + after


def _utf16(_chance: Draw, _entity: Entity, body: object) -> bytes:
    return encoded(body).decode().encode("utf-16")


def _cut(chance: Draw, _entity: Entity, body: object) -> bytes:
    whole = encoded(body)
    return whole[: chance.randrange(1, len(whole) - 1)]


def _bare(_chance: Draw, entity: Entity, body: object) -> bytes:
    return encoded(entity.rows(body))


def _shuffled(chance: Draw, entity: Entity, body: object) -> bytes:
    chance.shuffle(entity.rows(body))
    return encoded(body)


def _many(chance: Draw, entity: Entity, body: object) -> bytes:
    rows = entity.rows(body)
    rows[:] = (rows * (1000 // max(1, len(rows)) + 1))[:1000]
    return _put(count=10**12)(chance, entity, body)


_ANY = (
    Whole("cut off", _cut),
    Whole("byte order mark", _wrapped(b"\xef\xbb\xbf", b""), is_read=True),
    Whole("UTF-16", _utf16),
    Whole("deep", _constant(b"[" * 2000 + b"]" * 2000, b'{"value":' * 2000)),
    Whole("no object", _constant(b"null", b"5", b'"x"', b"true", b"{", b"\x00"), loses=True),
    Whole("empty object", _constant(b"{}"), loses=True),
    Whole("empty", _constant(b"", b" \n")),
    Whole("spaces", _wrapped(b" \r\n\t", b"\n\n"), is_read=True),
    Whole("rubbish after", _wrapped(b"", b"}")),
    Whole("web page", _constant(b"<!doctype html><title>Sign in</title>")),
)
WHOLE_OF_ONE = _ANY
WHOLE = (
    *_ANY,
    Whole("keys twice", _wrapped(b'{"value":null,"x":', b',"x":1}')),
    Whole("bytes of no Unicode", _wrapped(b'{"\xff\xfe":"\xc3(","x":', b"}")),
    Whole("shuffled", _shuffled, is_read=True),
    Whole("empty list", _put(rows=[]), is_read=True, loses=True),
    Whole("rows null", _put(rows=None)),
    Whole("rows object", _put(rows={"a": 1})),
    Whole("rows text", _put(rows="[]")),
    Whole("bare", _bare),
    Whole("a thousand times", _many, is_read=True),
    Whole("count negative", _put(count=-5), is_read=True),
    Whole("count huge", _put(count=2**62), is_read=True),
    Whole("count zero", _put(count=0), is_read=True),
    Whole("count null", _put(count=None), is_read=True),
    Whole("count odd", _put(count="12"), is_read=True),
    Whole("count fraction", _put(count=1.5), is_read=True),
    Whole("count beyond numbers", _put(count=Token("1e999"))),
    Whole("link null", _put(link=None), is_read=True),
    Whole("link elsewhere", _put(link="https://evil.example/odata/Sessions?$skip=1")),
    Whole("link odd", _put(link=5), is_read=True),
    Whole("link empty", _put(link=""), is_read=True),
    Whole("link no address", _put(link="http://[bad")),
    Whole("link to nowhere", _put(link="/acme/Production/orchestrator_/odata/Nothing?$skip=1")),
)
