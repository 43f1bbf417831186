"""From a request to a reply: who asks, for what, may they, and what is the answer.

It is strict on purpose. A path, an option or a field that it does not know is refused as a real
server would, so that a query nobody tried fails in a test and not on a tenant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import Headers

from monitor.simulator import permissions, problems
from monitor.simulator.answers import license_row, shown_folders
from monitor.simulator.asked import Asked
from monitor.simulator.auth import Terms, may_read
from monitor.simulator.bending import bent_plain, bent_rows
from monitor.simulator.delivery import Reply
from monitor.simulator.endpoints import Endpoint, FolderScope
from monitor.simulator.estate import Folder
from monitor.simulator.folder_headers import asked_folder, folder_by_id, folder_header
from monitor.simulator.interference import Hits, interfering, refusal_reply, skewed_date
from monitor.simulator.journal import Asking
from monitor.simulator.plain_answers import plain_answer
from monitor.simulator.problems import Refused
from monitor.simulator.profiles import Folders, SignIn
from monitor.simulator.query import (
    LIST_OPTIONS,
    SINGLE_OPTIONS,
    Paging,
    Query,
    Row,
    read_parameters,
    read_query,
)
from monitor.simulator.routing import Router, Target
from monitor.simulator.schema import Entity
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator
from monitor.simulator.substitution import (
    other_page,
    substituted,
    substituted_plain,
    substituted_single,
)
from monitor.simulator.wire import encode, finished
from monitor.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""


class Service:
    """Answers the requests to one simulated tenant; `reply` may be called from any thread."""

    def __init__(self, simulator: Simulator) -> None:
        """Serve this tenant."""
        self._simulator = simulator
        self._router = Router(simulator.estate, simulator.profile)

    def reply(self, request: Request) -> Reply:
        """Answer one request and note it in the journal."""
        simulator = self._simulator
        with simulator.lock:
            world = simulator.world()
            now = world.instant(world.now_s)
            target = self._router.find(request.path)
            hits = simulator.faults.hitting(target.name)
            try:
                reply = self._answer(request, target, world, hits)
            except Refused as refusal:
                reply = refusal_reply(refusal, hits)
            reply.hits = hits
            if (versions := simulator.profile.api_versions) is not None:
                reply.headers["api-supported-versions"] = versions
            if (date := skewed_date(now, hits)) is not None:
                reply.headers["Date"] = date
            simulator.journal.note(
                Asking(
                    at=now,
                    method=request.method,
                    path=request.path,
                    endpoint=target.name,
                    query=request.query,
                    folder=folder_header(request.headers),
                    status=0 if "reset" in hits else reply.status,
                    metered=target.endpoint is not None and target.endpoint.metered,
                )
            )
        return reply

    def _answer(self, request: Request, target: Target, world: World, hits: Hits) -> Reply:
        if request.method != ("POST" if target.sign_in else "GET"):
            raise problems.read_only("POST" if target.sign_in else "GET")
        if target.refusal is not None:
            raise target.refusal
        early = interfering(hits, world.instant(world.now_s))
        if early is not None:
            return early
        if target.sign_in is not None:
            issued = self._signed_in(request, target.sign_in, world)
            return _json(substituted_plain(issued, hits))
        if target.endpoint is None:
            raise problems.path_unknown()
        return self._read(request, target.endpoint, target, world, hits)

    def _signed_in(self, request: Request, way: SignIn, world: World) -> dict[str, object]:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        office, terms = self._simulator.office, self._terms(world)
        match way:
            case SignIn.CLIENT_CREDENTIALS:
                return office.with_client_credentials(content_type, request.body, terms)
            case SignIn.USER_KEY:
                return office.with_user_key(content_type, request.body, terms)
            case SignIn.PASSWORD:
                return office.with_password(content_type, request.body, terms)

    def _terms(self, world: World) -> Terms:
        return Terms(
            now=world.instant(world.now_s),
            lifetime_s=self._simulator.settings.token_lifetime_s,
            generation=world.tenant.token_generation,
            rejected=world.tenant.credentials_rejected,
            personal_tokens=self._simulator.profile.personal_tokens,
            uses=self._simulator.settings.token_uses,
        )

    def _read(
        self, request: Request, endpoint: Endpoint, target: Target, world: World, hits: Hits
    ) -> Reply:
        if not endpoint.anonymous:
            self._admit(request, endpoint, world)
        entity = endpoint.entity
        if entity is None:
            parameters = read_parameters(request.query, endpoint.parameters)
            asked = self._asked(None, parameters, target, world)
            plain = plain_answer(endpoint, asked, self._simulator.profile)
            return _json(bent_plain(substituted_plain(plain, hits), hits))
        options = SINGLE_OPTIONS if endpoint.single else LIST_OPTIONS
        parameters = read_parameters(request.query, options | endpoint.parameters)
        paging = Paging.of(endpoint.cap, self._simulator.settings)
        query = read_query(parameters, entity, paging)
        if query.expand and endpoint.expanding is not None:
            self._require(endpoint.expanding)
        context = f"{_base(request, target)}/odata/$metadata#{endpoint.entity_set}"
        body: dict[str, object] = {"@odata.context": context}
        if endpoint.single:
            row = substituted_single(query.selected(license_row(world)), hits)
            return _json(body | _bent([row], entity, hits)[0])
        folder = self._folder(request, endpoint, target, world)
        asked = replace(self._asked(folder, parameters, target, world), filter=query.filter)
        listing = self._simulator.answers.listing(endpoint.name, asked)
        page = query.page(substituted(listing, hits))
        if self._counts(query):
            body["@odata.count"] = page.matched
        rows = other_page(query) if "other-shape" in hits else page.rows
        return _json(body | {"value": _bent(rows, entity, hits)})

    def _asked(
        self, folder: Folder | None, parameters: Mapping[str, str], target: Target, world: World
    ) -> Asked:
        return Asked(
            world=world,
            settings=self._simulator.settings,
            folder=folder,
            parameters=parameters,
            arguments=target.arguments,
        )

    def _counts(self, query: Query) -> bool:
        policy = self._simulator.settings.count
        asked = query.count or self._simulator.profile.counts_unasked
        return policy == "always" or (policy == "asked" and asked)

    def _require(self, *needs: str) -> None:
        if not permissions.suffices(needs, self._simulator.settings.denied):
            raise problems.not_authorized()

    def _admit(self, request: Request, endpoint: Endpoint, world: World) -> None:
        """Check the token, its scopes, the role and the meter, in this order."""
        simulator, terms = self._simulator, self._terms(world)
        grant = simulator.office.judge(request.headers.get("authorization"), terms)
        if not may_read(grant, endpoint.scopes):
            held = sorted(grant.scopes or ())
            raise problems.scope_missing(held[0] if held else "", endpoint.scopes)
        if grant.oauth and not endpoint.oauth:
            raise problems.oauth_refused()
        self._require(*endpoint.needs)
        limit = simulator.settings.metered_per_minute
        if endpoint.metered and not simulator.journal.meter(terms.now, limit):
            wait_s = simulator.settings.metered_retry_after_s
            raise problems.throttled(None if wait_s < 0 else str(round(wait_s)))

    def _folder(
        self, request: Request, endpoint: Endpoint, target: Target, world: World
    ) -> Folder | None:
        settings, profile = self._simulator.settings, self._simulator.profile
        status = settings.unknown_folder_status
        if "folderId" in target.arguments:
            return folder_by_id(target.arguments["folderId"], world, status)
        if endpoint.folder is FolderScope.IGNORED:
            return None
        folder = asked_folder(request.headers, profile.folder_headers, world, status)
        if folder is not None:
            if permissions.QUEUES in endpoint.needs and folder.path in settings.denied_folders:
                raise problems.not_authorized()
            return folder
        scope = _bare_scope(endpoint, settings)
        if scope is FolderScope.REQUIRED:
            raise problems.folder_required(classic=profile.folders is Folders.CLASSIC)
        return next(iter(shown_folders(world)), None) if scope is FolderScope.DEFAULT else None


def _bare_scope(endpoint: Endpoint, settings: Settings) -> FolderScope:
    """Return what an endpoint does without a folder header, by its nature or by the settings."""
    if endpoint.name in settings.bare_refused:
        return FolderScope.REQUIRED
    if endpoint.name in settings.bare_allowed:
        return FolderScope.OPTIONAL
    if endpoint.folder is FolderScope.SETTING and settings.bare_queue_status == "refused":
        return FolderScope.REQUIRED
    return endpoint.folder


def _bent(rows: list[Row], entity: Entity, hits: Hits) -> list[Row]:
    return bent_rows(finished(rows, entity, seven_digits="seven-digits" in hits), entity, hits)


def _json(value: object) -> Reply:
    return Reply(status=200, body=b"" if value is None else encode(value))


def _base(request: Request, target: Target) -> str:
    return f"http://{request.headers.get('host', 'localhost')}{target.root}"
