"""The API's refusals: one exception carries the status and the body.

Source: Orchestrator reference, error bodies. Texts vary between versions of the product.
"""

from collections.abc import Mapping


class Refused(Exception):
    """The request is answered with an error: `status`, a JSON (or text) `body`, `headers`."""

    def __init__(
        self,
        status: int,
        body: Mapping[str, object] | str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what is sent."""
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def _wrapped(message: str, details: str, *, unauthorized: bool) -> dict[str, object]:
    return {
        "message": message,
        "errorCode": 0,
        "result": None,
        "targetUrl": None,
        "success": False,
        "error": {"code": 0, "message": message, "details": details, "validationErrors": None},
        "unAuthorizedRequest": unauthorized,
        "__abp": True,
    }


def _flat(message: str, code: int, **more: object) -> dict[str, object]:
    trace = "00-2f6c1d3a7b9e4f50a1c2d3e4f5061728-9a8b7c6d5e4f3021-00"
    return {"message": message, "errorCode": code, "traceId": trace, **more}


def not_authenticated() -> Refused:
    """Refuse a token that is missing, unknown or expired."""
    details = "You should be authenticated (sign in) in order to perform this operation."
    body = _wrapped("You are not authenticated!", details, unauthorized=True)
    return Refused(401, body, {"WWW-Authenticate": "Bearer"})


def not_authorized() -> Refused:
    """Refuse a role that lacks the permission."""
    details = "You are not allowed to perform this operation."
    return Refused(403, _wrapped("You are not authorized!", details, unauthorized=True))


def scope_missing(granted: str, expected: tuple[str, ...]) -> Refused:
    """Refuse an application's token that lacks the scope."""
    wanted = " or ".join(f"'{scope}'" for scope in expected)
    text = f"Scope(s) '{granted}' is(are) invalid. Expect to have {wanted}. "
    return Refused(403, {"errorMessage": text})


def oauth_refused() -> Refused:
    """Refuse an application's token where only a person's sign-in is accepted."""
    return Refused(403, {"errorMessage": "OAuth authorization failed."})


def folder_required(*, classic: bool = False) -> Refused:
    """Refuse a call without a folder header where one is needed."""
    what = "An organization unit" if classic else "A folder"
    return Refused(400, _flat(f"{what} is required for this action.", 1101))


def folder_unknown(status: int = 400) -> Refused:
    """Refuse a folder that does not exist or is not the caller's; observed as 400, 403 and 404."""
    text = "Folder does not exist or the user does not have access to the folder."
    return Refused(status, _flat(text, 1100))


def entity_unknown(what: str) -> Refused:
    """Refuse the key of something that does not exist."""
    return Refused(404, _flat(f"{what} does not exist.", 1002, resourceIds=None))


def query_refused(message: str = "Invalid OData query options.") -> Refused:
    """Refuse an OData option."""
    return Refused(400, _flat(message, 1000))


def out_of_range(field: str, highest: int) -> Refused:
    """Refuse a number outside its bounds."""
    return Refused(400, _flat(f"The field {field} must be between 0 and {highest}.", 1009))


def not_valid(field: str, message: str) -> Refused:
    """Refuse a parameter by the model validation of the framework."""
    body = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "traceId": "00-2f6c1d3a7b9e4f50a1c2d3e4f5061728-9a8b7c6d5e4f3021-00",
        "errors": {field: [message]},
    }
    return Refused(400, body)


def path_unknown() -> Refused:
    """Refuse a path this profile does not have."""
    return Refused(404, "")


def tenant_unknown() -> Refused:
    """Refuse an organization or tenant: the gateway answers, not Orchestrator, and not in JSON."""
    return Refused(404, "The service 'orchestrator' was not found for this tenant.")


def read_only(allowed: str) -> Refused:
    """Refuse a verb: a monitor reads, and posts only to sign in."""
    body = _flat("This simulated Orchestrator accepts no writes.", 0)
    return Refused(405, body, {"Allow": allowed})


def oauth_error(error: str, description: str | None = None, status: int = 400) -> Refused:
    """Refuse a sign-in in the manner of OAuth 2."""
    body = {"error": error} | ({"error_description": description} if description else {})
    return Refused(status, body)


def bad_password() -> Refused:
    """Refuse a user name or password."""
    text = "Invalid username/email address or password."
    return Refused(401, _wrapped(text, text, unauthorized=False) | {"errorCode": 1000})


def throttled(retry_after: str | None) -> Refused:
    """Ask the caller to slow down; the body of a 429 is not documented."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Refused(429, "", headers)
