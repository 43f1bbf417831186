from datetime import timedelta

import pytest
import typer

from monitor.cli.moments import moment
from tests.builders import NOW


def test_an_option_names_a_moment() -> None:
    assert moment("7d").before(NOW) == NOW - timedelta(days=7)


def test_an_option_that_names_none_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="must be how long ago"):
        moment("yesterday")
