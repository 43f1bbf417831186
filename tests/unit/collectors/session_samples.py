"""What a sample of a session says, for the tests of the sessions collector."""

from datetime import datetime

from monitor.core.kinds import SESSION
from monitor.core.sample import Collected, Sample
from tests.builders import shown
from tests.wires import START

METRICS = [metric.name for metric in SESSION.metrics]


def values(sample: Sample, at: datetime = START) -> dict[str, float | None]:
    return dict(zip(METRICS, shown(sample, at), strict=True))


def only(collected: Collected) -> Sample:
    (sample,) = collected.samples
    return sample


def truths(sample: Sample) -> set[str]:
    return {name for name, value in values(sample).items() if value == 1 and "_s" not in name[-2:]}
