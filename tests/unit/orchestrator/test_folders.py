from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from pydantic import SecretStr

from monitor.core.folder_scope import FolderScope
from monitor.errors import AccessDenied, FolderRequired, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.credentials import Password
from monitor.orchestrator.folders import NAVIGATION, OF_USER, PATH, Everything, Folders, Tree
from monitor.orchestrator.wire import Folder
from tests.wires import FakeClock, Server, a_client, page, paged, query_of, refusal

MINUTE = 60.0


def a_folder(folder_id: int, path: str, **fields: object) -> dict[str, object]:
    name = path.rpartition("/")[2]
    return {"Id": folder_id, "DisplayName": name, "FullyQualifiedName": path, **fields}


FINANCE = a_folder(1, "Finance")
PAYROLL = a_folder(2, "Finance/Payroll")
STANS = a_folder(3, "stan's workspace", FolderType="Personal")
STANS_PART = a_folder(4, "stan's workspace/Part", FolderType="Solution")


class Tenant:
    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.folders = Folders()

    def scoped(self, *include: str, exclude: tuple[str, ...] = ()) -> None:
        self.folders = Folders(FolderScope(include=include, exclude=exclude))

    def current(self) -> Mapping[int, str]:
        with self.client.poll(30) as poll:
            return self.folders.current(poll)

    def known(self) -> Tree | None:
        with self.client.poll(30) as poll:
            return self.folders.known(poll)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def of_user(rows: list[dict[str, object]]) -> Callable[[httpx.Request], httpx.Response]:
    def serve(request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        skip, take = int(query["skip"]), int(query["take"])
        return httpx.Response(200, json={"PageItems": rows[skip : skip + take], "Count": len(rows)})

    return serve


def test_folders_come_in_the_order_of_their_paths_without_personal_workspaces(
    tenant: Tenant,
) -> None:
    tenant.server.routes[PATH] = paged([PAYROLL, STANS, STANS_PART, FINANCE])

    assert list(tenant.current().items()) == [(1, "Finance"), (2, "Finance/Payroll")]


def test_a_personal_workspace_that_is_named_counts_with_all_below_it(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = paged([FINANCE, STANS, STANS_PART])
    tenant.scoped("Finance/**", "stan's workspace/**")

    assert list(tenant.current()) == [1, 3, 4]


def test_what_counts_is_told_of_each_folder_that_is_seen(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = paged([FINANCE, PAYROLL, STANS])
    tenant.scoped("**", exclude=("Finance/*",))
    tree = tenant.known()

    assert tree is not None
    assert (tree.path(2), tree.path(9), tree.path(None)) == ("Finance/Payroll", None, None)
    assert [tree.counts(one, None) for one in (1, 2, 3, 9)] == [True, False, False, None]
    assert tree.counts(None, "Finance/Payroll") is False
    assert tree.counts(0, "Payroll") is None
    assert tree.counts(None, None) is None


def test_globs_see_the_whole_of_a_path_that_is_too_long_to_show(tenant: Tenant) -> None:
    deep = "/".join(["Folder" * 5] * 8)
    tenant.server.routes[PATH] = paged([a_folder(1, f"{deep}/Old"), a_folder(2, f"{deep}/New")])
    tenant.scoped("**", exclude=("**/Old",))

    assert list(tenant.current()) == [2]


def test_a_version_without_a_column_is_asked_for_all_of_them(tenant: Tenant) -> None:
    def older(request: httpx.Request) -> httpx.Response:
        if "FolderType" in query_of(request).get("$select", ""):
            return refusal(400, 1000)
        return page([FINANCE])

    tenant.server.routes[PATH] = older

    assert list(tenant.current()) == [1]


def test_a_version_without_folders_has_none_and_that_is_no_failure(tenant: Tenant) -> None:
    assert tenant.current() == {}
    tree = tenant.known()
    assert tree is not None
    assert tree.exists is False
    tenant.server.clock.advance(20 * MINUTE)
    tenant.current()

    assert tenant.server.asked == [PATH]
    tenant.server.routes[PATH] = paged([FINANCE])
    tenant.server.clock.advance(24 * 60 * MINUTE)
    assert list(tenant.current()) == [1]


def test_the_folders_of_the_user_are_asked_page_by_page_where_the_list_is_refused(
    tenant: Tenant,
) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    rows = [a_folder(i, f"F{i:04}") for i in range(1, 1501)]
    tenant.server.routes[OF_USER] = of_user(rows)

    assert len(tenant.current()) == 1500
    assert tenant.server.asked == [PATH, OF_USER, OF_USER]
    assert query_of(tenant.server.requests[-1]) == {"take": "1000", "skip": "1000"}


def test_pages_without_a_count_end_with_an_empty_one(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    pages = [{"PageItems": [FINANCE]}, {"PageItems": [PAYROLL]}, {"PageItems": []}]
    tenant.server.routes[OF_USER] = [httpx.Response(200, json=one) for one in pages]

    assert list(tenant.current()) == [1, 2]


def test_the_whole_list_is_asked_again_after_half_an_hour(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    tenant.server.routes[OF_USER] = of_user([FINANCE])
    tenant.current()
    tenant.server.routes[PATH] = paged([FINANCE, PAYROLL])
    tenant.server.clock.advance(16 * MINUTE)
    assert list(tenant.current()) == [1]
    tenant.server.clock.advance(16 * MINUTE)

    assert list(tenant.current()) == [1, 2]


@pytest.mark.parametrize("of_them", [refusal(404), refusal(403, 0), page([]), of_user([])])
def test_an_application_that_sees_no_folder_is_told_the_permission(
    tenant: Tenant, of_them: object
) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    tenant.server.routes[OF_USER] = of_them
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"Units\.View or SubFolders\.View"):
            tenant.current()

    # A token of OAuth is refused there in a way that would count as a refused sign-in.
    assert NAVIGATION not in tenant.server.asked


def test_a_persons_own_sign_in_gets_the_navigation_where_nothing_else_is_to_be_had() -> None:
    server = Server(FakeClock())
    server.routes = {
        "/api/Account/Authenticate": httpx.Response(200, json={"result": "token"}),
        PATH: refusal(403, 0),
        NAVIGATION: httpx.Response(200, json=[FINANCE, PAYROLL]),
    }
    who = Password(tenancy_name="Default", username="m", password=lambda: SecretStr("p"))
    with a_client(server, server.clock, credentials=who, url="https://host.example") as client:
        tenant = Tenant(server, client)

        assert list(tenant.current()) == [1, 2]
        assert server.asked[1:] == [PATH, OF_USER, NAVIGATION]


def test_folders_of_which_none_counts_are_told_apart_from_none_at_all(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = paged([FINANCE, PAYROLL])
    tenant.scoped("Finanse/**")
    with pytest.raises(FolderRequired, match="2 folders are visible and none of them counts"):
        tenant.current()

    assert tenant.known() is not None


def test_what_only_profits_from_folders_goes_without_them_for_a_quarter_of_an_hour(
    tenant: Tenant,
) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    assert tenant.known() is None
    asked = len(tenant.server.asked)
    tenant.server.clock.advance(14 * MINUTE)
    assert tenant.known() is None
    assert len(tenant.server.asked) == asked

    tenant.server.routes[PATH] = paged([FINANCE])
    tenant.server.clock.advance(17 * MINUTE)
    assert tenant.known() is not None


def test_a_failure_leaves_the_last_folders_and_is_tried_again_after_a_minute(
    tenant: Tenant,
) -> None:
    tenant.server.routes[PATH] = paged([FINANCE])
    before = tenant.known()
    tenant.server.routes[PATH] = refusal(503)
    tenant.server.clock.advance(16 * MINUTE)
    assert tenant.known() is before
    with pytest.raises(Unreachable):
        Tenant(tenant.server, tenant.client).current()
    tenant.server.routes[PATH] = paged([FINANCE, PAYROLL])
    tenant.server.clock.advance(61)
    after = tenant.known()

    assert after is not None
    assert list(after.counted) == [1, 2]


def test_a_row_that_cannot_be_read_hides_no_other_folder_of_a_user(tenant: Tenant) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    tenant.server.routes[OF_USER] = of_user([FINANCE, PAYROLL])
    tenant.current()
    tenant.server.routes[OF_USER] = of_user([FINANCE, {"Id": "two"}])
    tenant.server.clock.advance(15 * MINUTE)
    assert list(tenant.current()) == [1, 2]  # the second may be the one that cannot be read

    tenant.server.routes[OF_USER] = of_user([FINANCE])
    tenant.server.clock.advance(MINUTE)
    assert list(tenant.current()) == [1]


@pytest.mark.parametrize("answer", [b'{"PageItems":', b'{"PageItems":null}', b"5"])
def test_an_answer_that_cannot_be_read_does_not_make_the_folders_missing(
    tenant: Tenant, answer: bytes
) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    tenant.server.routes[OF_USER] = of_user([FINANCE])
    tenant.known()
    tenant.server.routes[OF_USER] = httpx.Response(200, content=answer)
    tenant.server.clock.advance(15 * MINUTE)
    tree = tenant.known()
    assert tree is not None
    assert tree.path(1) == "Finance"

    tenant.server.routes[OF_USER] = of_user([PAYROLL])
    tenant.server.clock.advance(MINUTE)
    tree = tenant.known()
    assert tree is not None
    assert tree.path(2) == "Finance/Payroll"


def test_folders_that_were_refused_are_asked_for_again_after_a_quarter_of_an_hour(
    tenant: Tenant,
) -> None:
    tenant.server.routes[PATH] = refusal(403, 0)
    tenant.server.routes[OF_USER] = httpx.Response(200, content=b"<!doctype html>")
    assert tenant.known() is None

    tenant.server.routes[OF_USER] = of_user([FINANCE])
    tenant.server.clock.advance(15 * MINUTE)
    assert tenant.known() is not None


def test_a_path_of_any_depth_is_read_in_no_time() -> None:
    rows = [Folder(id=1, fully_qualified_name="/" * 100_000, is_personal=False)]
    rows.append(Folder(id=2, fully_qualified_name="stan", is_personal=True))
    tree = Tree([*rows, Folder(id=3, fully_qualified_name="stan/a/b")], Everything())

    assert tree.counts(1, None) is True
    assert tree.counts(3, None) is False
