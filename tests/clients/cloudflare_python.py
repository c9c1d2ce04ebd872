"""Runs Cloudflare's official Python client through a full life cycle against a simulated account.

    pip install cloudflare
    cargo run --example cloud-sim -- cloudflare --paid --instant      # prints the URL
    python3 tests/clients/cloudflare_python.py URL [GROUP ...]

Nobody here wrote the client, so it judges the simulator. It ends with an empty account. Each group of
types is a function that gets the client, the account's id and an active zone; without names on the
command line all of them run.
"""

import sys

import cloudflare
import cloudflare_workers
from cloudflare import APIStatusError, Cloudflare
from cloudflare.types.rulesets.ruleset_create_response import Ruleset

passed = 0


def check(what, holds):
    global passed
    if not holds:
        sys.exit(f"failed: {what}")
    passed += 1


def refused(what, code, call):
    """Expects a refusal with this code, also where it is inside of a general one."""
    try:
        call()
    except APIStatusError as error:
        errors = error.body["errors"]
        codes = [one["code"] for each in errors for one in [each, *each.get("error_chain", [])]]
        return check(f"{what} is refused as {code}, not {codes}", code in codes)
    sys.exit(f"failed: {what} was not refused")


def dns(client, account, zone):
    """Zones, their settings and records, DNSSEC, and what is read of an account."""
    check("the token is good", client.user.tokens.verify().status == "active")
    check("the account", account in [one.id for one in client.accounts.list()])
    ips = client.ips.list()
    check("the networks", len(ips.ipv4_cidrs) == 15 and len(ips.ipv6_cidrs) == 7)
    refused(
        "a second zone of the same name",
        1061,
        lambda: client.zones.create(account={"id": account}, name=zone.name, type="full"),
    )
    refused(
        "a zone below a domain",
        1099,
        lambda: client.zones.create(account={"id": account}, name="www.example.org", type="full"),
    )
    check("it is found by name", [one.id for one in client.zones.list(name=zone.name)] == [zone.id])
    check("it is paused", client.zones.edit(zone_id=zone.id, paused=True).paused)
    check("it goes on", not client.zones.edit(zone_id=zone.id, paused=False).paused)

    records = client.dns.records
    www = records.create(
        zone_id=zone.id, name=f"www.{zone.name}", type="A", content="192.0.2.1", ttl=300, comment="the site"
    )
    check("a record has an automatic time where it is proxied", records.edit(
        dns_record_id=www.id, zone_id=zone.id, name=www.name, type="A", content="192.0.2.2", ttl=300, proxied=True
    ).ttl == 1)
    refused(
        "an identical record",
        81058,
        lambda: records.create(zone_id=zone.id, name=www.name, type="A", content="192.0.2.2", ttl=1),
    )
    refused(
        "a name of two kinds",
        81053,
        lambda: records.create(zone_id=zone.id, name=www.name, type="CNAME", content=zone.name, ttl=1),
    )
    refused(
        "an address that is none",
        9005,
        lambda: records.create(zone_id=zone.id, name=f"bad.{zone.name}", type="A", content="nowhere", ttl=1),
    )
    refused(
        "a text that is proxied",
        9004,
        lambda: records.create(zone_id=zone.id, name=zone.name, type="TXT", content='"a"', ttl=1, proxied=True),
    )
    short = records.create(zone_id=zone.id, name="short", type="TXT", content='"v=1"', ttl=1)
    check("a short name is inside of the zone", short.name == f"short.{zone.name}")
    caa = records.create(
        zone_id=zone.id,
        name=zone.name,
        type="CAA",
        ttl=1,
        data={"flags": 0, "tag": "issue", "value": "letsencrypt.org"},
    )
    check("a record in parts", caa.data.tag == "issue" and "letsencrypt.org" in caa.content)
    mail = records.create(zone_id=zone.id, name=zone.name, type="MX", content=f"mail.{zone.name}", priority=10, ttl=1)
    check("the priority", mail.priority == 10)
    listed = list(records.list(zone_id=zone.id, per_page=1))
    check("a listing of many pages", {one.id for one in listed} == {www.id, short.id, caa.id, mail.id})
    found = records.list(zone_id=zone.id, comment={"endswith": "site"})
    check("a record is found by its comment", [one.id for one in found] == [www.id])
    check("it is overwritten", records.update(
        dns_record_id=short.id, zone_id=zone.id, name=short.name, type="TXT", content='"v=2"', ttl=60
    ).ttl == 60)
    for record in [www, short, caa, mail]:
        records.delete(dns_record_id=record.id, zone_id=zone.id)
    refused("a record that is gone", 81044, lambda: records.get(dns_record_id=www.id, zone_id=zone.id))
    check("no records are left", not list(records.list(zone_id=zone.id)))

    settings = client.zones.settings
    check("a setting is changed", settings.edit(zone_id=zone.id, setting_id="ssl", value="strict").value == "strict")
    check("and stays so", settings.get(zone_id=zone.id, setting_id="ssl").value == "strict")
    refused(
        "a value that is none",
        1007,
        lambda: settings.edit(zone_id=zone.id, setting_id="min_tls_version", value="0.9"),
    )

    check("DNSSEC is off", client.dns.dnssec.get(zone_id=zone.id).status == "disabled")
    signed = client.dns.dnssec.edit(zone_id=zone.id, status="active")
    check("DNSSEC waits for the registrar", signed.status == "pending" and zone.name in signed.ds)
    client.dns.dnssec.edit(zone_id=zone.id, status="disabled")


def storage(client, account, zone):
    """Buckets, their rules, their domains and the objects in them."""
    buckets = client.r2.buckets
    bucket = buckets.create(account_id=account, name="assets", location_hint="weur", storage_class="Standard")
    check("a bucket is where it should be", bucket.name == "assets" and bucket.location == "weur")
    refused("a second bucket of the same name", 10004, lambda: buckets.create(account_id=account, name="assets"))
    refused("a name with capitals", 10005, lambda: buckets.create(account_id=account, name="Assets"))
    eu = buckets.create(account_id=account, name="assets", cf_r2_jurisdiction="eu")
    check("another jurisdiction has names of its own", eu.jurisdiction == "eu")
    check("a listing has one of them", [one.name for one in buckets.list(account_id=account).buckets] == ["assets"])
    edited = buckets.edit("assets", account_id=account, storage_class="InfrequentAccess")
    check("the class is changed", edited.storage_class == "InfrequentAccess")

    refused("CORS rules that nobody made", 10059, lambda: buckets.cors.get("assets", account_id=account))
    rule = {"allowed": {"methods": ["GET"], "origins": ["https://example.com"]}, "maxAgeSeconds": 60}
    buckets.cors.update("assets", account_id=account, rules=[rule])
    check("CORS rules", buckets.cors.get("assets", account_id=account).rules[0].allowed.methods == ["GET"])
    buckets.cors.delete("assets", account_id=account)
    first = buckets.lifecycle.get("assets", account_id=account).rules
    check("a new bucket gives abandoned uploads up", len(first) == 1 and first[0].enabled)
    logs = {
        "id": "logs",
        "enabled": True,
        "conditions": {"prefix": "logs/"},
        "deleteObjectsTransition": {"condition": {"type": "Age", "maxAge": 86400}},
    }
    buckets.lifecycle.update("assets", account_id=account, rules=[logs])
    after = buckets.lifecycle.get("assets", account_id=account).rules
    check("lifecycle rules", after[0].delete_objects_transition.condition.max_age == 86400)
    keep = {"id": "keep", "enabled": True, "prefix": "keep/", "condition": {"type": "Indefinite"}}
    buckets.locks.update("assets", account_id=account, rules=[keep])
    check("lock rules", buckets.locks.get("assets", account_id=account).rules[0].id == "keep")

    managed = buckets.domains.managed.update("assets", account_id=account, enabled=True)
    check("the bucket is in the open", managed.enabled and managed.domain.endswith(".r2.dev"))
    domain = f"assets.{zone.name}"
    custom = buckets.domains.custom
    custom.create("assets", account_id=account, domain=domain, zone_id=zone.id, enabled=True, min_tls="1.2")
    check("a domain gets its certificate", custom.get(domain, account_id=account, bucket_name="assets").status.ssl == "active")
    check("it is listed", [one.domain for one in custom.list("assets", account_id=account).domains] == [domain])
    off = custom.update(domain, account_id=account, bucket_name="assets", enabled=False)
    check("a domain is switched off", off.enabled is False)

    objects = buckets.objects
    objects.upload("hello.txt", account_id=account, bucket_name="assets", body=b"hello")
    refused("a bucket that is not empty", 10008, lambda: buckets.delete("assets", account_id=account))
    objects.delete("hello.txt", account_id=account, bucket_name="assets")
    custom.delete(domain, account_id=account, bucket_name="assets")
    buckets.delete("assets", account_id=account)
    buckets.delete("assets", account_id=account, cf_r2_jurisdiction="eu")
    refused("a bucket that is gone", 10006, lambda: buckets.get("assets", account_id=account))


def sites(client, account, zone):
    """Pages: a project, files by content, deployments, domains."""
    projects = client.pages.projects
    config = {"production": {"env_vars": {"A": {"type": "plain_text", "value": "1"},
                                          "KEY": {"type": "secret_text", "value": "hush"}}}}
    project = projects.create(account_id=account, name="shop", production_branch="main", deployment_configs=config)
    check("a project has a domain", project.subdomain == "shop.pages.dev")
    shown = project.deployment_configs.production.env_vars
    check("a secret is not shown", shown["A"].value == "1" and shown["KEY"].value == "")
    refused(
        "a second project of the same name",
        8000002,
        lambda: projects.create(account_id=account, name="shop", production_branch="main"),
    )
    changed = projects.edit("shop", account_id=account, deployment_configs={"production": {"env_vars": {"A": None}}})
    check("a variable goes with null", list(changed.deployment_configs.production.env_vars) == ["KEY"])

    token = projects.get_upload_token("shop", account_id=account).jwt
    store = client.with_options(api_token=token).pages.assets
    # BLAKE3 of the content in base64 and the extension.
    key = "2082190357cfd3617ccfe04f340c6247"
    check("the store lacks the file", list(store.check_missing(hashes=[key])) == [key])
    file = {"key": key, "value": "Zm9vYmFy", "metadata": {"contentType": "image/png"}, "base64": True}
    store.upload(body=[file])
    store.upsert_hashes(hashes=[key])
    check("the store has it", list(store.check_missing(hashes=[key])) == [])
    refused("a token that is none", 8000013, lambda: client.pages.assets.check_missing(hashes=[key]))

    deployments = projects.deployments
    manifest = f'{{"/logo.png": "{key}"}}'
    live = deployments.create("shop", account_id=account, branch="main", manifest=manifest, commit_message="first")
    check("a deployment of the production branch", live.environment == "production")
    live = deployments.get(live.id, account_id=account, project_name="shop")
    check("it is done", live.latest_stage.name == "deploy" and live.latest_stage.status == "success")
    check("the project shows it", projects.get("shop", account_id=account).canonical_deployment.id == live.id)
    seen = client.get(f"{str(client.base_url).split('/client/v4')[0]}/edge/shop.pages.dev/logo.png", cast_to=bytes)
    check("a visitor sees it", seen == b"foobar")
    refused(
        "the deletion of what is live",
        8000034,
        lambda: deployments.delete(live.id, account_id=account, project_name="shop"),
    )
    preview = deployments.create("shop", account_id=account, branch="next", manifest=manifest)
    deployments.get(preview.id, account_id=account, project_name="shop")
    refused(
        "the deletion of what has an alias",
        8000035,
        lambda: deployments.delete(preview.id, account_id=account, project_name="shop"),
    )
    deployments.delete(preview.id, account_id=account, project_name="shop", force=True)
    check("one is left", [one.id for one in deployments.list("shop", account_id=account)] == [live.id])

    domains = projects.domains
    name = f"www.{zone.name}"
    domains.create("shop", account_id=account, name=name)
    check("a domain waits for its record", domains.get(name, account_id=account, project_name="shop").status == "pending")
    record = client.dns.records.create(zone_id=zone.id, name=name, type="CNAME", content=project.subdomain, ttl=1)
    check("and is active with it", domains.get(name, account_id=account, project_name="shop").status == "active")
    refused("a project with a domain", 8000028, lambda: projects.delete("shop", account_id=account))
    domains.delete(name, account_id=account, project_name="shop")
    client.dns.records.delete(dns_record_id=record.id, zone_id=zone.id)
    projects.delete("shop", account_id=account)
    refused("a project that is gone", 8000007, lambda: projects.get("shop", account_id=account))


CSR = """-----BEGIN CERTIFICATE REQUEST-----
MIHQMHgCAQAwFjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAATEHkxLfQIQ3qtUUa/GwB0K3zIAPfgOgnWD8ZV4ihBMC5IWViTG
veSEssn8oUwRtauts6HlxagfKLRf/5WAhBzqoAAwCgYIKoZIzj0EAwIDSAAwRQIh
AIvQzBgGw+IuakkGqOFyCbawkirjUuINkPBWrkzd8klEAiAQallQ4UAhCwL+56C5
SR1HK5CVEC2I3JLKxA8HBlPPpw==
-----END CERTIFICATE REQUEST-----
"""


def rules(client, account, zone):
    """Rulesets, lists, origin certificates, Turnstile widgets, tokens of the account."""
    lists = client.rules.lists
    office = lists.create(account_id=account, kind="ip", name="office", description="who may")
    refused(
        "a second list of the same name",
        10034,
        lambda: lists.create(account_id=account, kind="ip", name="office"),
    )
    started = lists.items.update(list_id=office.id, account_id=account, body=[{"ip": "192.0.2.0/24"}, {"ip": "2001:DB8::1"}])
    status = lists.bulk_operations.get(operation_id=started.operation_id, account_id=account).status
    check("items are changed by an operation", status == "completed")
    items = list(lists.items.list(list_id=office.id, account_id=account, per_page=1))
    check("a listing of many pages", sorted(item.ip for item in items) == ["192.0.2.0/24", "2001:db8::1"])
    lists.items.create(list_id=office.id, account_id=account, body=[{"ip": "198.51.100.7", "comment": "home"}])
    check("items are added", lists.get(list_id=office.id, account_id=account).num_items == 3)

    phase = "http_request_firewall_custom"
    # The client leaves it open what these answers are; its own type of a ruleset is strict.
    ruleset = Ruleset.model_validate
    answer = client.rulesets.create(
        zone_id=zone.id,
        kind="zone",
        name="default",
        phase=phase,
        rules=[
            {"ref": "strangers", "expression": "not ip.src in $office", "action": "managed_challenge"},
            {"ref": "silent", "expression": '(http.user_agent eq "")', "action": "block"},
        ],
    )
    created = ruleset(answer)
    first = {rule.ref: rule.id for rule in created.rules}
    refused(
        "a second entry point of a phase",
        20217,
        lambda: client.rulesets.create(zone_id=zone.id, kind="zone", name="default", phase=phase, rules=[]),
    )
    refused(
        "an expression that does not end",
        20119,
        lambda: client.rulesets.phases.update(phase, zone_id=zone.id, rules=[{"expression": "(", "action": "block"}]),
    )
    refused("a list that rules use", 10031, lambda: lists.delete(list_id=office.id, account_id=account))
    answer = client.rulesets.update(
        created.id,
        zone_id=zone.id,
        rules=[
            {"ref": "silent", "expression": '(http.user_agent eq "")', "action": "block"},
            {"ref": "strangers", "expression": "not ip.src in $office", "action": "block"},
        ],
    )
    changed = ruleset(answer)
    check("rules keep their ids", first == {rule.ref: rule.id for rule in changed.rules})
    check("and only what changed has a new version", [rule.version for rule in changed.rules] == ["1", "2"])
    position = {"index": 1}
    answer = client.rulesets.rules.create(created.id, zone_id=zone.id, expression="true", action="log", position=position)
    added = ruleset(answer)
    check("a rule comes first", [rule.action for rule in added.rules] == ["log", "block", "block"])
    answer = client.rulesets.rules.edit(
        added.rules[0].id, ruleset_id=created.id, zone_id=zone.id, expression="true", action="js_challenge"
    )
    edited = ruleset(answer)
    check("a rule is edited", edited.rules[0].action == "js_challenge" and edited.rules[0].id == added.rules[0].id)
    client.rulesets.rules.delete(added.rules[0].id, ruleset_id=created.id, zone_id=zone.id)
    entry = client.rulesets.phases.get(phase, zone_id=zone.id)
    check("the entry point", entry.id == created.id and len(entry.rules) == 2)
    kinds = {one.kind for one in client.rulesets.list(zone_id=zone.id)}
    check("the vendor's own rulesets are listed too", kinds == {"managed", "zone"})
    limit = {"characteristics": ["cf.colo.id", "ip.src"], "period": 60, "requests_per_period": 100, "mitigation_timeout": 60}
    answer = client.rulesets.phases.update(
        "http_ratelimit", zone_id=zone.id, rules=[{"expression": "true", "action": "block", "ratelimit": limit}]
    )
    limits = ruleset(answer)
    check("a rate limit", limits.rules[0].ratelimit.requests_per_period == 100)
    for one in [created, limits]:
        client.rulesets.delete(one.id, zone_id=zone.id)
    lists.delete(list_id=office.id, account_id=account)
    check("no lists are left", not list(lists.list(account_id=account)))

    certificates = client.origin_ca_certificates
    request = {"csr": CSR, "request_type": "origin-ecc", "requested_validity": 90}
    certificate = certificates.create(hostnames=[zone.name, f"*.{zone.name}"], **request)
    check("it is signed", certificate.certificate.startswith("-----BEGIN CERTIFICATE-----"))
    refused("a name of nobody's", 1010, lambda: certificates.create(hostnames=["www.example.org"], **request))
    check("it is listed", [one.id for one in certificates.list(zone_id=zone.id)] == [certificate.id])
    check("it is read", certificates.get(certificate.id).requested_validity == 90)
    check("it is revoked", certificates.delete(certificate.id).revoked_at is not None)
    check("and not listed", not list(certificates.list(zone_id=zone.id)))

    widgets = client.turnstile.widgets
    widget = widgets.create(account_id=account, name="sign up", domains=[zone.name], mode="managed")
    check("the secret", widget.secret != widget.sitekey)
    found = list(widgets.list(account_id=account, filter="name:SIGN"))
    check("a widget is found by its name", [one.sitekey for one in found] == [widget.sitekey])
    updated = widgets.update(
        widget.sitekey, account_id=account, name="sign in", domains=["example.org"], mode="invisible"
    )
    check("it is changed", (updated.name, updated.mode, updated.secret) == ("sign in", "invisible", widget.secret))
    rotated = widgets.rotate_secret(widget.sitekey, account_id=account, invalidate_immediately=True)
    check("another secret", rotated.secret != widget.secret)
    widgets.delete(widget.sitekey, account_id=account)
    check("no widgets are left", not list(widgets.list(account_id=account)))

    tokens = client.accounts.tokens
    groups = {one.name: one.id for one in tokens.permission_groups.list(account_id=account)}
    policy = {
        "effect": "allow",
        "permission_groups": [{"id": groups["Zone Read"]}, {"id": groups["DNS Write"]}],
        "resources": {f"com.cloudflare.api.account.zone.{zone.id}": "*"},
    }
    token = tokens.create(account_id=account, name="acme", policies=[policy])
    check("the value is told once", token.value and not hasattr(tokens.get(token.id, account_id=account), "value"))
    wrong = {**policy, "permission_groups": [{"id": groups["Pages Write"]}]}
    refused("a permission for something else", 1001, lambda: tokens.create(account_id=account, name="x", policies=[wrong]))
    off = tokens.update(token.id, account_id=account, name="acme", policies=[policy], status="disabled")
    check("it is switched off", off.status == "disabled" and off.policies[0].permission_groups[1].name == "DNS Write")
    check("another value", tokens.value.update(token.id, account_id=account) != token.value)
    tokens.delete(token.id, account_id=account)
    check("no tokens are left", not list(tokens.list(account_id=account)))


GROUPS = {
    "dns": dns,
    # Rules and credentials.
    "rules": rules,
    # Workers.
    "workers": lambda client, account, zone: cloudflare_workers.workers(client, account, zone, (check, refused)),
    # Storage and sites.
    "storage": storage,
    "sites": sites,
}


def main():
    url, names = sys.argv[1], sys.argv[2:] or list(GROUPS)
    client = Cloudflare(api_token="any", base_url=url, max_retries=0)
    account = next(iter(client.accounts.list())).id
    zone = client.zones.create(account={"id": account}, name="example.com", type="full")
    check("a new zone waits for its name servers", zone.status == "pending" and len(zone.name_servers) == 2)
    client.zones.activation_check.trigger(zone_id=zone.id)
    zone = client.zones.get(zone_id=zone.id)
    check("the zone is active", zone.status == "active")
    for name in names:
        GROUPS[name](client, account, zone)
    client.zones.delete(zone_id=zone.id)
    check("no zones are left", not list(client.zones.list()))
    print(f"cloudflare-python {cloudflare.__version__}: {passed} passed, 0 failed")


main()
