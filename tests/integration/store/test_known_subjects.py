from monitor.core.sample import Sample
from monitor.store import Store
from tests.builders import a_sample, a_subject
from tests.integration.store.polls import a_poll, a_queue_of, a_session, record


def names(store: Store, *kinds: str) -> list[str]:
    return [subject.name for subject in store.known_subjects(kinds)]


def sessions(*names: str) -> list[Sample]:
    return [a_sample(a_session(name), is_busy=1) for name in names]


def test_nothing_is_known_before_the_first_poll(store: Store) -> None:
    assert store.known_subjects(["queue", "session"]) == ()


def test_the_subjects_of_the_kinds_asked_for_are_known_with_their_labels(store: Store) -> None:
    session = a_session("Robot 1", state="Busy")
    record(
        store,
        a_poll(a_sample(session, is_busy=1), kinds=("session",)),
        a_poll(a_queue_of(1, "Invoices"), a_queue_of(2, "Orders")),
    )
    (known,) = store.known_subjects({"session"})
    assert (known.identity, known.name) == (session.identity, session.name)
    assert dict(known.labels) == dict(session.labels)
    assert names(store, "queue", "session", "queue") == ["Invoices", "Orders", "Robot 1"]
    assert names(store) == []


def test_a_kind_without_history_has_no_known_subjects(store: Store) -> None:
    assert names(store, "collector", "channel", "no such kind") == []


def test_what_is_gone_is_not_known(store: Store) -> None:
    def polls(*seconds: float, people: tuple[str, ...]) -> None:
        for second in seconds:
            record(store, a_poll(*sessions(*people), at=second, kinds=("session",)))

    polls(0, people=("Robot 1", "Robot 2"))
    polls(30, 60, 90, people=("Robot 2",))
    assert names(store, "session") == ["Robot 2"]


def test_the_newest_name_and_state_are_known(store: Store) -> None:
    for second, name, state in ((0, "Old", "Available"), (30, "New", "Busy")):
        session = a_session(name, key="7", state=state)
        sample = a_sample(session, is_busy=float(second > 0))
        record(store, a_poll(sample, at=second, kinds=("session",)))
    (known,) = store.known_subjects(["session"])
    assert (known.name, known.labels["state"]) == ("New", "Busy")
    assert known.identity == a_subject("x", kind="session", key="7").identity
