"""Read a tenant with a client that was generated from the vendor's own document (API 18).

It checks every value of an enumeration and parses every date of an answer into its models, and
raises where one does not fit. Run apart: `generated.py TENANT-ADDRESS SERVER-ADDRESS`, the login as
JSON on standard input; prints what it saw as JSON.
"""

import json
import sys
from typing import Any

import uipath_orchestrator_rest as sdk  # type: ignore[import-not-found]  # not of our environment


def connection(address: str, token: str | None = None) -> Any:  # noqa: ANN401  untyped
    configuration = sdk.Configuration()
    configuration.host = address
    configuration.access_token = token
    return sdk.ApiClient(configuration)


def token(server: str, login: dict[str, str]) -> str:
    body = sdk.LoginModel(
        tenancy_name=login["tenancyName"],
        username_or_email_address=login["usernameOrEmailAddress"],
        password=login["password"],
    )
    return str(sdk.AccountApi(connection(server)).account_authenticate(body=body).result)


def read(api: Any) -> dict[str, object]:  # noqa: ANN401  untyped
    folders = sdk.FoldersApi(api).folders_get()
    folder = {"x_uipath_organization_unit_id": folders.value[0].id}
    sessions = sdk.SessionsApi(api)
    runtimes = sessions.sessions_get_machine_session_runtimes(orderby="SessionId").value
    people = sessions.sessions_get_global_sessions(expand="Robot").value
    queues = sdk.QueueDefinitionsApi(api)
    records = sdk.QueueProcessingRecordsApi(api)
    waiting: dict[str, int] = {}
    for each in folders.value:
        status = records.queue_processing_records_retrieve_queues_processing_status(
            x_uipath_organization_unit_id=each.id
        )
        waiting |= {row.queue_definition_name: row.items_to_process for row in status.value}
    items = sdk.QueueItemsApi(api).queue_items_get(
        top=20, orderby="Id desc", filter="Status eq 'New'", **folder
    )
    license_ = sdk.SettingsApi(api).settings_get_license()
    stats = sdk.StatsApi(api).stats_get_sessions_stats()
    sdk.StatusApi(api).status_get()
    return {
        "folders": [each.fully_qualified_name for each in folders.value],
        "hosts": sorted({f"{row.host_machine_name} {row.service_user_name}" for row in runtimes}),
        "unresponsive": sorted({row.service_user_name for row in runtimes if row.is_unresponsive}),
        "people": sorted(row.robot.name for row in people if row.robot is not None),
        "machines": sorted(row.name for row in sdk.MachinesApi(api).machines_get().value),
        "queues": sorted(row.name for row in queues.queue_definitions_get(**folder).value),
        "all queues": sorted(
            row.name for row in queues.queue_definitions_get_queues_across_folders().value
        ),
        "waiting": waiting,
        "items": len(items.value),
        "allowed": license_.allowed,
        "used": license_.used,
        "stats": {row.title: row.count for row in stats},
        "permissions": sdk.UsersApi(api).users_get_current_permissions().permissions,
    }


def main() -> None:
    tenant, server = sys.argv[1:]
    api = connection(tenant, token(server, json.load(sys.stdin)))
    sys.stdout.write(json.dumps(read(api)))


main()
