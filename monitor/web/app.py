"""What each address of the listener answers."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor import __version__
from monitor.clock import Clock
from monitor.config.compose import Configuration
from monitor.errors import StoreError
from monitor.store.store import Store
from monitor.web import metrics
from monitor.web.documents import alerts_document, quieted
from monitor.web.history import history_answer
from monitor.web.status import look, status_document
from monitor.web.story import alert_document
from monitor.web.wording import ago, clock_time, count, span

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    # Nothing but the page itself: a name from Orchestrator that slips through runs nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MOST_LISTED = 200
WELL = 200
UNWELL = 503

Names = Callable[[], tuple[str, ...]]


def build_app(
    configuration: Callable[[], Configuration],
    store: Store,
    clock: Clock,
    overdue: Names,
    troubles: Names = tuple,
) -> Starlette:
    """Return the application; every answer is made in a worker thread from the store.

    `configuration` returns the one in force; `overdue` and `troubles` are what is stuck, and why
    work is done in vain.
    """
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals |= {
        "ago": ago,
        "clock_time": clock_time,
        "count": count,
        "most": MOST_LISTED,
        "quieted": quieted,
        "span": span,
        "version": __version__,
    }

    def page(_request: Request) -> Response:
        found = look(configuration(), store, clock.now())
        text = pages.get_template("status.html").render(found=found, now=found.now)
        return Response(text, media_type="text/html; charset=utf-8")

    def healthz(_request: Request) -> Response:
        late = overdue()
        lines = ["overdue: " + ", ".join(late)] if late else []
        lines += troubles()
        text = "\n".join(lines or ["ok"])
        return PlainTextResponse(text + "\n", status_code=UNWELL if lines else WELL)

    def api_status(_request: Request) -> Response:
        return JSONResponse(status_document(look(configuration(), store, clock.now())))

    def api_alerts(request: Request) -> Response:
        everything = request.query_params.get("all", "") in {"1", "true"}
        return JSONResponse(alerts_document(store, clock.now(), everything=everything))

    def api_alert(request: Request) -> Response:
        wanted = request.path_params["id"]
        document = alert_document(configuration(), store, wanted, clock.now())
        if document is None:
            return JSONResponse({"error": "no alert with this id"}, status_code=404)
        return JSONResponse(document)

    def api_history(request: Request) -> Response:
        return history_answer(store, configuration().collectors, request, clock.now())

    def prometheus(_request: Request) -> Response:
        text, media_type = metrics.exposition(look(configuration(), store, clock.now()), store)
        return Response(text, headers={"Content-Type": media_type})

    return Starlette(
        routes=[
            Route("/", _answer(page)),
            Route("/healthz", _answer(healthz)),
            Route("/metrics", _answer(prometheus)),
            Route("/api/status", _answer(api_status)),
            Route("/api/alerts", _answer(api_alerts)),
            Route("/api/alerts/{id}", _answer(api_alert)),
            Route("/api/history/{kind}", _answer(api_history)),
        ],
        middleware=[Middleware(_WithHeaders)],
    )


class _WithHeaders:
    """Adds the headers to every answer, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _answer(
    make: Callable[[Request], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Answer in a worker thread; a failing store is a 503."""

    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(make, request)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", status_code=UNWELL)

    return endpoint
