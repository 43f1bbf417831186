import pytest

from monitor.core.url_secrets import without_secrets_of


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "T1JJ3T3L2"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "TIiajkdnlazkcOXrIdevi7FQ"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", "abcdefg_hijklmnop"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", "123456789:abcdefg_hijklmnop"),
        ("json://user:pass%40word@localhost/x", "pass@word"),
        ("json://user:pass%40word@localhost/x", "pass%40word"),
        ("json://localhost:80/hook/S3cret?x=y", "S3cret"),
        ("json://localhost/?-key=S3cret%20two", "S3cret two"),
        ("json://localhost/?+Authorization=Bearer+S3cret", "Bearer S3cret"),
        ("mailto://me:p@ss.word@example.com", "ss.word"),
        ("https://hooks.slack.com/services/T0/B0/S3cret", "S3cret"),
    ],
)
def test_secret_parts_are_taken_out(url: str, secret: str) -> None:
    assert secret not in without_secrets_of(url, f"could not post to <{secret}>")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("json://hooks.example.com:8080/S3cret", "hooks.example.com"),
        ("json://127.0.0.1:8080/S3cret", "127.0.0.1"),
        ("json://[::1]:8080/S3cret", "::1"),
        ("json://localhost/S3cret", "localhost"),
        ("mailto://me:pass@smtp.example.com?to=ops@example.com", "smtp.example.com"),
        ("mailto://me:pass@smtp.example.com?to=ops@example.com", "ops@example.com"),
        ("mailto://me:pass@smtp.example.com/ops%40example.com", "ops@example.com"),
    ],
)
def test_hosts_and_mail_addresses_are_left(url: str, shown: str) -> None:
    assert shown in without_secrets_of(url, f"no answer from {shown}.")


def test_a_text_that_quotes_nothing_stays() -> None:
    text = "Failed to send JSON POST notification: error=404."
    assert without_secrets_of("json://localhost/S3cret", text) == text
