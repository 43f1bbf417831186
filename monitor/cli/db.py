"""`db`: the history's database and its schema."""

import typer

from monitor.cli.context import opened
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import complain, print_json, say
from monitor.errors import StoreError

APP = noun("The history's database and its schema.")


@APP.command("upgrade")
def upgrade(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Create the database, or bring its schema up to this program; safe beside a running daemon."""
    from monitor.store.schema import upgrade as run_upgrade  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        done = run_upgrade(history.store)
        place = history.store.place.shown
    if as_json:
        print_json({"database": place, "before": done.before, "after": done.after})
    elif not done.changed:
        say(f"{place}: schema {done.after} is current, nothing to do")
    elif done.before is None:
        say(f"{place}: created with schema {done.after}")
    else:
        say(f"{place}: upgraded from schema {done.before} to {done.after}")


@APP.command("check")
def check(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Examine the database: its file, its schema, its tables and views.

    Exits with 4 when something is wrong with it.
    """
    from monitor.store.check import check as examine  # noqa: PLC0415 - slow to import
    from monitor.store.version import SchemaState, require_current  # noqa: PLC0415 - slow

    with opened(config) as history:
        place = history.store.place.shown
        found = examine(history.store)
        if as_json:
            print_json(
                {
                    "database": place,
                    "revision": found.version.revision,
                    "state": found.version.state.value,
                    "findings": list(found.findings),
                }
            )
        elif found.is_sound:
            say(f"{place}: fine, schema {found.version.revision} is current")
        elif found.version.state is not SchemaState.CURRENT:
            # Says what to do about it, which the finding does not.
            require_current(history.store.database)
        else:
            complain("\n".join(f"{place}: {finding}" for finding in found.findings))
    if not found.is_sound:
        raise typer.Exit(StoreError.exit_status)
