"""`digest` of a route: the times at which what has gathered is told, as cron writes them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field

from monitor.config.table import Table
from monitor.config.zone import Zone

EXAMPLE = "0 8 * * mon-fri"

# By the names that cronsim has for them.
_FIELDS = {
    "minute": "minute",
    "hour": "hour",
    "day-of-month": "day of the month",
    "month": "month",
    "day-of-week": "weekday",
}
_RIGHT = f'write {", ".join(_FIELDS.values())}, such as "{EXAMPLE}"'
_NEVER = "names a time that never comes"
# Any instant does: what does not come within 50 years of it never comes.
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """The times that a cron text names, by the wall clock of a zone.

    On the days on which the clocks change a time of day comes once: one that is jumped over in
    spring at the end of the jump, one that is there twice in autumn the first time. Where the
    minute or the hour begins with `*` it is the hours that pass that count: a repeated hour is
    there twice. Of days of the month and weekdays either is enough, but both must fit where one
    begins with `*`.

    Source: cronsim's reader, which follows Debian's cron.
    """

    cron: str
    zone: ZoneInfo

    def next_after(self, at: datetime) -> datetime:
        """Return the first time after `at`, in UTC.

        Raises:
            ValueError: the text names a time that never comes.
            CronSimError: it is no cron text.
        """
        # Whole minutes are as good, times being such; and alerts of one storm then ask once.
        found = _next_after(self.cron, self.zone, at.replace(second=0, microsecond=0))
        if found is None:
            raise ValueError(_NEVER)
        return found


@lru_cache(maxsize=4096)
def _next_after(cron: str, zone: ZoneInfo, at: datetime) -> datetime | None:
    for time in CronSim(cron, at.astimezone(zone)):
        found = time.astimezone(UTC)
        # Within a repeated hour the search begins with times of its first turn.
        if found > at:
            return found
    return None


def _understood(value: str) -> str:
    if len(value.split()) != len(_FIELDS):
        msg = f"must have five fields: {_RIGHT}"
        raise ValueError(msg)
    try:
        first = _next_after(value, ZoneInfo("UTC"), _SOME_DAY)
    except (CronSimError, ValueError) as error:
        wrong = _FIELDS.get(str(error).removeprefix("Bad "), "time")
        week = "; the week begins with sun" if wrong == "weekday" else ""
        msg = f"there is no such {wrong}: {_RIGHT}{week}"
        raise ValueError(msg) from None
    if first is None:
        raise ValueError(_NEVER)
    return value


class DigestTable(Table):
    """`digest` of a route; the text alone stands for the same in UTC."""

    cron: Annotated[str, AfterValidator(_understood)] = Field(
        description="minute, hour, day of the month, month, weekday", examples=[EXAMPLE]
    )
    timezone: Zone = Field(default="UTC", description="zone of these times")

    def schedule(self) -> CronSchedule:
        """Return the times."""
        return CronSchedule(self.cron, ZoneInfo(self.timezone))


def _from_text(value: object) -> object:
    if isinstance(value, str):
        return DigestTable(cron=_understood(value))
    if not isinstance(value, dict | DigestTable):
        msg = f'must be a cron text such as "{EXAMPLE}", or {{ cron = "…", timezone = "…" }}'
        raise ValueError(msg)  # noqa: TRY004 - pydantic collects ValueErrors only
    return value


def _or_text(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"type": "string", "examples": [EXAMPLE]}, *schema.get("anyOf", ())]


Digest = Annotated[
    DigestTable | None, BeforeValidator(_from_text), Field(json_schema_extra=_or_text)
]
"""A cron text, or a table of it and a time zone."""
