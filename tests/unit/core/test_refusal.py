import pytest

from monitor.core.refusal import (
    cause_in,
    is_doubtful_http,
    is_final_http,
    is_final_smtp,
    is_success_http,
)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 422, 451])
def test_a_move_and_a_plain_no_are_final(status: int) -> None:
    assert is_final_http(status)


@pytest.mark.parametrize("status", [408, 409, 421, 423, 425, 429, 500, 502, 503, 504, 599])
def test_later_perhaps_is_not_final(status: int) -> None:
    assert not is_final_http(status)


@pytest.mark.parametrize(
    ("status", "success"), [(199, False), (200, True), (204, True), (299, True), (300, False)]
)
def test_two_hundreds_are_successes(status: int, *, success: bool) -> None:
    assert is_success_http(status) is success


@pytest.mark.parametrize("status", [200, 202, 504, 524])
def test_an_accepted_request_and_a_vain_wait_of_a_gateway_are_doubtful(status: int) -> None:
    assert is_doubtful_http(status)


@pytest.mark.parametrize("status", [302, 404, 408, 429, 500, 502, 503])
def test_a_refusal_is_certain(status: int) -> None:
    assert not is_doubtful_http(status)


def test_mail_servers_mean_the_opposite_by_four_and_five() -> None:
    assert not is_final_smtp(421)
    assert not is_final_smtp(452)
    assert is_final_smtp(535)
    assert is_final_smtp(550)


def test_a_cause_is_told_in_words_without_the_address() -> None:
    line = "HTTPConnectionPool(host='x'): url: /S3cret ([Errno 111] Connection refused)"
    assert cause_in(["other", line]) == "connection refused"


def test_no_cause_is_no_text() -> None:
    assert cause_in(["something else", ""]) == ""
