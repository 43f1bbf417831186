import pytest

from monitor.orchestrator.deployment import Deployment, DeploymentKind

CLOUD = "https://cloud.uipath.com/acme/Production/orchestrator_"


@pytest.mark.parametrize(
    ("url", "kind", "base", "identity"),
    [
        (CLOUD, "cloud", CLOUD, "https://cloud.uipath.com/identity_"),
        (
            "https://govcloud.uipath.us/a/t/orchestrator_",
            "public-sector",
            "https://govcloud.uipath.us/a/t/orchestrator_",
            "https://govcloud.uipath.us/identity_",
        ),
        (
            "https://x.dedicated.uipath.com/a/t/orchestrator_",
            "dedicated",
            "https://x.dedicated.uipath.com/a/t/orchestrator_",
            "https://x.dedicated.uipath.com/identity_",
        ),
        (
            "https://suite.example:8443/a/t/orchestrator_",
            "automation-suite",
            "https://suite.example:8443/a/t/orchestrator_",
            "https://suite.example:8443/identity_",
        ),
        (
            "https://orch.example",
            "standalone",
            "https://orch.example",
            "https://orch.example/identity",
        ),
        (
            "http://127.0.0.1:9321/a/t/orchestrator_",
            "automation-suite",
            "http://127.0.0.1:9321/a/t/orchestrator_",
            "http://127.0.0.1:9321/identity_",
        ),
        ("http://[::1]:9321", "standalone", "http://[::1]:9321", "http://[::1]:9321/identity"),
    ],
)
def test_each_deployment_has_its_base_and_its_identity(
    url: str, kind: str, base: str, identity: str
) -> None:
    deployment = Deployment.parse(url)

    assert deployment.kind == DeploymentKind(kind)
    assert (deployment.base, deployment.identity) == (base, identity)
    assert deployment.warnings == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://cloud.uipath.com/acme/Production",
        "https://cloud.uipath.com/acme/Production/",
        "https://cloud.uipath.com/acme/Production/odata",
        "https://cloud.uipath.com/acme/Production/orchestrator_/odata/",
        "https://platform.uipath.com/acme/Production",
    ],
)
def test_an_old_spelling_is_understood_with_a_warning(url: str) -> None:
    deployment = Deployment.parse(url)

    assert deployment.base == CLOUD
    assert deployment.warnings


def test_a_trailing_slash_is_no_reason_to_warn() -> None:
    deployment = Deployment.parse(f"{CLOUD}/")

    assert (deployment.base, deployment.warnings) == (CLOUD, ())


def test_a_missing_service_name_is_added_on_any_host() -> None:
    assert Deployment.parse("https://suite.example/a/t").base.endswith("/a/t/orchestrator_")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("cloud.uipath.com/acme/Production/orchestrator_", "https://"),
        ("ftp://cloud.uipath.com/a/t/orchestrator_", "https://"),
        ("https://", "host"),
        ("https:///a/t/orchestrator_", "host"),
        ("https://cloud.uipath.com", "organization and tenant"),
        ("https://cloud.uipath.com/acme", "organization and tenant"),
        ("https://cloud.uipath.com/acme/orchestrator_", "orchestrator_"),
        ("https://cloud.uipath.com/a/t/orchestrator_/robots", "organization and tenant"),
        ("https://cloud.uipath.com/a/t/x/orchestrator_", "nothing before"),
        ("https://cloud.uipath.com/acme/portal_", "two names"),
        ("https://cloud.uipath.com/../t/orchestrator_", "two names"),
        ("https://cloud.uipath.com/a/t/orchestrator_?fid=1", "?"),
        ("https://cloud.uipath.com/a/t/orchestrator_#x", "#"),
        ("https://cloud.uipath.com:99999/a/t/orchestrator_", "read as an address"),
        ("https://[::1/a", "read as an address"),
        ("https://cloud.uipath.com/a/t t/orchestrator_", "space"),
        ("https://cloud.uipath.com/a/t\r\nX: y", "control"),
        ("", "https://"),
    ],
)
def test_a_bad_address_is_refused_with_what_would_be_right(url: str, word: str) -> None:
    with pytest.raises(ValueError, match=r"^url: ") as caught:
        Deployment.parse(url)

    assert word in str(caught.value)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        Deployment.parse("https://me:hunter2@orch.example")

    assert "hunter2" not in str(caught.value)


def test_plain_http_is_silent_on_this_machine_and_warned_of_elsewhere() -> None:
    assert Deployment.parse("http://localhost:1").warnings == ()
    assert "http" in Deployment.parse("http://orch.example").warnings[0]


def test_the_identity_address_may_be_given() -> None:
    deployment = Deployment.parse(CLOUD, identity_url="https://id.example/identity/connect/token/")

    assert deployment.identity == "https://id.example/identity"
    assert deployment.identity_given
    assert deployment.warnings


def test_a_bad_identity_address_is_named_as_such() -> None:
    with pytest.raises(ValueError, match="identity_url"):
        Deployment.parse(CLOUD, identity_url="id.example")
