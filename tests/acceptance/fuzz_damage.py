"""Damages an answer: its fields, its rows, the whole of it; and says what may follow from that."""

import copy
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from monitor.orchestrator.wire import parse_time
from tests.acceptance.fuzz_answers import WHOLE, WHOLE_OF_ONE, encoded
from tests.acceptance.fuzz_estate import MARK
from tests.acceptance.fuzz_rows import ENTITIES, EVERYBODY, Entity, Row, Who, entity_of, holder
from tests.acceptance.fuzz_values import HOSTILE, MISSING, Token, drawn

Draw = random.Random
_HALF_A_PAIR = re.compile(
    rb"\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]"
)


@dataclass(slots=True)
class Damage:
    """What was done to one answer.

    `touched` are the subjects of which a damaged row speaks. `says`: of these, alerts may open and
    end. `fails`: the poll may fail. `loses`: touched subjects may be missing without a word. `junk`
    counts rows that can only be left out, and must be counted.
    """

    place: str
    steps: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    touched: set[Who] = field(default_factory=set)
    says: bool = False
    fails: bool = False
    loses: bool = False
    junk: int = 0

    def note(self, kind: str, text: str = "") -> None:
        self.kinds.add(kind)
        self.steps.append(f"{kind} {text}"[:200])

    def __str__(self) -> str:
        return f"{self.place}: {'; '.join(self.steps)}"


@dataclass(slots=True)
class Damager:
    """Damages the answers of one poll, each by a chance of its own: their order does not matter.

    `troubled` are the subjects about which alerts are open from the beginning.
    """

    seed: str
    now: datetime
    troubled: frozenset[Who]

    def __call__(self, place: tuple[str, str], body: object) -> tuple[bytes, Damage]:
        """Return a damaged answer. `body` is the caller's no more."""
        chance = Draw(f"{self.seed}/{place}")
        entity = entity_of(place[0])
        return _Work(self, chance, entity, body, Damage(place=" ".join(place).strip())).done()


@dataclass(slots=True)
class _Work:
    """One answer under the hammer."""

    damager: Damager
    chance: Draw
    entity: Entity
    body: object
    damage: Damage
    rows: list[object] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = self.entity.rows(self.body)

    def done(self) -> tuple[bytes, Damage]:
        chance, entity = self.chance, self.entity
        if chance.random() < 0.2:
            return self._whole(), self.damage
        others = _ROWS if entity.is_list else _TYPES
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            if self.rows and chance.random() < 0.25:
                chance.choice(others)(self)
            elif self.rows:
                self._field(self._row())
        self._keep_some()
        body = encoded(self.body)
        # Half a surrogate pair is mended in lists of OData alone.
        self.damage.fails |= entity.envelope != "value" and _HALF_A_PAIR.search(body) is not None
        return body, self.damage

    def _whole(self) -> bytes:
        damage, entity = self.damage, self.entity
        one = self.chance.choice(WHOLE if entity.envelope else WHOLE_OF_ONE)
        damage.note(f"whole:{one.name}")
        damage.fails = not one.is_read
        if EVERYBODY in entity.who({}, ""):
            damage.touched.add(EVERYBODY)
        if one.loses:
            damage.loses = damage.says = True
            damage.touched |= entity.who_of_all(self.rows)
            damage.fails |= EVERYBODY in damage.touched
        return one.change(self.chance, entity, self.body)

    def _field(self, row: Row) -> None:
        chance, damage, entity = self.chance, self.damage, self.entity
        if chance.random() < 0.1:
            damage.note("field:extra")
            row["SpecificContent"] = {"iban": MARK, "deep": [{"er": {"still": [None, 1e10]}}]}
            row[chance.choice(HOSTILE)] = chance.choice(HOSTILE)
            return
        name = chance.choice(list(entity.fields))
        inner, last = holder(row, name)
        if inner is None:
            return
        self._touch(row, name)
        value = drawn(
            chance,
            entity.fields[name],
            before=inner.get(last),
            now=self.damager.now,
            read=parse_time,
            can_shrink=name not in entity.only_grow,
        )
        if value.says and self._is_troubled(row) and name in entity.lasting:
            return
        damage.note(f"field:{_sort(value.what)}", f"{name} = {value.what!r}")
        if name in entity.identity:
            damage.loses = True
            damage.says |= self._is_troubled(row)
        damage.says |= value.says
        damage.fails |= value.breaks
        if value.what is MISSING:
            inner.pop(last, None)
        else:
            inner[last] = copy.deepcopy(value.what)
        self._touch(row, name)

    def _touch(self, row: Row, name: str = "") -> None:
        self.damage.touched |= self.entity.who(row, name)

    def _is_troubled(self, row: Row) -> bool:
        return not self.damager.troubled.isdisjoint(self.entity.who(row, ""))

    def _row(self) -> Row:
        row = self.chance.choice(self.rows)
        return row if isinstance(row, dict) else {}

    def _insert(self, row: object) -> None:
        self.rows.insert(self.chance.randrange(len(self.rows) + 1), row)

    def _junk(self) -> None:
        junk = self.chance.choice((None, 5, "row", [], [[1]], True))
        self.damage.note("row:junk", repr(junk))
        self.damage.junk += 1
        self._insert(junk)

    def _empty(self) -> None:
        self.damage.note("row:empty")
        self._insert({})

    def _twice(self) -> None:
        self.damage.note("row:twice")
        self._insert(copy.deepcopy(self._row()))

    def _twins(self) -> None:
        """Add a row of the same ids that says something else."""
        row = self._row()
        self.damage.note("row:twins")
        self._touch(row)
        self.damage.says |= self._is_troubled(row)
        twin = copy.deepcopy(row)
        self._field(twin)
        self._insert(twin)

    def _gone(self) -> None:
        row = self._row()
        if row in self.rows:
            self.damage.note("row:gone")
            self._touch(row)
            self.damage.loses = True
            self.damage.says |= self._is_troubled(row)
            self.rows.remove(row)

    def _foreign(self) -> None:
        """Add a row of another list, or a healthy one of another tenant."""
        self.damage.note("row:foreign")
        self._insert(copy.deepcopy(self.chance.choice(list(ENTITIES.values())).sample))

    def _other_case(self) -> None:
        row = self._row()
        self.damage.note("row:other-case")
        self._touch(row)
        self.damage.loses = True
        self.damage.says |= self._is_troubled(row)
        for name in list(row):
            row[name[:1].swapcase() + name[1:]] = row.pop(name)

    def _new_type(self) -> None:
        """Add a type of license, perhaps one that looks like another."""
        name = self.chance.choice((*HOSTILE, "Unattended\u200b", " Unattended ", "Flow\n", "Flow"))
        self.damage.note("row:type", repr(name))
        for counts, number in (("Allowed", 5), ("Used", 1)):
            inner, _ = holder(self._row(), f"{counts}.x")
            if inner is not None and self.chance.random() < 0.8:
                inner[name] = number

    def _keep_some(self) -> None:
        """Allow that a list is given up of which no row may be readable."""
        damage, entity = self.damage, self.entity
        if not entity.is_list:
            return
        damage.fails |= len(self.rows) - damage.junk <= len(damage.steps) - damage.junk


_ROWS: tuple[Callable[[_Work], None], ...] = (
    _Work._junk,
    _Work._empty,
    _Work._twice,
    _Work._twins,
    _Work._gone,
    _Work._foreign,
    _Work._other_case,
)
_TYPES: tuple[Callable[[_Work], None], ...] = (_Work._new_type,)


def _sort(value: object) -> str:
    """Return what sort of a value was put in, for the count."""
    match value:
        case None:
            return "null"
        case Token(text=text):
            return f"token {text[:6]}"
        case str():
            return "text" if value.isprintable() and len(value) < 100 else "hostile"
        case _:
            return "missing" if value is MISSING else type(value).__name__
