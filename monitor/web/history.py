"""`/api/history/…`: the past of subjects over HTTP, the same rows as `history … --json`.

An answer is made whole before it is sent, so that a slow reader holds no transaction open; and it
is bounded, so that no question takes the memory of the monitor.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.core.duration import parse_duration
from monitor.core.kinds import Kind, kind_with_past
from monitor.core.moment import Moment, parse_moment
from monitor.store.report_rows import subjects
from monitor.store.store import Store
from monitor.web.past import DEFAULT_SINCE, Past, Question, metrics_of
from monitor.web.past_json import JsonRows

PARAMETERS = ("name", "metric", "since", "until", "every")
MOST_CHANGES = 20_000
MOST_STEPS = 50_000


UNKNOWN, BAD = 404, 400
_TOO_MANY = f"more than {MOST_CHANGES:,} changes: narrow it by name, since or until, or add every"


class BadQuestion(ValueError):
    """What is asked cannot be answered; the text names the parameter and what would be right."""


def history_answer(
    store: Store, running: Mapping[str, timedelta], request: Request, now: datetime
) -> Response:
    """Answer a request: 404 for a kind without a past, 400 for what cannot be answered."""
    try:
        kind = kind_with_past(request.path_params["kind"])
    except ValueError as error:
        return JSONResponse({"error": str(error)}, status_code=UNKNOWN)
    try:
        text = history_text(store, running, kind, request.query_params.multi_items(), now)
    except BadQuestion as error:
        return JSONResponse({"error": str(error)}, status_code=BAD)
    return Response(text, media_type="application/json")


def history_text(
    store: Store,
    running: Mapping[str, timedelta],
    kind: Kind,
    parameters: Sequence[tuple[str, str]],
    now: datetime,
) -> str:
    """Return the JSON; `running` are the collectors that run, with their intervals.

    Raises:
        BadQuestion: a parameter is wrong, or the answer would be too long.
        StoreError: the database cannot be read.
    """
    asked = question(kind, parameters, now)
    if asked.every is not None:
        _refuse_too_many(store, asked, asked.every)
    written = JsonRows(asked, json.dumps)
    lines: list[str] = []
    for row in Past(store, running, asked).rows():
        if asked.every is None and len(lines) == MOST_CHANGES:
            raise BadQuestion(_TOO_MANY)
        lines.append(written.text(row))
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def question(kind: Kind, parameters: Sequence[tuple[str, str]], now: datetime) -> Question:
    """Return what is asked.

    Raises:
        BadQuestion: a parameter is wrong.
    """
    for name, times in Counter(name for name, _ in parameters).items():
        if name not in PARAMETERS:
            msg = f"unknown parameter {name[:40]!r}; there are {', '.join(PARAMETERS)}"
            raise BadQuestion(msg)
        if times > 1 and name != "metric":
            msg = f"{name} is given {times} times"
            raise BadQuestion(msg)
    given = {name: value for name, value in parameters if value}
    until = min(_moment(given, "until").before(now), now)
    since = _moment(given, "since").before(now) if "since" in given else until - DEFAULT_SINCE
    if since >= until:
        raise BadQuestion("until must be after since")
    try:
        only = metrics_of(kind, [value for name, value in parameters if name == "metric" and value])
    except ValueError as error:
        raise BadQuestion(str(error)) from None
    return Question(
        kind=kind,
        name=given.get("name"),
        since=since,
        until=until,
        now=now,
        every=_every(given),
        only=only,
    )


def _moment(given: Mapping[str, str], name: str) -> Moment:
    text = given.get(name)
    if text is None:
        return Moment()
    try:
        return parse_moment(text)
    except ValueError as error:
        msg = f"{name} {error}; in an address + is written %2B"
        raise BadQuestion(msg) from None


def _every(given: Mapping[str, str]) -> timedelta | None:
    text = given.get("every")
    if text is None:
        return None
    try:
        every = parse_duration(text)
    except ValueError as error:
        msg = f"every: {error}"
        raise BadQuestion(msg) from None
    if not every:
        raise BadQuestion("every must be longer than 0s")
    return every


def _refuse_too_many(store: Store, asked: Question, every: timedelta) -> None:
    steps = -(-(asked.until - asked.since) // every)
    known = len(subjects(store, asked.kind.name, name_glob=asked.name))
    if steps * known > MOST_STEPS:
        msg = (
            f"up to {steps * known:,} rows ({known:,} {asked.kind.plural}, {steps:,} steps each), "
            f"more than {MOST_STEPS:,}: narrow it by name, since or until, or take a longer every"
        )
        raise BadQuestion(msg)
