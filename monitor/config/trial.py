"""Makes of one `[[tests]]` table the timeline that is played, and what is expected of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from monitor.config.names import Path
from monitor.config.problems import Source
from monitor.config.series import LONGEST, read_series
from monitor.config.timeline_tables import (
    MessageTable,
    OpenTable,
    SpanTable,
    TimelineTable,
)
from monitor.core.expectation import Expected, ExpectedMessage, ExpectedOpen, Facts
from monitor.core.mute import Silence
from monitor.core.timeline import Ack, Outage, Pause, Series, Timeline
from monitor.errors import Problem

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One timeline and what is expected of it."""

    name: str
    timeline: Timeline
    expected: Expected


def read_trial(
    table: TimelineTable,
    every: timedelta,
    tenants: Mapping[str, Mapping[str, str]],
    source: Source,
    place: Path,
) -> tuple[Trial | None, list[Problem]]:
    """Return the timeline of a table, or what is wrong with it."""
    reader = _Reader(table=table, every=every, source=source, place=place)
    series = reader.series(tenants)
    reader.check()
    if reader.problems:
        return None, reader.problems
    timeline = reader.timeline(series)
    if timeline.steps > LONGEST:
        message = f"lasts {timeline.steps:,} steps; at most {LONGEST:,} are played"
        return None, [source.problem(place, message)]
    return Trial(name=table.name, timeline=timeline, expected=reader.expected()), []


class _Reader:
    def __init__(
        self, *, table: TimelineTable, every: timedelta, source: Source, place: Path
    ) -> None:
        self.problems: list[Problem] = []
        self._table = table
        self._every = every
        self._source = source
        self._place = place

    def series(self, tenants: Mapping[str, Mapping[str, str]]) -> list[Series]:
        """Return the series; no two are about one subject."""
        read: dict[tuple[str, str, str], tuple[int, Series]] = {}
        for number, raw in enumerate(self._table.series):
            place = (*self._place, "series", number)
            series, found = read_series(raw, tenants, self._source, place)
            self.problems += found
            if series is None:
                continue
            same = read.get(series.subject.identity)
            if same is not None:
                self._wrong(
                    ("series", number, "subject"),
                    f"is the subject of series[{same[0]}] as well: give all its metrics in one, "
                    "or another `key`",
                )
            read[series.subject.identity] = (number, series)
        return [series for _, series in read.values()]

    def check(self) -> None:
        """Find what is wrong with the instants."""
        table = self._table
        for path, at in self._moments():
            if self._at(at) < table.start:
                self._wrong(path, "is before the start")
        for number, judged in enumerate(table.alerts):
            if (self._at(judged.at) - table.start) % self._every:
                self._wrong(("alerts", number, "at"), "is between two steps")
        spans: tuple[tuple[str, Sequence[SpanTable]], ...] = (
            ("silences", table.silences),
            ("channel_outages", table.channel_outages),
        )
        for key, of_key in spans:
            for number, span in enumerate(of_key):
                if self._at(span.to) <= self._at(span.from_):
                    self._wrong((key, number, "to"), "must be later than `from`")
        for number, message in enumerate(table.messages or ()):
            after, before = message.after, message.before
            if after is not None and before is not None and self._at(before) <= self._at(after):
                self._wrong(("messages", number, "before"), "must be later than `after`")
        self._check_restarts()

    def timeline(self, series: Sequence[Series]) -> Timeline:
        """Return what is played: to the last step of a series, or until all is judged."""
        table, every = self._table, self._every
        judged = [self._at(one.at) + _TICK for one in table.alerts]
        ends_at = max([table.start + _TICK, *judged, *self._message_bounds()])
        longest = max((len(one.steps) for one in series), default=1)
        return Timeline(
            start=table.start,
            every=every,
            steps=max(longest, ceil((ends_at - table.start) / every)),
            ends_at=ends_at,
            series=tuple(series),
            silences=tuple(self._silences()),
            outages=tuple(
                Outage(channel=one.channel, starts_at=self._at(one.from_), ends_at=self._at(one.to))
                for one in table.channel_outages
            ),
            acks=tuple(
                Ack(at=self._at(one.at), where=one.where, note=one.note, lasts=one.for_)
                for one in table.acks
            ),
            pauses=tuple(
                Pause(starts_at=self._at(one.from_), ends_at=self._at(one.to))
                for one in table.restarts
            ),
        )

    def expected(self) -> Expected:
        """Return what is expected."""
        messages = self._table.messages
        return Expected(
            open=tuple(
                ExpectedOpen(at=self._at(one.at), open=tuple(_facts(each) for each in one.open))
                for one in self._table.alerts
            ),
            messages=None if messages is None else tuple(self._message(one) for one in messages),
        )

    def _message(self, one: MessageTable) -> ExpectedMessage:
        return ExpectedMessage(
            channel=one.channel,
            after=None if one.after is None else self._at(one.after),
            before=None if one.before is None else self._at(one.before),
            arrives=None if one.arrives is None else self._at(one.arrives),
            firing=frozenset(one.firing or ()),
            resolved=frozenset(one.resolved or ()),
            gone=None if one.gone is None else frozenset(one.gone),
            flapping=None if one.flapping is None else frozenset(one.flapping),
        )

    def _silences(self) -> Iterator[Silence]:
        for number, one in enumerate(self._table.silences, start=1):
            yield Silence(
                id=f"S{number}",
                where=one.where,
                starts_at=self._at(one.from_),
                ends_at=self._at(one.to),
                author=one.author,
                comment=one.comment,
            )

    def _check_restarts(self) -> None:
        offs = [(self._at(one.from_), self._at(one.to)) for one in self._table.restarts]
        for number, (begin, end) in enumerate(offs):
            if end < begin:
                self._wrong(("restarts", number, "to"), "must not be earlier than `from`")
            for other, (begins, ends) in enumerate(offs[:number]):
                if begin <= ends and begins <= end:
                    self._wrong(("restarts", number), f"meets restarts[{other}]: make one of both")
        for number, ack in enumerate(self._table.acks):
            if any(begin <= self._at(ack.at) < end for begin, end in offs):
                self._wrong(("acks", number, "at"), "the monitor is off then")

    def _moments(self) -> Iterator[tuple[Path, datetime | timedelta]]:
        table = self._table
        spans: tuple[tuple[str, Sequence[SpanTable]], ...] = (
            ("silences", table.silences),
            ("channel_outages", table.channel_outages),
            ("restarts", table.restarts),
        )
        for key, of_key in spans:
            for number, span in enumerate(of_key):
                yield (key, number, "from"), span.from_
                yield (key, number, "to"), span.to
        for number, judged in enumerate(table.alerts):
            yield ("alerts", number, "at"), judged.at
        for number, ack in enumerate(table.acks):
            yield ("acks", number, "at"), ack.at
        for number, one in enumerate(table.messages or ()):
            for word, at in (
                ("after", one.after),
                ("before", one.before),
                ("arrives", one.arrives),
            ):
                if at is not None:
                    yield ("messages", number, word), at

    def _message_bounds(self) -> Iterator[datetime]:
        """Yield until when the messages are judged: to the very end of `before`, not at it."""
        for one in self._table.messages or ():
            if one.before is not None:
                yield self._at(one.before)
            for at in (one.after, one.arrives):
                if at is not None:
                    yield self._at(at) + _TICK

    def _at(self, moment: datetime | timedelta) -> datetime:
        return self._table.start + moment if isinstance(moment, timedelta) else moment

    def _wrong(self, path: Path, message: str) -> None:
        self.problems.append(self._source.problem((*self._place, *path), message))


def _facts(table: OpenTable) -> Facts:
    given = table.model_fields_set
    return {key: getattr(table, key) for key in OpenTable.model_fields if key in given}
