from tests.integration.cli.site import CHANNEL, RULES, Site

MAIL = '[channels.mail]\nurl_env = "OPS_URL"\n'
ROUTES = """\
[[routes]]
where = { severity = "critical", region = "emea" }
channels = ["ops", "mail"]
group_by = ["tenant"]
repeat_every = "1h"
escalate = [{ after = "30m", channels = ["boss"] }]
mute_in = ["always"]
continue = true
[[routes]]
channels = ["mail"]
digest = "0 8 * * *"
send_resolved = false
[maintenance.always]
times = ["00:00..24:00"]
"""
BOSS = '[channels.boss]\nurl_env = "OPS_URL"\n'


def a_site(site: Site) -> Site:
    rules = RULES.replace(
        'severity = "critical"', 'severity = "critical"\nlabels = { team = "ap" }'
    )
    site.configure('labels = { region = "emea" }\n', rules, CHANNEL, MAIL, BOSS, ROUTES)
    return site


def test_scripts_get_the_routes_that_are_taken_with_the_reasons(site: Site) -> None:
    ran = a_site(site).command(
        "routes", "test", "rule=invoice-backlog", "tenant=production", "name=Invoices", "--json"
    )

    assert ran.status == 0
    first, second = ran.json
    assert (first["route"], first["channels"], first["group_by"]) == (
        "routes[0]",
        ["ops", "mail"],
        ["tenant"],
    )
    assert first["group"] == {"tenant": "production"}
    assert first["reason"].startswith("matches severity=critical and region=emea")
    assert first["escalate"] == [{"after": "30m", "channels": ["boss"]}]
    assert first["muted_by"] == ["route: routes[0] is muted in always (without an end)"]
    assert (second["route"], second["channels"], second["muted_by"]) == ("routes[1]", ["mail"], [])


def test_people_get_every_route_with_the_matcher_that_failed(site: Site) -> None:
    ran = a_site(site).command("routes", "test", "rule=invoice-backlog", "severity=info")

    assert ran.status == 0
    assert "severity=info" in ran.out
    assert 'routes[0]  no               severity=critical: it is "info"' in ran.out
    assert "routes[1]  yes    mail      matches everything" in ran.out
    assert "told in a digest; not repeated; its end is not told" in ran.out
    assert "What may mute it" in ran.out


def test_a_critical_alert_of_the_tenant_is_escalated(site: Site) -> None:
    out = (
        a_site(site)
        .command(
            "routes",
            "test",
            "rule=invoice-backlog",
            "tenant=production",
            "--at",
            "2027-01-04T10:00Z",
        )
        .out
    )

    assert "team=ap" in out
    assert "10:00" in out
    assert "repeated after 1h; boss after 30m, unless somebody acknowledges." in out
    assert "Muted at this time\n  route: routes[0] is muted in always (without an end)" in out


def test_without_channels_nobody_hears(site: Site) -> None:
    site.configure(RULES)

    assert "Nobody hears of it" in site.command("routes", "test", "kind=queue").out
    assert site.command("routes", "test", "kind=queue", "--json").json == []


def test_what_cannot_be_is_said(site: Site) -> None:
    unknown = site.command("routes", "test", "rule=invoice-backlogg", "severity=high", "--json")
    slip = site.command("routes", "test", "serverity=critical")
    no_label = site.command("routes", "test", "critical")

    assert (unknown.status, [row["route"] for row in unknown.json]) == (0, ["default"])
    assert "there is no rule 'invoice-backlogg'; did you mean \"invoice-backlog\"?" in unknown.err
    assert "there is no severity 'high'" in unknown.err
    assert (slip.status, 'did you mean "severity"' in slip.err) == (2, True)
    assert (no_label.status, "folder=Finance" in no_label.err) == (2, True)
    assert site.command("routes", "test", "kind=queue", "--at", "soon").status == 2
