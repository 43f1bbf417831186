import logging
import sys
import threading
import types
import warnings
from collections.abc import Callable

import pytest
import structlog

from tests.unit.daemon.log_capture import CANARY, ENCODED, Capture, fail, ours


def _in_the_event() -> None:
    ours().info(f"wrote {CANARY}")


def _in_a_key() -> None:
    ours().info("x", **{CANARY: 1})


def _in_a_value() -> None:
    ours().info("x", url=f"https://host/?q={ENCODED}")


def _under_a_sensitive_key() -> None:
    ours().info("x", client_secret=CANARY, headers={"authorization": CANARY})


def _in_bytes() -> None:
    ours().info("x", body=f"a {CANARY}".encode())


def _in_a_structure() -> None:
    ours().info("x", body={"a": [{"b": (CANARY,)}]})


def _in_the_context() -> None:
    with structlog.contextvars.bound_contextvars(account=CANARY):
        ours().info("x")


def _in_a_bound_value() -> None:
    ours().bind(account=CANARY).warning("x")


def _in_an_exception() -> None:
    try:
        fail(CANARY)
    except ValueError:
        ours().exception("x")


def _in_a_chained_exception() -> None:
    def inner() -> None:
        local = CANARY
        raise KeyError(local)

    try:
        try:
            inner()
        except KeyError as exc:
            msg = f"outer {ENCODED}"
            raise RuntimeError(msg) from exc
    except RuntimeError as exc:
        exc.add_note(f"note {CANARY}")
        ours().error("x", exc_info=exc)


def _in_an_exception_group() -> None:
    ours().error("x", exc_info=ExceptionGroup("g", [ValueError(CANARY), OSError(ENCODED)]))


def _in_a_message_of_a_library() -> None:
    # Not apprise: its logger is cut off for good as soon as a channel has been used.
    logging.getLogger("sqlalchemy.pool").warning("invalid token (%s)", CANARY)


def _in_an_exception_of_a_library() -> None:
    try:
        fail(CANARY)
    except ValueError:
        logging.getLogger("apscheduler.executors").exception("job raised")


def _in_the_extra_of_a_library() -> None:
    logging.getLogger("httpx").warning("x", extra={"request": CANARY, "password": "other"})


def _in_a_broken_record() -> None:
    logging.getLogger("urllib3").warning("%d items", CANARY)


def _in_a_warning() -> None:
    warnings.warn(f"deprecated {CANARY}", UserWarning, stacklevel=1)


def _in_a_crashed_thread() -> None:
    def crash() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()


def _in_a_crash() -> None:
    try:
        fail(CANARY)
    except ValueError as exc:
        sys.excepthook(ValueError, exc, exc.__traceback__)


def _in_an_exception_that_cannot_be_raised() -> None:
    details = types.SimpleNamespace(
        exc_type=ValueError,
        exc_value=ValueError(CANARY),
        exc_traceback=None,
        err_msg=f"in {CANARY}",
        object=None,
    )
    sys.unraisablehook(details)


LEAKS = (
    _in_the_event,
    _in_a_key,
    _in_a_value,
    _under_a_sensitive_key,
    _in_bytes,
    _in_a_structure,
    _in_the_context,
    _in_a_bound_value,
    _in_an_exception,
    _in_a_chained_exception,
    _in_an_exception_group,
    _in_a_message_of_a_library,
    _in_an_exception_of_a_library,
    _in_the_extra_of_a_library,
    _in_a_broken_record,
    _in_a_warning,
    _in_a_crashed_thread,
    _in_a_crash,
    _in_an_exception_that_cannot_be_raised,
)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_secret_does_not_reach_the_log(
    capture: Capture, capfd: pytest.CaptureFixture[str], leak: Callable[[], None], form: str
) -> None:
    capture.open(format=form)

    leak()

    elsewhere = "".join(capfd.readouterr())
    assert capture.text.strip(), "the line itself must be there"
    for secret in (CANARY, ENCODED, "4711"):
        assert secret not in capture.text
        assert secret not in elsewhere
