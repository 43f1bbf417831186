"""`maintenance`: when the windows are open, and whether an instant is inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from monitor.cli.labels import labels_of, unknown_labels
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import Column, print_json, say, table
from monitor.clock import SystemClock
from monitor.core.calendar import Maintenance
from monitor.core.occurrences import Occurrence
from monitor.core.wall_clock import first_shown, is_repeated, is_skipped
from monitor.web.wording import iso

if TYPE_CHECKING:
    from monitor.config.compose import Configuration

APP = noun("When alerts are not told: maintenance windows.")

NONE_AHEAD = "no occurrence in the next ten years"
_YEARS = range(1970, 3000)
_ONLY_NAMED = "; counts only in the sets and routes that name it"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """The windows of the configuration by name, and the names of those that mute by themselves."""

    configuration: "Configuration"
    all: Mapping[str, Maintenance]
    muting: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What was found out about one window; `counts`: it keeps the alert asked about quiet."""

    window: Maintenance
    at: datetime
    counts: bool
    reason: str

    def json(self) -> dict[str, object]:
        """Return it for scripts."""
        return {
            "name": self.window.name,
            "at": iso(self.at),
            "inside": self.window.window.contains(self.at),
            "counts": self.counts,
            "reason": self.reason,
            "timezone": self.window.timezone,
            "where": str(self.window.where),
        }


@APP.command("list")
def list_windows(
    config: ConfigOption = None,
    *,
    ahead: Annotated[
        int, typer.Option("--next", min=1, max=1000, help="How many occurrences of each.")
    ] = 5,
    as_json: JsonOption = False,
) -> None:
    """List the windows with their next occurrences, in local time of their zone and in UTC."""
    windows = _loaded(config)
    now = SystemClock().now()
    found = [(each, each.window.occurrences(now, ahead)) for each in windows.all.values()]
    if as_json:
        print_json([_described(each, occurrences, windows, now) for each, occurrences in found])
        return
    if not found:
        say("No maintenance windows.")
        return
    for place, (each, occurrences) in enumerate(found):
        if place:
            say()
        by_itself = "" if each.name in windows.muting else _ONLY_NAMED
        say(f"{each.name}: {each.timezone}, {each.where}{by_itself}", style="bold")
        if not occurrences:
            say(f"  {NONE_AHEAD}")
            continue
        titles = ("from", "to", "from (UTC)", "to (UTC)", "")
        table([Column(title=title) for title in titles], _rows(each, occurrences, now), indent=2)


@APP.command("test")
def try_time(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [LABEL=VALUE]...",
            help="A window (default: all), and labels of the alert that is meant.",
        ),
    ] = None,
    config: ConfigOption = None,
    *,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="With offset or Z (2027-03-28T01:30:00Z), or a time on the wall in the window's "
            "zone (2027-03-28T03:30); default: now.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell whether a time is inside a window, or inside any that covers an alert.

    Without labels it is not looked at which alerts a window covers. Exits with 0 when the time is
    inside, 1 when it is outside.
    """
    time = _time(at)
    windows = _loaded(config)
    name, labels = _split(arguments or [], windows.all)
    remarks = unknown_labels(labels, windows.configuration, "LABEL=VALUE")
    judged = [
        _judge(each, time, labels, is_muting=name is not None or each.name in windows.muting)
        for each in ([windows.all[name]] if name is not None else windows.all.values())
    ]
    inside = [one.window.name for one in judged if one.counts]
    if as_json:
        print_json({"inside": bool(inside), "windows": [one.json() for one in judged]})
    else:
        table(
            [Column(title="window"), Column(title="inside"), Column(title="why")],
            [(one.window.name, "yes" if one.counts else "no", one.reason) for one in judged],
        )
        for remark in remarks:
            say(remark)
        say(f"Inside: {', '.join(inside)}." if inside else "Outside.")
    if not inside:
        raise typer.Exit(1)


def told(occurrence: Occurrence, zone: ZoneInfo) -> str:
    """Return when an occurrence begins and ends, in local time and in UTC."""
    local = f"{_local(occurrence.start, zone)} to {_local(occurrence.end, zone)}"
    return f"{local} ({_utc(occurrence.start)} to {_utc(occurrence.end)} UTC)"


def _loaded(config: Path | None) -> _Windows:
    from monitor.config.load import load  # noqa: PLC0415 - slow to import

    configuration = load(config, read_secrets=False)
    plan = configuration.plan
    return _Windows(
        configuration=configuration,
        all=plan.windows,
        muting=frozenset(window.name for window in plan.muting),
    )


def _described(
    each: Maintenance, occurrences: Sequence[Occurrence], windows: _Windows, now: datetime
) -> dict[str, object]:
    zone = ZoneInfo(each.timezone)
    return {
        "name": each.name,
        "timezone": each.timezone,
        "where": str(each.where),
        "by_itself": each.name in windows.muting,
        "inside": each.window.contains(now),
        "occurrences": [
            {
                "start": iso(one.start),
                "end": iso(one.end),
                "local_start": one.start.astimezone(zone).isoformat(timespec="seconds"),
                "local_end": one.end and one.end.astimezone(zone).isoformat(timespec="seconds"),
            }
            for one in occurrences
        ],
    }


def _rows(
    each: Maintenance, occurrences: Sequence[Occurrence], now: datetime
) -> list[tuple[str, ...]]:
    zone = ZoneInfo(each.timezone)
    return [
        (
            _local(one.start, zone),
            _local(one.end, zone),
            _utc(one.start),
            _utc(one.end),
            "now" if one.start <= now else "",
        )
        for one in occurrences
    ]


def _judge(
    each: Maintenance, time: datetime, labels: Mapping[str, str], *, is_muting: bool
) -> _Judged:
    zone = ZoneInfo(each.timezone)
    at, remark = _instant(time, zone)
    running = each.window.contains(at)
    if running:
        (one,) = each.window.occurrences(at, 1)
        reason = f"from {_local(one.start, zone)} to {_local(one.end, zone)}"
    else:
        following = each.window.occurrences(at, 1)
        reason = f"next from {_local(following[0].start, zone)}" if following else NONE_AHEAD
    covers = not labels or each.where.matches(labels)
    if not covers:
        reason += f"; covers other alerts: {each.where}"
    elif not is_muting:
        reason += _ONLY_NAMED
    return _Judged(
        window=each, at=at, counts=running and covers and is_muting, reason=reason + remark
    )


def _instant(time: datetime, zone: ZoneInfo) -> tuple[datetime, str]:
    """Return the instant that is meant, and a word about it where the clocks change."""
    if time.tzinfo is not None:
        return time.astimezone(UTC), ""
    at = first_shown(time, zone)
    if is_skipped(time, zone):
        return at, f"; the clocks jump over this time: taken as {_local(at, zone)}"
    if is_repeated(time, zone):
        return at, f"; the clocks show this time twice: taken as {_local(at, zone)}, the first"
    return at, ""


def _time(text: str | None) -> datetime:
    if text is None:
        return SystemClock().now()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.year not in _YEARS:
        raise typer.BadParameter(
            "must be a time such as 2027-03-28T01:30:00Z or, in the window's zone, "
            "2027-03-28T03:30",
            param_hint="--at",
        )
    return time


def _split(
    arguments: Sequence[str], windows: Mapping[str, Maintenance]
) -> tuple[str | None, dict[str, str]]:
    """Return the window's name, which may come first, and the labels."""
    name = None
    rest = list(arguments)
    if rest and (rest[0] in windows or "=" not in rest[0]):
        name = rest.pop(0)
        if name not in windows:
            raise typer.BadParameter(_unknown(name, windows), param_hint="NAME")
    return name, labels_of(rest)


def _unknown(name: str, windows: Mapping[str, Maintenance]) -> str:
    near = get_close_matches(name, windows, n=1)
    if near:
        return f"no maintenance window {name!r}; did you mean {near[0]!r}?"
    return f"no maintenance window {name!r}; there is {', '.join(windows) or 'none'}"


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    """Return `Sat 2027-03-27 22:00 EET`; what never ends has "no end"."""
    if at is None:
        return "no end"
    local = at.astimezone(zone)
    return f"{local:%a %Y-%m-%d} {_clock(local)} {local:%Z}"


def _utc(at: datetime | None) -> str:
    return "no end" if at is None else f"{at:%Y-%m-%d} {_clock(at)}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
