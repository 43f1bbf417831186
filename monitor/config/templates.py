"""Templates of `summary`: Jinja2 in its sandbox, checked when the configuration is loaded."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.config.names import suggestion
from monitor.core.phrases import in_words

LONGEST = 2000
"""Characters that a template may have."""

_LONGEST_S = 1e9

Render = Callable[[Mapping[str, object]], str]

_FORBIDDEN = (
    nodes.For,
    nodes.Macro,
    nodes.CallBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.FilterBlock,
)


def duration(value: object) -> str:
    """Write seconds as people say them: `7384` is "2 h 3 min"."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "unknown"
    return in_words(timedelta(seconds=min(value, _LONGEST_S)))


def number(value: object) -> str:
    """Write a number without needless digits: `1234.0` is "1,234"."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "unknown"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def percent(value: object) -> str:
    """Write a ratio as a percentage: `0.934` is "93.4%"."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "unknown"
    return f"{number(round(value * 100, 1))}%"


FILTERS: Mapping[str, Callable[[object], str]] = {
    "duration": duration,
    "number": number,
    "percent": percent,
}


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    # Messages are plain text: each channel escapes for itself.
    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    environment.globals.clear()
    environment.filters.update(FILTERS)
    return environment


def compile_summary(text: str, known: Iterable[str]) -> Render:
    """Compile a template over the given names.

    What it renders is one line. Rendering fails with whatever Jinja2 or the template's own sums
    raise; the caller has a sentence to stand in.

    Raises:
        ValueError: it cannot be read, or uses a name that does not exist.
    """
    if len(text) > LONGEST:
        msg = f"must not be longer than {LONGEST} characters"
        raise ValueError(msg)
    environment = _environment()
    names = set(known)
    try:
        parsed = environment.parse(text)
        if any(True for _ in parsed.find_all(_FORBIDDEN)):
            raise ValueError("may use {{ … }} and {% if … %} only")
        template = environment.from_string(text)
    except TemplateSyntaxError as error:
        msg = f"is not a template: {error.message}"
        raise ValueError(msg) from None
    for wrong in sorted(meta.find_undeclared_variables(parsed) - names):
        msg = f'nothing is called "{wrong}" here; {suggestion(wrong, names)}'
        raise ValueError(msg)

    def render(values: Mapping[str, object]) -> str:
        return " ".join(template.render(values).split())

    return render
