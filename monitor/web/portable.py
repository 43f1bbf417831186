"""Values as every reader of JSON understands them."""

from collections.abc import Mapping

_EXACT = 2**53


def portable(value: object) -> object:
    """Return whole floats as whole numbers, and null for a number that JSON cannot say."""
    match value:
        case float():
            if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
                return None
            return int(value) if value.is_integer() and abs(value) < _EXACT else value
        case Mapping():
            return {str(key): portable(item) for key, item in value.items()}
        case list() | tuple():
            return [portable(item) for item in value]
        case _:
            return value
