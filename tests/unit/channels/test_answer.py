from types import SimpleNamespace

import pytest

from monitor.channels.apprise_url.answer import outcome_of
from monitor.channels.apprise_url.exchanges import Exchange
from monitor.core.delivery import Delivered, Outcome, Permanent, Retryable

URL = "json://localhost/S3cret"


def _result(status: str, *lines: tuple[str, str]) -> SimpleNamespace:
    entries = [SimpleNamespace(level=level, message=line) for level, line in lines]
    return SimpleNamespace(status=SimpleNamespace(name=status), logs=lambda: iter(entries))


def _outcome(
    status: str,
    *lines: tuple[str, str],
    exchanges: tuple[Exchange, ...] = (),
    some_reached: bool = False,
) -> Outcome:
    return outcome_of(_result(status, *lines), URL, exchanges, some_reached=some_reached)


def answered(*statuses: int) -> tuple[Exchange, ...]:
    return tuple(Exchange(status=status, may_have_arrived=False) for status in statuses)


MAIL = Exchange(may_have_arrived=False)
NOT_SENT = Exchange(may_have_arrived=False)


@pytest.mark.parametrize(
    ("status", "lines", "expected"),
    [
        ("SUCCESS", [], Delivered()),
        ("NOMATCH", [], Permanent("apprise found no service for the channel's URL")),
        ("PARTIAL", [], Retryable("apprise says partial", may_have_arrived=True)),
        (
            "TIMEOUT",
            [("ERROR", "It did not finish.")],
            Retryable("It did not finish", may_have_arrived=True),
        ),
        ("FAILURE", [], Retryable("apprise says failure", may_have_arrived=True)),
        (
            "FAILURE",
            [("WARNING", "First"), ("INFO", "Between"), ("WARNING", "Not to /S3cret. ")],
            Retryable("Not to /***", may_have_arrived=True),
        ),
    ],
)
def test_every_answer_of_apprise_means_something(
    status: str, lines: list[tuple[str, str]], expected: Outcome
) -> None:
    assert _outcome(status, *lines) == expected


@pytest.mark.parametrize("status", ["PARTIAL", "TIMEOUT"])
def test_what_is_neither_success_nor_failure_is_never_final(status: str) -> None:
    outcome = _outcome(status, exchanges=answered(404))
    assert outcome == Retryable(
        f"apprise says {status.lower()}: the service answered 404", may_have_arrived=True
    )


@pytest.mark.parametrize(
    ("statuses", "is_final"),
    [
        ([404], True),
        ([401], True),
        ([403, 404], True),
        ([302], True),
        ([200, 404], True),
        ([503], False),
        ([429], False),
        ([404, 503], False),
        ([503, 404], False),
        # A refusal that the service lived with; what failed then is unknown.
        ([404, 200], False),
        ([200], False),
    ],
)
def test_it_is_final_when_every_refusal_is_and_one_came_last(
    statuses: list[int], *, is_final: bool
) -> None:
    outcome = _outcome("FAILURE", ("WARNING", "No"), exchanges=answered(*statuses))
    assert isinstance(outcome, Permanent if is_final else Retryable)


def test_a_refusal_beside_a_request_without_an_answer_is_not_final() -> None:
    outcome = _outcome("FAILURE", ("WARNING", "No"), exchanges=(*answered(404), NOT_SENT))
    assert outcome == Retryable("No: the service answered 404")


def test_the_status_is_told_once() -> None:
    assert _outcome("FAILURE", ("WARNING", "No: error=404."), exchanges=answered(404)) == Permanent(
        "No: error=404"
    )
    assert _outcome("FAILURE", ("WARNING", "No"), exchanges=answered(404)) == Permanent(
        "No: the service answered 404"
    )


def test_what_a_service_answers_cannot_pass_for_a_cause_or_a_reply() -> None:
    body = ("DEBUG", "Response Details: b\"Connection refused (535, b'no')\"")
    outcome = _outcome("FAILURE", body, ("WARNING", "No: error=503"), exchanges=answered(503))
    assert outcome == Retryable("No: error=503")
    outcome = _outcome("FAILURE", ("DEBUG", "(535, b'no')"), exchanges=(*answered(503), NOT_SENT))
    assert outcome == Retryable("apprise says failure: the service answered 503")


def test_the_longest_wait_of_several_receivers_counts() -> None:
    exchanges = (
        Exchange(status=503, retry_after_s=5.0, may_have_arrived=False),
        Exchange(status=429, retry_after_s=60.0, may_have_arrived=False),
        *answered(500),
    )
    outcome = _outcome("FAILURE", ("WARNING", "No: 500"), exchanges=exchanges)
    assert outcome == Retryable("No: 500", retry_after_s=60.0)


@pytest.mark.parametrize(
    ("exchanges", "some_reached", "doubtful"),
    [
        (answered(503), False, False),
        (answered(503), True, True),
        ((*answered(503), Exchange()), False, True),
        ((Exchange(), *answered(503)), False, True),
        ((NOT_SENT,), False, False),
        ((NOT_SENT,), True, True),
        ((), False, True),
    ],
)
def test_one_doubt_is_enough(
    exchanges: tuple[Exchange, ...], *, some_reached: bool, doubtful: bool
) -> None:
    outcome = _outcome("FAILURE", exchanges=exchanges, some_reached=some_reached)
    assert isinstance(outcome, Retryable)
    assert outcome.may_have_arrived is doubtful


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Socket Exception: (535, b'5.7.8 no')", Permanent("No: the mail server answered 535")),
        ("Socket Exception: (421, b'later')", Retryable("No: the mail server answered 421")),
        ("x: [Errno 111] Connection refused", Retryable("No: connection refused")),
        ("(535, b'no') and then timed out", Retryable("No: timed out")),
        ("nothing in it", Retryable("No")),
    ],
)
def test_of_mail_the_lines_tell_what_the_server_said(line: str, expected: Outcome) -> None:
    assert _outcome("FAILURE", ("WARNING", "No"), ("DEBUG", line), exchanges=(MAIL,)) == expected
