"""`db`: the history's database, its schema, its age, its copies."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import complain, print_json, say
from monitor.clock import SystemClock
from monitor.errors import StoreError

APP = noun("The history's database: its schema, its age, its copies.")


@APP.command("upgrade")
def upgrade(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Create the database, or bring its schema up to this program; safe beside a running daemon.

    Views that are missing, or are others than the program's, are made anew.
    """
    from monitor.store.drift import mend_views  # noqa: PLC0415 - slow to import
    from monitor.store.schema import upgrade as run_upgrade  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        done = run_upgrade(history.store)
        mended = mend_views(history.store)
        place = history.store.place.shown
    if as_json:
        print_json({"database": place, "before": done.before, "after": done.after, "views": mended})
    elif mended:
        say(f"{place}: schema {done.after} is current, {mended} of its views made anew")
    elif not done.changed:
        say(f"{place}: schema {done.after} is current, nothing to do")
    elif done.before is None:
        say(f"{place}: created with schema {done.after}")
    else:
        say(f"{place}: upgraded from schema {done.before} to {done.after}")


@APP.command("check")
def check(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Examine the database: its file, its schema, its views, and whether every row belongs.

    Says what to do about what is wrong, and exits with 4 then. Looks at every row: that takes a
    while with a large history. It changes nothing, and nobody waits for it.
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
                    "problems": [
                        {
                            "about": problem.about.value,
                            "what": problem.what,
                            "cure": problem.cure,
                            "rows": problem.rows,
                        }
                        for problem in found.problems
                    ],
                }
            )
        elif found.is_sound:
            say(f"{place}: fine, schema {found.version.revision} is current")
        elif found.version.state is not SchemaState.CURRENT and len(found.problems) == 1:
            # Says what to do about it at more length than the finding does.
            require_current(history.store.database)
        else:
            complain("\n".join(f"{place}: {problem}" for problem in found.problems))
    if not found.is_sound:
        raise typer.Exit(StoreError.exit_status)


@APP.command("prune")
def prune(
    config: ConfigOption = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and delete nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete what `[retention]` says is too old, and give its space back.

    The daemon does it by itself, a little at a time. Safe beside it: it gets its turn in between.
    """
    from monitor.cli.pruned import as_data, as_text  # noqa: PLC0415 - slow to import
    from monitor.config.history import retention_of  # noqa: PLC0415 - slow to import
    from monitor.store.pruning import look  # noqa: PLC0415 - slow to import
    from monitor.store.pruning import prune as run_prune  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        kept = retention_of(history.configuration)
        place = history.store.place.shown
        if dry_run:
            done = look(history.store, kept, history.now)
        else:
            done = run_prune(history.store, kept, SystemClock(), threading.Event().wait)
    if as_json:
        print_json({"database": place, "dry_run": dry_run, **as_data(done)})
    else:
        for line in as_text(done, dry_run=dry_run):
            say(f"{place}: {line}")


@APP.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    config: ConfigOption = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copy the database while the daemon writes, and verify the copy.

    SQLite only; for Postgres it says which tool to use.
    """
    from monitor.cli.pruned import size  # noqa: PLC0415 - slow to import
    from monitor.store.backup import back_up  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        place = history.store.place
        done = back_up(place, file, force=force)
    if as_json:
        print_json(
            {
                "database": place.shown,
                "file": str(done.file),
                "bytes": done.bytes,
                "revision": done.revision,
            }
        )
    else:
        say(f"{done.file}: {size(done.bytes)}, schema {done.revision}, verified")
