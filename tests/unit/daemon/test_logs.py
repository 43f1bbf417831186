import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest
import structlog
from pydantic import SecretStr

from monitor.daemon.logs import QUIET_LOGGERS, configure
from tests.unit.daemon.log_capture import CANARY, Capture, fail, ours


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_one_json_object_with_time_level_event_and_logger_first(capture: Capture) -> None:
    capture.open()

    ours().info("collect.finished", samples=31, took_s=0.41)

    (line,) = capture.lines()
    assert list(line) == ["timestamp", "level", "event", "logger", "samples", "took_s"]
    assert line["timestamp"].endswith("Z")
    assert line | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "collect.finished",
        "logger": "monitor.test",
        "samples": 31,
        "took_s": 0.41,
    }


def test_context_that_is_bound_is_in_our_lines_and_in_those_of_libraries(capture: Capture) -> None:
    capture.open()

    with structlog.contextvars.bound_contextvars(tenant="production"):
        ours().info("one")
        logging.getLogger("somebody").warning("two")

    assert [line["tenant"] for line in capture.lines()] == ["production", "production"]


def test_lines_below_the_level_are_dropped_until_it_is_changed(capture: Capture) -> None:
    logs = capture.open(level="warning")
    ours().info("too low")
    logging.getLogger("somebody").info("too low")
    logs.set_level("debug")
    ours().debug("now")
    logging.getLogger("somebody").debug("now")

    assert [line["event"] for line in capture.lines()] == ["now", "now"]


@pytest.mark.parametrize("name", [*QUIET_LOGGERS, "uvicorn.access", "apscheduler.scheduler"])
def test_talkative_libraries_are_heard_from_warning_on_even_at_debug(
    capture: Capture, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture.open(level="debug")
    # Where other tests have used these libraries, we or they have cut their loggers off.
    monkeypatch.setattr(logging.getLogger(name), "propagate", True)

    logging.getLogger(name).info("GET https://host/?q=1")
    logging.getLogger(name).warning("retrying")

    assert [(line["logger"], line["event"]) for line in capture.lines()] == [(name, "retrying")]


def test_an_error_level_also_silences_the_warnings_of_libraries(capture: Capture) -> None:
    capture.open(level="error")

    logging.getLogger("sqlalchemy.pool").warning("hm")

    assert capture.text == ""


def test_secrets_of_a_reloaded_configuration_are_hidden_like_the_first(capture: Capture) -> None:
    logs = capture.open()

    logs.learn([SecretStr("another-secret")])
    ours().info(f"{CANARY} another-secret")

    assert capture.lines()[0]["event"] == "[redacted] [redacted]"


def test_a_traceback_names_the_error_and_the_place_but_no_local_variables(capture: Capture) -> None:
    capture.open(secrets=[])
    unknown = "not-configured"
    try:
        int("x", base=len(unknown))
    except ValueError:
        ours().exception("collect.failed")

    (line,) = capture.lines()
    assert "ValueError: invalid literal" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert "not-configured" not in line["exception"].replace(__file__, "")


def test_a_record_that_cannot_be_formatted_is_named_with_its_place(capture: Capture) -> None:
    capture.open()

    logging.getLogger("somebody").warning("%d", "text")

    (line,) = capture.lines()
    assert (line["event"], line["logger"], line["error"]) == (
        "log.unprintable",
        "somebody",
        "TypeError",
    )
    assert line["place"].startswith("test_logs.py:")


def test_a_stream_that_is_gone_does_not_disturb(
    capture: Capture, capfd: pytest.CaptureFixture[str]
) -> None:
    capture.open()
    capture.stream.close()

    ours().info("nobody hears")

    assert "".join(capfd.readouterr()) == ""


def test_control_characters_of_a_name_do_not_reach_the_terminal(capture: Capture) -> None:
    capture.open(format="console")

    ours().warning(
        "robot\x1b]0;title\x07", robot="\x1b[31mRPA\r\n\x9b\u202e07", **{"k\x1b": ["\x1b"]}
    )

    assert capture.text.count("\n") == 1
    assert all(character.isprintable() or character == "\n" for character in capture.text)
    assert r"\x1b[31mRPA" in capture.text.replace("\\\\", "\\")


def test_a_traceback_on_the_console_keeps_its_lines_but_no_escapes(capture: Capture) -> None:
    capture.open(format="console")
    try:
        fail("\x1b[2J")
    except ValueError:
        ours().exception("x")

    assert "\x1b" not in capture.text
    assert capture.text.count("\n") > 3


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("json", Terminal, True),
        ("console", io.StringIO, False),
    ],
)
def test_it_writes_json_unless_a_person_watches(
    capture: Capture,
    form: str,
    stream: type[io.StringIO],
    is_json: bool,  # noqa: FBT001 - a table
) -> None:
    capture.open(format=form, stream=stream())

    ours().info("x")

    assert capture.text.startswith("{") is is_json


@pytest.fixture
def file_stream(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        yield stream


def journal_of(stream: TextIO) -> dict[str, str]:
    status = os.fstat(stream.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_lines_for_the_journal_begin_with_their_priority(
    capture: Capture, file_stream: TextIO
) -> None:
    capture.open(level="debug", stream=file_stream, environ=journal_of(file_stream))

    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(ours(), level)("x\n<0>forged")

    file_stream.seek(0)
    lines = file_stream.read().splitlines()
    assert [line[:4] for line in lines] == ["<7>{", "<6>{", "<4>{", "<3>{", "<2>{"]


def test_every_line_of_a_console_traceback_in_the_journal_has_the_priority(
    capture: Capture, file_stream: TextIO
) -> None:
    capture.open(format="console", stream=file_stream, environ=journal_of(file_stream))
    try:
        fail("x")
    except ValueError:
        ours().exception("failed")

    file_stream.seek(0)
    lines = file_stream.read().splitlines()
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)


def test_a_redirected_child_of_a_service_does_not_write_priorities(
    capture: Capture, file_stream: TextIO
) -> None:
    capture.open(stream=file_stream, environ={"JOURNAL_STREAM": "1:2"})

    ours().info("x")

    file_stream.seek(0)
    assert file_stream.read().startswith("{")


def test_setting_up_again_replaces_the_first(capture: Capture) -> None:
    first = io.StringIO()
    capture.open(stream=first)
    capture.open(stream=io.StringIO())

    ours().info("x")

    assert first.getvalue() == ""
    assert len(capture.lines()) == 1


def test_closing_puts_everything_back(capture: Capture) -> None:
    before = (
        list(logging.getLogger().handlers),
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        logging.getLogger("httpx").level,
    )

    configure(stream=io.StringIO(), environ={}).close()

    assert before == (
        list(logging.getLogger().handlers),
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        logging.getLogger("httpx").level,
    )
