"""Any condition over the metrics and labels of one kind, in the language of `core.expression`."""

from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from monitor.core.expression import Translator
from monitor.core.grammar import parse
from monitor.core.kinds import KINDS
from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType


def _known_kind(value: str) -> str:
    if value not in KINDS:
        near = get_close_matches(value, KINDS, 1)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        msg = f"no such kind of subject; {hint}use one of {', '.join(KINDS)}"
        raise ValueError(msg)
    return value


class Options(RuleOptions):
    """What is judged, and when it is bad."""

    subject: Annotated[str, AfterValidator(_known_kind)] = Field(
        description="the kind of subject", json_schema_extra={"enum": list(KINDS)}
    )
    when: str = Field(description="the expression that must hold for an alert to open")

    @field_validator("when")
    @classmethod
    def _is_expression(cls, value: str, info: ValidationInfo) -> str:
        tree = parse(value)
        if "subject" in info.data:
            Translator(KINDS[info.data["subject"]]).truth(tree)
        return value


def condition(options: Options) -> Condition:
    """Leave value and limit to the first comparison with a constant."""
    return Condition(
        kind=options.subject,
        when=options.when,
        value="",
        summary=(
            "{{ name }}: "
            "{% if value is not none and limit is not none %}"
            "{{ value | number }} (limit {{ limit | number }})"
            "{% else %}its condition holds{% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help=(
        "An expression over the metrics of a kind of subject holds; window functions look back "
        "over history."
    ),
    example="""\
[rules.stuck-queue]
type = "expression"
subject = "queue"
when = "new_items > 0 and increase(successful_items, '1h') == 0"
""",
)
