"""Copies with some fields changed: the same as by `dataclasses.replace`."""

from dataclasses import replace

import pytest

from monitor.core.alert import Phase
from monitor.core.evolve import evolve
from tests.builders import after
from tests.unit.core.some_alerts import an_alert


def test_a_copy_has_the_changes_and_the_rest_as_it_was() -> None:
    alert = an_alert()
    changes = {"phase": Phase.RESOLVED, "resolved_at": after(60), "value": None}

    assert evolve(alert, **changes) == replace(alert, **changes)  # type: ignore[arg-type]
    assert evolve(alert) == alert
    assert evolve(alert) is not alert


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        evolve(an_alert(), colour=Phase.RESOLVED)
