import pytest

from monitor.core.folder_scope import FolderScope


@pytest.mark.parametrize(
    ("include", "exclude", "path", "counts"),
    [
        (["**"], [], "Finance/AP", True),
        (["Finance/**"], [], "Finance", True),
        (["Finance/**"], [], "finance/ap/Scan", True),
        (["Finance/**"], [], "Finance2", False),
        (["Finance/*"], [], "Finance/AP/Scan", False),
        (["**"], ["Test/**"], "Test/A", False),
        (["Finance/**"], ["**/Old"], "Finance/Old", False),
        ([], [], "Finance", False),
    ],
)
def test_a_folder_counts_that_is_included_and_not_excluded(
    include: list[str], exclude: list[str], path: str, *, counts: bool
) -> None:
    scope = FolderScope(include=tuple(include), exclude=tuple(exclude))

    assert scope.covers(path) is counts


@pytest.mark.parametrize(
    ("include", "exclude", "counts"),
    [
        (["**"], [], False),
        (["**", "*'s workspace"], [], True),
        (["stan*"], [], True),
        (["**", "*'s workspace"], ["stan*"], False),
        (["Finance/**"], [], False),
    ],
)
def test_a_personal_workspace_counts_only_where_more_than_everything_names_it(
    include: list[str], exclude: list[str], *, counts: bool
) -> None:
    scope = FolderScope(include=tuple(include), exclude=tuple(exclude))

    assert scope.covers("stan's workspace", is_personal=True) is counts


@pytest.mark.parametrize(
    ("include", "exclude", "is_whole"),
    [(["**"], [], True), (["**"], ["Test"], False), (["Finance"], [], False)],
)
def test_a_scope_is_whole_where_nothing_is_left_out(
    include: list[str], exclude: list[str], *, is_whole: bool
) -> None:
    assert FolderScope(include=tuple(include), exclude=tuple(exclude)).is_whole is is_whole
