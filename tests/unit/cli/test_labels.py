import pytest
import typer

from monitor.cli.labels import glob_hints, labels_of, shown_labels, where_of


def test_matchers_must_all_match() -> None:
    where = where_of(["name=~Inv.*", "severity!=critical", 'team="a b"'], "--where")

    assert where.matches({"name": "Invoices", "severity": "warning", "team": "a b"})
    assert not where.matches({"name": "Invoices", "severity": "critical", "team": "a b"})


@pytest.mark.parametrize(
    ("texts", "hint"),
    [
        ([], "--where 'severity=~.*'"),
        (["Invoices"], "is not a matcher"),
        ([""], "is not a matcher"),
        (["name==x"], "unknown operator"),
        (["name=~("], "not a regular expression"),
    ],
)
def test_what_says_nothing_sensible_is_refused_with_the_cure(texts: list[str], hint: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        where_of(texts, "--where")

    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("name=VM-*", "name=~x.*"),
        ("name!=VM-*", "name!~x.*"),
        ("name=~VM-.*", None),
        ("name=Invoices", None),
    ],
)
def test_a_wildcard_in_a_plain_matcher_is_worth_a_word(text: str, hint: str | None) -> None:
    found = list(glob_hints(where_of([text], "--where")))

    assert [hint in one for one in found if hint] == ([True] if hint else [])
    assert len(found) == bool(hint)


def test_a_label_has_a_name_and_perhaps_a_value_with_an_equals_sign() -> None:
    assert labels_of(["folder=A=B", "host="]) == {"folder": "A=B", "host": ""}
    for wrong in ("folder", "=x", " =x"):
        with pytest.raises(typer.BadParameter, match="folder=Finance"):
            labels_of([wrong])


def test_labels_are_shown_without_the_empty_ones() -> None:
    assert shown_labels({"kind": "queue", "host": "", "name": "X"}) == "kind=queue, name=X"
