"""`rules`: what opens an alert."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import replay, rule_trials
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import Column, print_json, say, table
from monitor.web.wording import count, number

APP = noun("What opens an alert.")
replay.add_to(APP)


@APP.command("list")
def list_rules(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List the rules in force, also those that are switched off."""
    found = _rules(config)
    if as_json:
        print_json(found)
        return
    table(
        [
            Column(title="rule"),
            Column(title="type"),
            Column(title="severity"),
            Column(title="limit", right=True),
            Column(title="for"),
            Column(title="every"),
            Column(title="where"),
        ],
        [
            (
                str(rule["name"]) + ("" if rule["enabled"] else " (off)"),
                str(rule["type"]),
                str(rule["severity"] or ""),
                "" if rule["limit"] is None else number(float(str(rule["limit"]))),
                str(rule["for"]),
                str(rule["kind"] or ""),
                str(rule["where"]),
            )
            for rule in found
        ],
    )
    built_in = sum(bool(rule["built_in"]) for rule in found)
    if built_in:
        say(f"{count(built_in, 'rule')} built in; docs/rules.md says how to write others.")


@APP.command("test")
def try_rules(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files of timelines; a directory: all in it."),
    ],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Play timelines against rules: what opens, and who is told when.

    `--config` gives the rules and routes for files that have none of their own. Exits with 1 when
    a timeline comes out differently than expected.
    """
    ran = []
    for trials in rule_trials.read(files, config):
        for one in rule_trials.run(trials):
            ran.append(one)
            if not as_json:
                rule_trials.show(one)
    if as_json:
        print_json([one.json() for one in ran])
    else:
        say(rule_trials.summary(ran))
    if any(one.failures for one in ran):
        raise typer.Exit(1)


def _rules(config: Path | None) -> list[dict[str, object]]:
    from monitor.config.load import load  # noqa: PLC0415 - slow to import
    from monitor.core.duration import format_duration  # noqa: PLC0415 - with the rest

    configuration = load(config, read_secrets=False)
    compiled = {rule.name: rule for rule in configuration.rules}
    written = configuration.settings.rules
    found: list[dict[str, object]] = []
    for rule_table in configuration.rule_tables:
        rule = compiled.get(rule_table.name)
        keys = rule_table.keys
        found.append(
            {
                "name": rule_table.name,
                "type": rule_table.type,
                "enabled": rule is not None,
                "built_in": written is None or rule_table.name not in written,
                "severity": keys.severity if rule is None else rule.severity.value,
                "kind": None if rule is None else rule.kind,
                "limit": None if rule is None else rule.limit,
                "for": "" if rule is None else format_duration(rule.policy.hold),
                "keep_open": "" if rule is None else format_duration(rule.policy.keep_open),
                "where": str(keys.where if rule is None else rule.where),
                "channels": list(keys.channels),
                "labels": dict(keys.labels),
            }
        )
    return found
