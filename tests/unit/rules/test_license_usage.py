from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.rules.license_usage import RULE, Options
from tests.builders import a_sample, a_subject


def a_license(allowed: float, used: float) -> Sample:
    ratio = {"used_ratio": used / allowed} if allowed > 0 else {}
    return a_sample(a_subject("Unattended", kind="license"), allowed=allowed, used=used, **ratio)


def test_all_licenses_in_use_is_fine_and_one_more_is_not(
    make_rule: Callable[..., Rule], verdict: Callable[..., str], sentence: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    assert verdict(rule, a_license(4, 4)) == "fine"
    assert verdict(rule, a_license(4, 5)) == "breached"
    assert sentence(rule, a_license(4, 5)) == (
        "5 of 4 Unattended licenses are in use (125%, limit 100%)"
    )


def test_where_nothing_is_allowed_there_is_no_share_to_judge(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    assert verdict(make_rule(RULE), a_license(0, 1)) == "unclear"
    assert verdict(make_rule(RULE), a_license(-1, 1)) == "unclear"


def test_scarcity_is_strictly_more_than_the_share(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE, above="90%")
    assert verdict(rule, a_license(10, 9)) == "fine"
    assert verdict(rule, a_license(100, 91)) == "breached"


def test_a_percentage_without_its_sign_is_refused_with_a_cure() -> None:
    with pytest.raises(ValidationError, match=r'write "90%" or 0\.9'):
        Options.model_validate({"above": 90})
