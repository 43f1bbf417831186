"""Golden files: what people read, kept as text and reviewed as prose."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden/*.txt anew, for review"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name."""
    is_update = request.config.getoption("--update-golden", default=False)

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if is_update:
            file.write_text(text, encoding="utf-8")
        assert file.read_text(encoding="utf-8") == text, "see --update-golden"

    return compare
