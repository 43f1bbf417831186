"""`report`: how available robots were, what queues achieved, how licenses were used."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.moments import SinceMomentOption, UntilMomentOption
from monitor.cli.options import ConfigOption, noun
from monitor.core.moment import Moment

if TYPE_CHECKING:
    from monitor.cli.report_form import Report
    from monitor.cli.report_scope import Scope

DEFAULT_LENGTH = timedelta(days=30)

APP = noun("Availability of robots, work of queues, use of licenses; compared with before.")


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


class By(StrEnum):
    """What availability is told of."""

    ROBOT = "robot"
    HOST = "host"
    FOLDER = "folder"


NameOption = Annotated[
    str | None, typer.Option(metavar="GLOB", help="Only names like this: 'Invoice*'.")
]
TenantOption = Annotated[str | None, typer.Option(metavar="NAME", help="Only this tenant.")]
TopOption = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Only the N worst; sums are of all.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="How to print it.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --format json.")]


@APP.command("availability")
def availability(
    config: ConfigOption = None,
    *,
    since: SinceMomentOption = None,
    until: UntilMomentOption = None,
    name: NameOption = None,
    tenant: TenantOption = None,
    by: Annotated[
        By, typer.Option(help="One row for each of these.", show_default=True)
    ] = By.ROBOT,
    attended: Annotated[
        bool,
        typer.Option(
            "--attended", help="Count the robots of people as well, and those without a known type."
        ),
    ] = False,
    top: TopOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Show which share of the time robots could have worked, the least available first.

    Planned maintenance and time in which nothing was seen are left out, and said. Without --since
    the last 30 days; compared with as long a time just before.
    """
    from monitor.cli import report_availability  # noqa: PLC0415 - slow to import

    def make(scope: "Scope") -> "Report":
        return report_availability.report(scope, by=by.value, with_attended=attended)

    _run(make, config, since, until, name, tenant, top, Format.JSON if as_json else form)


@APP.command("queues")
def queues(
    config: ConfigOption = None,
    *,
    since: SinceMomentOption = None,
    until: UntilMomentOption = None,
    name: NameOption = None,
    tenant: TenantOption = None,
    top: TopOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Show items finished and failed, handling time and backlog, the most failed first.

    Without --since the last 30 days; compared with as long a time just before.
    """
    from monitor.cli import report_queues  # noqa: PLC0415 - slow to import

    chosen = Format.JSON if as_json else form
    _run(report_queues.report, config, since, until, name, tenant, top, chosen)


@APP.command("licenses")
def licenses(
    config: ConfigOption = None,
    *,
    since: SinceMomentOption = None,
    until: UntilMomentOption = None,
    name: NameOption = None,
    tenant: TenantOption = None,
    top: TopOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Show peak and mean use of each license type, the scarcest first.

    Without --since the last 30 days; compared with as long a time just before.
    """
    from monitor.cli import report_licenses  # noqa: PLC0415 - slow to import

    chosen = Format.JSON if as_json else form
    _run(report_licenses.report, config, since, until, name, tenant, top, chosen)


def _run(
    make: Callable[["Scope"], "Report"],
    config: Path | None,
    since: Moment | None,
    until: Moment | None,
    name: str | None,
    tenant: str | None,
    top: int | None,
    form: Format,
) -> None:
    from monitor.cli import report_page, report_print  # noqa: PLC0415 - slow to import
    from monitor.cli.report_scope import Scope  # noqa: PLC0415 - with them

    with opened(config) as history:
        end = min(until.before(history.now) if until else history.now, history.now)
        begin = since.before(history.now) if since else end - DEFAULT_LENGTH
        if begin >= end:
            raise typer.BadParameter("must be after --since", param_hint="--until")
        made = make(Scope(history=history, period=(begin, end), name=name, tenant=tenant, top=top))
    match form:
        case Format.TABLE:
            report_print.print_as_table(made)
        case Format.CSV:
            report_print.print_as_csv(made)
        case Format.JSON:
            report_print.print_as_json(made)
        case Format.HTML:
            report_page.print_as_html(made)
