"""`db`: the history's database and its schema."""

from monitor.cli.context import opened
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import print_json, say

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
    """Tell whether the database can be read and its schema is this program's.

    Exits with 4 when not.
    """
    from monitor.store.version import require_current, schema_version  # noqa: PLC0415 - slow

    with opened(config) as history:
        version = schema_version(history.store.database)
        place = history.store.place.shown
        if as_json:
            print_json(
                {
                    "database": place,
                    "revision": version.revision,
                    "state": version.state.value,
                }
            )
        require_current(history.store.database)
    if not as_json:
        say(f"{place}: fine, schema {version.revision} is current")
