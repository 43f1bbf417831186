"""One trial: damaged answers, step by step, and what must hold after each."""

import math
import random
import time
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import NoReturn

import pytest

from monitor.core.sample import Collected, Failed, Snapshot
from tests.acceptance.fuzz_damage import Damage, Damager
from tests.acceptance.fuzz_estate import MARK
from tests.acceptance.fuzz_rows import ENTITIES, EVERYBODY, Who, name_of
from tests.acceptance.fuzz_site import ALL, Place, Site, Told, Watch, is_rare, picture
from tests.builders import shown

OFTEN_S, RARELY_S = 30.0, 930.0
MOST_SECONDS = 5.0
MOST_REQUESTS = 40
LONGEST = 2000
MOST_ABSENCES = 2
"""Whoever is missing from so many answers in a row is not gone yet."""

Happened = list[tuple[str, str, tuple[str, str, str]]]


class Trial:
    """Damages answers, one step after the other, and looks at what follows."""

    def __init__(self, watch: Watch, seed: str) -> None:
        self._watch = watch
        self._seed = seed
        self._usual: dict[tuple[str, str], dict[Who, Told]] = {}
        self._notes: dict[tuple[str, str], str] = {}
        self._places: dict[tuple[str, str], list[Place]] = {}
        self._standing: dict[str, set[tuple[str, Who]]] = {}
        self._open: dict[str, set[tuple[str, Who]]] = {}
        self._doing = ""
        self._is_blind = self._has_lost = False
        self.counts = {"answers": Counter[str](), "damage": Counter[str](), "polls": Counter[str]()}
        self._learn()

    @property
    def answers(self) -> int:
        """Count the damaged answers."""
        return self.counts["answers"].total()

    def step(self, number: int) -> None:
        """Damage the answers of one or two polls in a row, and let a good one follow."""
        chance = random.Random(f"{self._seed}-{number}")
        site = chance.choices(self._watch.sites, weights=(4, 1, 1, 2, 2, 2))[0]
        collector = chance.choices(list(ALL), weights=(4, 3, 2))[0]
        known = self._places[site.name, collector]
        touched: set[Who] = set()
        says = is_slow = self._is_blind = self._has_lost = False
        absences = 0
        for turn in range(5):
            if absences == MOST_ABSENCES or turn > chance.random() * 6:
                break
            places = frozenset(chance.sample(known, chance.randint(1, min(4, len(known)))))
            is_slow |= any(map(is_rare, places))
            self._watch.clock.advance(RARELY_S if any(map(is_rare, places)) else OFTEN_S)
            site.damaged = places
            site.damager = Damager(
                f"{self._seed}-{number}-{turn}",
                self._watch.clock.now(),
                _with_hosts({who for _, who in self._standing[site.name]}),
            )
            snapshot = self._poll(site, collector)
            self._doing = (
                f"FUZZ_SEED={self._seed} FUZZ_AT={number}, {site.name}, {collector}: "
                f"{' | '.join(map(str, site.done))}"
            )
            self._count(site.done, snapshot)
            for damage in site.done:
                touched |= damage.touched
                says |= damage.says
            happened = self._settle(site, snapshot)
            absences += any(d.loses or d.fails or d.says for d in site.done)
            self._look_at_damaged(site, collector, snapshot, touched, is_slow=is_slow)
            self._look_at_events(site, collector, happened, touched, says=says)
        site.damager = None
        self._watch.clock.advance(RARELY_S if is_slow or collector == "queues" else OFTEN_S)
        if says and collector == "queues":
            # Totals that were wrong are in the windows of rules as long as the last answer is.
            self._settle(site, self._poll(site, collector))
            self._watch.clock.advance(RARELY_S)
        self._good(site, collector)

    def end(self) -> None:
        """After some good polls all is as it was in the beginning, without a ghost."""
        for _ in range(4):
            self._watch.clock.advance(RARELY_S)
            for site in self._watch.sites:
                for collector in ALL:
                    self._good(site, collector)
        assert self._open == self._standing

    def _learn(self) -> None:
        for turn in range(2):
            for site in self._watch.sites:
                for collector in ALL:
                    snapshot = self._poll(site, collector)
                    outcome = snapshot.outcome
                    assert isinstance(outcome, Collected), (site.name, outcome)
                    assert not outcome.skipped
                    key = site.name, collector
                    self._usual[key] = picture(outcome, self._watch.clock)
                    self._notes[key] = outcome.note
                    if not turn:
                        asked = {place for place, status in site.asked if status == 200}
                        self._places[key] = sorted(
                            place for place in asked if name_of(place[0]) in ENTITIES
                        )
                    self._settle(site, snapshot)
            self._watch.clock.advance(OFTEN_S)
        for site in self._watch.sites:
            rare = {place for place in self._places[site.name, "sessions"] if is_rare(place)}
            self._places[site.name, "queues"] = sorted({*self._places[site.name, "queues"], *rare})
            self._standing[site.name] = set(self._open[site.name])
            assert len(self._standing[site.name]) >= 3, self._standing[site.name]

    def _poll(self, site: Site, collector: str) -> Snapshot:
        began = time.perf_counter()
        snapshot = site.poll(collector)
        took_s = time.perf_counter() - began
        self._must(took_s < MOST_SECONDS, f"took {took_s:.1f} s")
        self._must(snapshot.requests <= MOST_REQUESTS, f"{snapshot.requests} requests")
        outcome = snapshot.outcome
        self._must(not isinstance(outcome, Failed) or outcome.kind != "error", str(outcome)[:500])
        if isinstance(outcome, Collected):
            self._look_at_samples(outcome)
        return snapshot

    def _look_at_samples(self, outcome: Collected) -> None:
        for sample in outcome.samples:
            subject = sample.subject
            if not all(
                value is None or math.isfinite(value)
                for value in shown(sample, outcome.observed_at)
            ):
                self._fail(f"{sample}")
            for text in (subject.key, subject.name, *subject.labels.values()):
                if not _is_clean(text):
                    self._fail(f"{subject}: {text!r}")
            self._must(bool(subject.key and subject.name), "a subject without key or name")

    def _settle(self, site: Site, snapshot: Snapshot) -> Happened:
        happened = self._watch.settle(snapshot)
        open_ = self._open.setdefault(site.name, set())
        for event, rule, (tenant, kind, key) in happened:
            self._must(tenant == site.name, f"{tenant} is not {site.name}")
            if event in {"opened", "resolved"}:
                change = open_.add if event == "opened" else open_.discard
                change((rule, (kind, key)))
        return happened

    def _look_at_damaged(
        self,
        site: Site,
        collector: str,
        snapshot: Snapshot,
        touched: set[Who],
        *,
        is_slow: bool,
    ) -> None:
        outcome = snapshot.outcome
        vital = [d for d in site.done if _is_vital(d)]
        self._is_blind |= any((d.fails or d.loses) and EVERYBODY in d.touched for d in vital)
        self._has_lost |= any(d.loses for d in vital)
        if isinstance(outcome, Failed):
            is_weighty = self._needs_folders(site, collector)
            excuses = [d for d in vital if d.fails and (is_weighty or EVERYBODY not in d.touched)]
            self._must(bool(excuses), f"it failed: {outcome}")
            self._must(MARK not in outcome.message, outcome.message)
            self._must(_is_clean(outcome.message), repr(outcome.message))
            return
        found = picture(outcome, self._watch.clock)
        is_lost = any(d.fails or d.loses for d in vital)
        for who, usual in self._usual[site.name, collector].items():
            if who not in found and self._is_blind:
                self._must(self._has_lost or outcome.partial, f"{who} is gone, and said to be so")
                continue
            if who in touched:
                seen = who in found or is_lost or outcome.skipped > 0 or who[0] == "license"
                self._must(seen, f"{who} is gone, and nothing is said of it")
                continue
            self._must(who in found, f"{who} is gone")
            if found[who][0] != usual[0]:
                self._fail(f"{who}: {found[who][0]} for {usual[0]}")
            if not (is_slow or is_lost or outcome.skipped):
                self._must(found[who] == usual, f"{who} is described otherwise")
        junk = sum(d.junk for d in vital if not d.fails)
        self._must(outcome.skipped >= junk, f"{outcome.skipped} skipped, {junk} are junk")

    def _look_at_events(
        self, site: Site, collector: str, happened: Happened, touched: set[Who], *, says: bool
    ) -> None:
        for event, rule, (_, kind, key) in happened:
            who = kind, key
            is_known = who in self._usual[site.name, collector]
            is_ghost = not is_known and event == "resolved"
            self._must(says or is_ghost, f"{event} {rule} {who}, though nothing was said")
            # Of a host that is down its robots say nothing any more: those are not news of them.
            is_news = event not in {"muted", "unmuted"}
            self._must(
                not (is_known and is_news) or who in touched, f"{event} {rule} {who}, not touched"
            )

    def _good(self, site: Site, collector: str) -> None:
        snapshot = self._poll(site, collector)
        self._settle(site, snapshot)
        outcome = snapshot.outcome
        self._must(isinstance(outcome, Collected), f"the next poll: {outcome}")
        assert isinstance(outcome, Collected)
        key = site.name, collector
        found, usual = picture(outcome, self._watch.clock), self._usual[key]
        for who in found.keys() | usual.keys():
            if found.get(who) != usual.get(who):
                self._fail(f"then {who}: {found.get(who)} for {usual.get(who)}")
        self._must(outcome.note == self._notes[key] and not outcome.skipped, f"then {outcome.note}")
        known = {one for one in self._open[site.name] if one[1] in usual}
        standing = {one for one in self._standing[site.name] if one[1] in usual}
        self._must(known == standing, f"open then: {known ^ standing}")

    def _needs_folders(self, site: Site, collector: str) -> bool:
        return any(place[1] or "(" in place[0] for place in self._places[site.name, collector])

    def _count(self, done: list[Damage], snapshot: Snapshot) -> None:
        for damage in done:
            self.counts["answers"][name_of(damage.place.split(" ")[0])] += 1
            self.counts["damage"].update(damage.kinds)
        outcome = snapshot.outcome
        self.counts["polls"]["failed" if isinstance(outcome, Failed) else "good"] += 1
        if isinstance(outcome, Collected):
            self.counts["polls"]["rows skipped"] += outcome.skipped

    def _must(self, holds: bool, what: str) -> None:  # noqa: FBT001 - it reads like assert
        if not holds:
            self._fail(what)

    def _fail(self, what: str) -> NoReturn:
        pytest.fail(f"{self._doing}\n{what}"[:3000])


def _with_hosts(troubled: Collection[Who]) -> frozenset[Who]:
    """Add the hosts of sessions: with one row less a host may be down by what the others say."""
    hosts = {("machine", key.rpartition("/")[0]) for kind, key in troubled if kind == "session"}
    return frozenset({*troubled, *hosts})


def _is_vital(damage: Damage) -> bool:
    """Tell whether a poll can be worse for a damage: what only names folders is no loss."""
    return _name(damage) not in {"QueueDefinitions", "GetQueuesAcrossFolders"}


def _name(damage: Damage) -> str:
    return name_of(damage.place.split(" ")[0])


@lru_cache(maxsize=4096)
def _is_clean(text: str) -> bool:
    return len(text) <= LONGEST and not any(
        unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" for char in text
    )
