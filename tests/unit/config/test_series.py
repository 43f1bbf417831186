import pytest

from monitor.config.load import parse
from monitor.config.series import LONGEST, Mistake, points, read_series
from monitor.core.kinds import KINDS
from monitor.core.timeline import Mark, Series

ABSENT, FAILED = Mark.ABSENT, Mark.FAILED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2 3", (1, 2, 3)),
        ("0x3 900x2", (0, 0, 0, 900, 900)),
        ("-1.5 .5 2. 1e3", (-1.5, 0.5, 2, 1000)),
        ("-2x2", (-2, -2)),
        ("_ !", (ABSENT, FAILED)),
        ("_x2 !x2 ?x2", (ABSENT, ABSENT, FAILED, FAILED, None, None)),
        ("10+5x3", (10, 15, 20)),
        ("10-5x3", (10, 5, 0)),
        ("-2+4x2", (-2, 2)),
        ("0.5+0.25x2", (0.5, 0.75)),
        ("  7\n 8 ", (7, 8)),
        ("5+0x1", (5,)),
    ],
)
def test_a_text_says_values_step_by_step(text: str, expected: tuple[object, ...]) -> None:
    assert points(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("1 two", '"two" is not a value'),
        ("1,2", '"1,2" is not a value'),
        ("0x", '"0x" is not a value'),
        ("_+1x2", '"_+1x2" is not a value'),
        ("1+-2x3", '"1+-2x3" is not a value'),
        ("nan", '"nan" is not a value'),
        ("1+2", "write 1+2x3"),
        ("0x0", "from 1 to 100,000 steps"),
        (f"0x{LONGEST + 1}", "from 1 to 100,000 steps"),
        (f"0x{LONGEST} 1", "from 1 to 100,000 steps"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(text: str, why: str) -> None:
    with pytest.raises(Mistake, match=why.replace("+", r"\+")):
        points(text)


def test_the_longest_series_is_read() -> None:
    assert len(points(f"0x{LONGEST}")) == LONGEST


def read(text: str, tenants: dict[str, dict[str, str]] | None = None) -> Series:
    source = parse(f"series = {text}", "rules.toml")
    series, problems = read_series(source.data["series"], tenants or {}, source, ("series",))
    assert problems == []
    assert series is not None
    return series


def mistakes(text: str) -> list[str]:
    source = parse(f"series = {text}", "rules.toml")
    series, problems = read_series(source.data["series"], {}, source, ("series",))
    assert series is None
    return [f"{problem.key}: {problem.message}" for problem in problems]


def metric(series: Series, name: str) -> list[float | Mark | None]:
    index = KINDS[series.subject.kind].index(name)
    return [step if isinstance(step, Mark) else step[index] for step in series.steps]


def test_each_metric_has_its_own_text_and_others_are_not_known() -> None:
    series = read(
        '{ subject = { kind = "queue", name = "A" }, new_items = "1 2", failed_items = "7" }'
    )

    assert metric(series, "new_items") == [1, 2]
    assert metric(series, "failed_items") == [7, 7]
    assert metric(series, "successful_items") == [None, None]


def test_a_mark_in_one_metric_is_for_the_whole_step_and_a_failure_is_stronger() -> None:
    series = read(
        '{ subject = { kind = "queue", name = "A" }, new_items = "1 _ _ ?", failed_items = "7 7 ! 7" }'
    )

    assert metric(series, "new_items") == [1, ABSENT, FAILED, None]
    assert metric(series, "failed_items") == [7, ABSENT, FAILED, 7]


@pytest.mark.parametrize(
    ("subject", "identity", "name", "labels"),
    [
        (
            '{ kind = "queue", tenant = "prod", name = "Invoices", folder = "Finance" }',
            ("prod", "queue", "Invoices"),
            "Invoices",
            {"queue": "Invoices", "folder": "Finance"},
        ),
        ('{ kind = "queue", queue = "A" }', ("test", "queue", "A"), "A", {"queue": "A"}),
        (
            '{ kind = "session", key = "42", name = "R1", robot = "other" }',
            ("test", "session", "42"),
            "R1",
            {"robot": "other"},
        ),
        ('{ kind = "machine", name = "vm" }', ("test", "machine", "vm"), "vm", {"host": "vm"}),
        (
            '{ kind = "license", name = "Unattended" }',
            ("test", "license", "Unattended"),
            "Unattended",
            {"license_type": "Unattended"},
        ),
        ('{ kind = "session", key = "42" }', ("test", "session", "42"), "42", {"robot": "42"}),
        ('{ kind = "subscription" }', ("test", "subscription", "test"), "test", {}),
        (
            '{ kind = "subscription", tenant = "prod", name = "the license" }',
            ("prod", "subscription", "the license"),
            "the license",
            {},
        ),
    ],
)
def test_a_subject_is_named_as_its_collector_names_it(
    subject: str, identity: tuple[str, str, str], name: str, labels: dict[str, str]
) -> None:
    kind = identity[1]
    metric_name = KINDS[kind].metrics[0].name

    found = read(f'{{ subject = {subject}, {metric_name} = "1" }}').subject

    assert (found.identity, found.name, dict(found.labels)) == (identity, name, labels)


def test_a_known_tenant_gives_its_labels() -> None:
    text = '{ subject = { kind = "queue", tenant = "prod", name = "A" }, new_items = "1" }'

    labels = read(text, {"prod": {"region": "emea"}}).subject.labels

    assert labels == {"region": "emea", "queue": "A"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ new_items = "1" }', ["series.subject: is missing: it must be a table such as"]),
        ('{ subject = "A" }', ["series.subject: must be a table such as"]),
        (
            '{ subject = { name = "A" }, new_items = "1" }',
            ["series.subject.kind: is missing: one of session, machine, queue, license"],
        ),
        (
            '{ subject = { kind = "queu", name = "A" }, new_items = "1" }',
            ['series.subject.kind: no such kind of subject; did you mean "queue"?'],
        ),
        (
            '{ subject = { kind = "collector", name = "queues" }, failed_polls = "1" }',
            ["series.subject.kind: follows from the polls that fail (`!`)"],
        ),
        (
            '{ subject = { kind = "queue" }, new_items = "1" }',
            ["series.subject.name: is missing: what people call it"],
        ),
        (
            '{ subject = { kind = 1, name = "A", folder = ["x"] }, new_items = "1" }',
            [
                "series.subject.kind: must be text in quotes",
                "series.subject.folder: must be text in quotes",
            ],
        ),
        (
            '{ subject = { kind = "queue", name = "A" }, new_itmes = "1", failed_items = 3 }',
            [
                'series.new_itmes: a queue has no such metric; did you mean "new_items"?',
                "series.failed_items: must be text in quotes",
            ],
        ),
        (
            '{ subject = { kind = "queue", name = "A" }, new_items = "one" }',
            ['series.new_items: "one" is not a value'],
        ),
        (
            '{ subject = { kind = "queue", name = "A" } }',
            ['series: no metric is given; write one such as new_items = "0x3 900x6"'],
        ),
    ],
)
def test_every_mistake_is_told_with_its_cure(text: str, expected: list[str]) -> None:
    found = mistakes(text)

    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)
