"""Labels and matchers on the command line, and the slips in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from monitor.core.matching import Operator, Where, is_glob, parse_matcher

if TYPE_CHECKING:
    from monitor.config.compose import Configuration

_EVERYTHING = "severity=~.*"


def where_of(texts: Sequence[str], option: str) -> Where:
    """Return what matchers such as `name=x`, `team=~a|b` say; all of them must match.

    Raises:
        typer.BadParameter: one is no matcher, or there is none at all.
    """
    if not texts:
        msg = f"say which alerts: --where name=Invoices; all of them: --where '{_EVERYTHING}'"
        raise typer.BadParameter(msg, param_hint=option)
    try:
        return Where(tuple(parse_matcher(text) for text in texts))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def labels_of(texts: Sequence[str]) -> dict[str, str]:
    """Return the labels that texts such as `folder=Finance` say.

    Raises:
        typer.BadParameter: one of them says none.
    """
    labels = {}
    for text in texts:
        label, equals, value = text.partition("=")
        if not equals or not label.strip():
            msg = f"{text!r} is not a label: write it like folder=Finance"
            raise typer.BadParameter(msg, param_hint="LABEL=VALUE")
        labels[label.strip()] = value
    return labels


def known_labels(configuration: "Configuration") -> frozenset[str]:
    """Return every label that an alert may have."""
    from monitor.config.notices import ROUTE_LABELS  # noqa: PLC0415 - slow to import
    from monitor.core.kinds import KINDS  # noqa: PLC0415 - with it

    return frozenset(ROUTE_LABELS).union(
        *(kind.labels for kind in KINDS.values()),
        *(tenant.labels for tenant in configuration.tenants.values()),
        *(rule.labels for rule in configuration.rules),
    )


def unknown_labels(
    names: Iterable[str], configuration: "Configuration", option: str
) -> tuple[str, ...]:
    """Return a remark for each label that no alert has: there it equals the empty text.

    Raises:
        typer.BadParameter: one is a slip for another: `tenent!=x` would match everything.
    """
    from monitor.config.names import nearest  # noqa: PLC0415 - slow to import
    from monitor.config.values import SURE  # noqa: PLC0415 - with it

    known = known_labels(configuration)
    unknown = sorted({*names} - known)
    for name in unknown:
        meant = nearest(name, known, cutoff=SURE)
        if meant is not None:
            msg = f'no alert has the label "{name}"; did you mean "{meant}"?'
            raise typer.BadParameter(msg, param_hint=option)
    return tuple(f'no alert has the label "{name}": it equals the empty text' for name in unknown)


def glob_hints(where: Where) -> Iterator[str]:
    """Say how wildcards are written in matchers, where somebody took them for granted."""
    for matcher in where.matchers:
        if matcher.operator in (Operator.EQUAL, Operator.UNEQUAL) and is_glob(matcher.values[0]):
            other = Operator.REGEX if matcher.operator is Operator.EQUAL else Operator.NOT_REGEX
            yield (
                f"{matcher} takes its wildcards as they are; a regular expression is written "
                f"{matcher.name}{other}x.*"
            )


def shown_labels(labels: Mapping[str, str]) -> str:
    """Return `kind=queue, name=Invoices`, without the empty ones."""
    return ", ".join(f"{name}={value}" for name, value in labels.items() if value)
