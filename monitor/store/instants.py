"""Instants and durations in the database: integers, always UTC, never a naive value.

History keeps milliseconds: the time of an observation is known to about a tenth of a second.
Alerts and deliveries keep microseconds, so that what is loaded after a restart is equal to what
was saved, timers included.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)


def to_ms(instant: datetime) -> int:
    """Return milliseconds since 1970, rounded down.

    Raises:
        ValueError: the instant has no time zone.
    """
    return _since_epoch(instant) // MILLISECOND


def to_us(instant: datetime | None) -> int | None:
    """Return microseconds since 1970; None for None.

    Raises:
        ValueError: the instant has no time zone.
    """
    return None if instant is None else _since_epoch(instant) // MICROSECOND


def _since_epoch(instant: datetime) -> timedelta:
    if instant.tzinfo is None:
        msg = f"{instant!r} has no time zone: an instant must say where it is"
        raise ValueError(msg)
    return instant - EPOCH


class _Instant(TypeDecorator[datetime]):
    """An instant as BIGINT: so many units since 1970."""

    impl = BigInteger
    cache_ok = True
    unit = MILLISECOND

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Refuse a naive value, turn the rest into a number."""
        return None if value is None else _since_epoch(value) // self.unit

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Return the instant, aware and in UTC."""
        return None if value is None else EPOCH + value * self.unit


class EpochMs(_Instant):
    """An instant as BIGINT milliseconds since 1970, rounded down."""

    cache_ok = True
    unit = MILLISECOND


class EpochUs(_Instant):
    """An instant as BIGINT microseconds since 1970, which is exact."""

    cache_ok = True
    unit = MICROSECOND


class Microseconds(TypeDecorator[timedelta]):
    """A duration as BIGINT microseconds, which is exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Return the whole microseconds."""
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Return the duration."""
        return None if value is None else value * MICROSECOND
