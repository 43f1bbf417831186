from collections.abc import Mapping, Sequence

from monitor.core.alert import Alert, Phase
from monitor.core.inhibition import Inhibition, inhibitors
from monitor.core.matching import parse_where
from monitor.core.routing import alert_labels
from tests.unit.core.some_alerts import an_alert


def an_inhibition(
    source: Mapping[str, object], target: Mapping[str, object], *equal: str
) -> Inhibition:
    return Inhibition(
        name="one", source=parse_where(source), target=parse_where(target), equal=equal
    )


def muted(inhibitions: Sequence[Inhibition], *alerts: Alert) -> dict[str, list[str]]:
    """Return whom each alert is muted by, by rule."""
    found = inhibitors(inhibitions, [(alert, alert_labels(alert)) for alert in alerts])
    return {key.rule: [source.rule for source in sources] for key, sources in found.items()}


HOST = an_alert("SRV-01", rule="host", labels={"host": "SRV-01"})
ROBOT = an_alert("BOT-07", rule="robot", labels={"host": "SRV-01"})
EXPLAINS = an_inhibition({"rule": "host"}, {"rule": "robot"}, "host")


def test_an_open_problem_explains_others_with_the_same_labels() -> None:
    elsewhere = an_alert("BOT-08", rule="robot", labels={"host": "SRV-02"})
    assert muted([EXPLAINS], HOST, ROBOT) == {"robot": ["host"]}
    assert muted([EXPLAINS], HOST, elsewhere) == {}


def test_what_is_pending_or_over_explains_nothing() -> None:
    for phase in (Phase.PENDING, Phase.RESOLVED):
        source = an_alert("SRV-01", rule="host", labels={"host": "SRV-01"}, phase=phase)
        assert muted([EXPLAINS], source, ROBOT) == {}


def test_the_end_of_what_is_explained_is_kept_back_too() -> None:
    over = an_alert("BOT-07", rule="robot", labels={"host": "SRV-01"}, phase=Phase.RESOLVED)
    assert muted([EXPLAINS], HOST, over) == {"robot": ["host"]}


def test_only_targets_are_muted() -> None:
    other = an_alert("Invoices", rule="backlog", labels={"host": "SRV-01"})
    assert muted([EXPLAINS], HOST, other) == {}


def test_a_missing_label_equals_nothing() -> None:
    rule = an_inhibition({"rule": "a"}, {"rule": "b"}, "zone")
    assert muted([rule], an_alert(rule="a"), an_alert(rule="b")) == {}


def test_without_labels_to_compare_all_targets_are_muted() -> None:
    rule = an_inhibition({"rule": "a"}, {"rule": "b"})
    assert muted([rule], an_alert("X", rule="a"), an_alert("Y", rule="b")) == {"b": ["a"]}


def test_without_inhibitions_nothing_is() -> None:
    assert muted([], HOST, ROBOT) == {}


def test_several_may_explain_the_same_each_once() -> None:
    twice = an_inhibition({"rule": "host"}, {"kind": "queue", "rule": "robot"})
    rack = an_alert("RACK", rule="rack")
    by_rack = an_inhibition({"rule": "rack"}, {"rule": "robot"})
    assert muted([EXPLAINS, twice, by_rack], HOST, ROBOT, rack) == {"robot": ["host", "rack"]}


def test_what_matches_both_sides_is_not_muted_by_another_that_does() -> None:
    rule = an_inhibition({"severity": "warning"}, {"severity": "warning"})
    assert muted([rule], an_alert("X", rule="a"), an_alert("Y", rule="b")) == {}


def test_what_matches_both_sides_is_muted_by_what_is_a_source_alone() -> None:
    rule = an_inhibition({"rule": ["a", "b"]}, {"rule": ["b", "c"]})
    a, b, c = (an_alert(name, rule=name) for name in "abc")
    assert muted([rule], a, b, c) == {"b": ["a"], "c": ["a", "b"]}


def test_an_alert_does_not_mute_itself() -> None:
    assert muted([an_inhibition({"rule": "a"}, {})], an_alert(rule="a")) == {}


def test_a_chain_mutes_all_but_its_beginning() -> None:
    chain = [
        an_inhibition({"rule": "a"}, {"rule": "b"}),
        an_inhibition({"rule": "b"}, {"rule": "c"}),
    ]
    a, b, c = (an_alert(name, rule=name) for name in "abc")
    assert muted(chain, a, b, c) == {"b": ["a"], "c": ["b"]}


def test_who_would_mute_each_other_in_a_circle_are_all_told() -> None:
    circle = [
        an_inhibition({"rule": first}, {"rule": second})
        for first, second in ("ab", "bc", "ca", "cd")
    ]
    a, b, c, d = (an_alert(name, rule=name) for name in "abcd")
    assert muted(circle, a, b, c, d) == {"d": ["c"]}
    assert muted(circle, a, b) == {"b": ["a"]}


def test_a_circle_that_several_ways_lead_round_is_walked_once() -> None:
    ways = [
        an_inhibition({"rule": first}, {"rule": second})
        for first, second in ("ab", "ac", "bd", "cd", "de")
    ]
    a, b, c, d, e = (an_alert(name, rule=name) for name in "abcde")
    assert muted(ways, a, b, c, d, e) == {"b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["d"]}
