import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.plain import clean, clipped, inert


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoices", "Invoices"),
        ("Größe 請求書", "Größe 請求書"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("a\r\nb\tc", "a b c"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("  a   b ", "a b"),
        ("\x1b[31mred\x07", "[31mred"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
        ("nul\x00", "nul"),
    ],
)
def test_a_text_becomes_one_harmless_line(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "@here now",
        "<!channel>",
        "<@U024BE7LH>",
        "<@&123>",
        "<#C024BE7LR>",
        "<https://evil.example|harmless>",
        "[harmless](https://evil.example)",
        "<script>alert(1)</script>",
        "a@\u200beveryone",
    ],
)
def test_a_mention_is_broken_and_still_looks_the_same(text: str) -> None:
    made = inert(text)
    assert made.replace("\u200b", "") == text.replace("\u200b", "")
    for meaning in ("@everyone", "@here", "<!", "<@", "<#", "<h", "](", "<s", "</"):
        assert meaning not in made


def test_a_plain_name_is_left_as_it_is() -> None:
    assert inert("ACME\\robot-7 (a < b, 5 @ 3 [x])") == "ACME\\robot-7 (a < b, 5 @ 3 [x])"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert inert(inert(text)) == inert(text)


@given(st.text(st.characters()))
def test_no_control_or_surrogate_is_left(text: str) -> None:
    made = clean(text)
    made.encode()
    assert not {unicodedata.category(c) for c in made} & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_clipped_text_is_never_longer_and_says_that_it_was(text: str, length: int) -> None:
    made = clipped(text, length)
    assert len(made) <= length
    assert made == text or made.endswith("…")
