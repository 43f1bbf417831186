"""A moment of the past on the command line: how long ago, or when."""

from typing import Annotated

import typer

from monitor.core.moment import Moment, parse_moment


def moment(text: str) -> Moment:
    """Read an option such as `7d`, `2027-03-28`, or a time with or without its offset.

    Raises:
        typer.BadParameter: it is something else.
    """
    try:
        return parse_moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


SinceMomentOption = Annotated[
    Moment | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        parser=moment,
        help="From when on: how long ago (7d), or a time (2027-03-28, 2027-03-28T03:30).",
    ),
]
UntilMomentOption = Annotated[
    Moment | None,
    typer.Option("--until", metavar="WHEN", parser=moment, help="Up to when; default: now."),
]
