"""Licenses of a type run out, or are overused.

Source: Orchestrator reference, licenses: usage above what is allowed does happen; where nothing is
allowed there is no ratio to judge. All in use at the peak is normal for runtimes.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType, Share

MOST = 10.0


def _plausible(value: float) -> float:
    if value > MOST:
        msg = f'{value:g} is {value:.0%} of what is allowed: write "{value:g}%" or {value / 100:g}'
        raise ValueError(msg)
    return value


class Options(RuleOptions):
    """How many licenses may be in use."""

    above: Annotated[Share, AfterValidator(_plausible)] = Field(
        default=1.0, description="more than this share of the licenses allowed is in use"
    )


def condition(options: Options) -> Condition:
    """Compare the ratio: strictly more, so that "100%" means more than there are."""
    return Condition(
        kind="license",
        when=f"used_ratio > {options.above!r}",
        value="used_ratio",
        limit=options.above,
        summary=(
            "{{ used | number }} of {{ allowed | number }} {{ name }} licenses are in use"
            " ({{ value | percent }}, limit {{ limit | percent }})"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help=(
        'More than `above` of the licenses of a type are in use; "100%" means more than there are, '
        '"90%" that they are getting scarce.'
    ),
    example="""\
[rules.license-usage]
type = "license-usage"
above = "90%"
for = "15m"
""",
)
