from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.core.alert import Phase
from monitor.core.matching import MAX_PATTERN, Matcher, Operator, Where, parse_where
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.severity import Severity
from monitor.errors import StoreError
from monitor.store import Store, queries
from tests.builders import NOW, after
from tests.integration.store.letters import a_told_alert
from tests.integration.store.polls import ask, at, column

VALUES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=MAX_PATTERN
)
MATCHERS = st.builds(
    Matcher,
    st.sampled_from(["name", "robot_type", "a.b-c"]),
    st.sampled_from([Operator.EQUAL, Operator.UNEQUAL]),
    st.tuples(VALUES | st.sampled_from(["=x", "~x", "!", '"', '""', ' "x" ', "<", ">y", "=~"])),
)


def a_silence(
    name: str = "S1",
    *matchers: str,
    starts_at: datetime = NOW,
    ends_at: datetime | None = None,
    where: Where | None = None,
) -> Silence:
    return Silence(
        id=name,
        where=parse_where(matchers or ("queue=Invoices", "folder=~Fin.*", "host!="))
        if where is None
        else where,
        starts_at=starts_at,
        ends_at=ends_at or after(3600),
        author="ana",
        comment="we are at it",
    )


def an_acknowledgement(
    alert: str = "A", *, second: float = 0, expires: float = 3600, author: str = "ana"
) -> Acknowledgement:
    return Acknowledgement(
        alert_id=alert,
        severity=Severity.WARNING,
        at=after(second),
        expires_at=after(expires),
        author=author,
        note="mine",
    )


def raise_alerts(store: Store, **phases: Phase) -> None:
    with store.writing() as write:
        write.alerts([replace(a_told_alert(name), phase=phase) for name, phase in phases.items()])


def ids(silences: Sequence[Silence]) -> list[str]:
    return [silence.id for silence in silences]


def test_nobody_has_said_anything_at_first(store: Store) -> None:
    assert store.load_people(NOW) == People()
    assert store.list_silences(NOW, all_=True) == ()


def test_a_silence_comes_back_as_it_was_given(store: Store) -> None:
    silence = a_silence(starts_at=after(0.000001))
    store.add_silence(silence, NOW)
    assert store.load_people(NOW).silences == (silence,)
    assert store.list_silences(NOW) == (silence,)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(matchers=st.lists(MATCHERS, max_size=3).map(tuple))
def test_any_matcher_is_read_as_it_was_meant(store: Store, matchers: tuple[Matcher, ...]) -> None:
    store.add_silence(a_silence("S1", where=Where(matchers)), NOW)
    try:
        assert store.load_people(NOW).silences[0].where == Where(matchers)
    finally:
        with store.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM silences")


def test_a_silence_in_the_notation_of_tables_is_refused(store: Store) -> None:
    where = parse_where({"robot_type": ["Unattended", "!Test"]})
    with pytest.raises(ValueError, match="a silence takes matchers like name=x"):
        store.add_silence(a_silence(where=where), NOW)
    assert store.list_silences(NOW, all_=True) == ()


def test_the_future_silences_are_loaded_and_the_past_ones_are_not(store: Store) -> None:
    store.add_silence(a_silence("later", starts_at=after(100), ends_at=after(200)), NOW)
    store.add_silence(a_silence("past", starts_at=after(-200), ends_at=NOW), NOW)
    store.add_silence(a_silence("now", starts_at=after(-100), ends_at=after(10)), NOW)
    assert ids(store.load_people(NOW).silences) == ["now", "later"]
    assert ids(store.list_silences(NOW)) == ["now", "later"]
    assert ids(store.list_silences(NOW, all_=True)) == ["past", "now", "later"]
    assert ids(store.load_people(after(199.999999)).silences) == ["later"]
    assert store.load_people(after(200)) == People()


def test_a_silence_is_ended_once(store: Store) -> None:
    store.add_silence(a_silence(), NOW)
    assert not store.expire_silence("S2", after(10))
    assert not store.expire_silence("\ud800", after(10))
    assert store.expire_silence("S1", after(10))
    assert not store.expire_silence("S1", after(20))
    assert store.load_people(after(10)).silences == ()
    (ended,) = store.list_silences(after(10), all_=True)
    assert ended.ends_at == after(10)


def test_a_silence_that_cannot_be_read_holds_up_no_other(store: Store, dialect: str) -> None:
    store.add_silence(a_silence("newer"), NOW)
    store.add_silence(a_silence("sound"), NOW)
    with store.database.writing() as connection:
        cast = "" if dialect == "sqlite" else "::jsonb"
        connection.exec_driver_sql(
            f"""UPDATE silences SET matchers = '["queue<>{dialect}"]'{cast} WHERE id = 'newer'"""  # noqa: S608 - our own
        )
    with capture_logs() as logs:
        assert ids(store.load_people(NOW).silences) == ["sound"]
        assert ids(store.load_people(NOW).silences) == ["sound"]
    # Asked every few seconds, it is told of once.
    assert [(entry["event"], entry["silence"]) for entry in logs] == [
        ("silence.unreadable", "newer")
    ]


def test_the_view_of_silences_shows_them_in_words(store: Store) -> None:
    store.add_silence(a_silence("S1", "queue=Invoices", "folder=~Fin.*"), after(-5))
    assert ask(store, "SELECT * FROM v_silences") == [
        {
            "tenant": "",
            "id": "S1",
            "matchers": "queue=Invoices and folder=~Fin.*",
            "starts_at": at(0),
            "ends_at": at(3600),
            "created_at": at(-5),
            "author": "ana",
            "comment": "we are at it",
        }
    ]


def test_the_newest_acknowledgement_of_an_alert_counts(store: Store) -> None:
    raise_alerts(store, A=Phase.FIRING, B=Phase.FIRING, C=Phase.PENDING, D=Phase.RESOLVED)
    first, newer = an_acknowledgement(author="ana"), an_acknowledgement(author="ben", second=5)
    others = {name: an_acknowledgement(name) for name in "CD"}
    for one in (first, newer, *others.values()):
        store.acknowledge(one)
    assert store.load_people(NOW).acknowledgements == {"A": newer, **others}
    assert store.acknowledgements_of("A") == (first, newer)
    assert store.acknowledgements_of("B") == ()
    assert queries.newest_acknowledgements(store).keys() == {"A", "C", "D"}
    story = queries.alert(store, "A")
    assert story is not None
    assert story.acknowledgements == (first, newer)


def test_a_newer_acknowledgement_that_has_expired_hides_the_older(store: Store) -> None:
    raise_alerts(store, A=Phase.FIRING)
    store.acknowledge(an_acknowledgement(expires=3600))
    brief = an_acknowledgement(second=10, expires=60)
    store.acknowledge(brief)
    assert store.load_people(after(59)).acknowledgements == {"A": brief}
    assert store.load_people(after(60)).acknowledgements == {}
    assert queries.newest_acknowledgements(store) == {"A": brief}


def test_only_an_alert_that_is_there_can_be_acknowledged(store: Store) -> None:
    with pytest.raises(StoreError):
        store.acknowledge(an_acknowledgement("nobody"))


def test_acknowledgements_go_with_their_alert(store: Store) -> None:
    raise_alerts(store, A=Phase.FIRING)
    store.acknowledge(an_acknowledgement())
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
    assert column(store, "SELECT count(*) FROM acknowledgements") == [0]


def test_hostile_text_from_a_person_is_kept_out_of_the_way(store: Store) -> None:
    hostile = "x\x00y\ud800"
    where = Where((Matcher("name", Operator.EQUAL, (hostile,)),))
    store.add_silence(replace(a_silence(where=where), author=hostile, comment=hostile), NOW)
    raise_alerts(store, A=Phase.FIRING)
    store.acknowledge(replace(an_acknowledgement(), author=hostile, note=hostile))
    people = store.load_people(NOW)
    assert people.silences[0].comment == people.acknowledgements["A"].note
    assert "\x00" not in people.silences[0].where.matchers[0].values[0]


def test_a_restarted_daemon_hears_the_same(reopen: Callable[[], Store]) -> None:
    raise_alerts(reopen(), A=Phase.FIRING)
    reopen().add_silence(a_silence(), NOW)
    reopen().acknowledge(an_acknowledgement())
    expected = People(silences=(a_silence(),), acknowledgements={"A": an_acknowledgement()})
    assert reopen().load_people(NOW) == expected
