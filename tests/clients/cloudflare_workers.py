"""Workers and KV by Cloudflare's official Python client: a group of `cloudflare_python.py`, which runs it."""

import urllib.error
import urllib.request

HELLO = b"export default { fetch() { return new Response('hello') } }"
ROOM = b"export class Room {}\nexport default { fetch() { return new Response('room') } }"


def visit(api, host, path):
    """What a visitor of the simulated edge gets."""
    url = f"{api.removesuffix('/client/v4')}/edge/{host}{path}"
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def upload(client, account, name, code, **metadata):
    module = ("worker.js", code, "application/javascript+module")
    return client.workers.scripts.update(
        name, account_id=account, metadata={"main_module": "worker.js", **metadata}, files=[module]
    )


def kv(client, account):
    namespaces = client.kv.namespaces
    settings = namespaces.create(account_id=account, title="client-settings")
    refused("a second title", 10014, lambda: namespaces.create(account_id=account, title="client-settings"))
    namespaces.update(settings.id, account_id=account, title="client-configuration")
    check("a new title", namespaces.get(settings.id, account_id=account).title == "client-configuration")
    check("listed", settings.id in [one.id for one in namespaces.list(account_id=account)])
    values = namespaces.values
    values.update("banner", account_id=account, namespace_id=settings.id, value=b"Sale!", metadata={"by": "shop"})
    read = values.get("banner", account_id=account, namespace_id=settings.id)
    check("a value", read.read() == b"Sale!")
    metadata = namespaces.metadata.get("banner", account_id=account, namespace_id=settings.id)
    check("its metadata", metadata == {"by": "shop"})
    keys = list(namespaces.keys.list(settings.id, account_id=account))
    check("its key", [(key.name, key.metadata) for key in keys] == [("banner", {"by": "shop"})])
    values.delete("banner", account_id=account, namespace_id=settings.id)
    refused("a key that is gone", 10009, lambda: values.get("banner", account_id=account, namespace_id=settings.id))
    return settings


def scripts(client, account, namespace):
    scripts = client.workers.scripts
    made = upload(
        client,
        account,
        "client-intake",
        HELLO,
        bindings=[
            {"type": "plain_text", "name": "ENVIRONMENT", "text": "dev"},
            {"type": "secret_text", "name": "KEY", "text": "canary-client"},
            {"type": "kv_namespace", "name": "SETTINGS", "namespace_id": namespace.id},
        ],
        compatibility_date="2026-09-01",
        observability={"enabled": True},
        tags=["client"],
    )
    check("an upload", (made.id, made.compatibility_date, made.startup_time_ms) == ("client-intake", "2026-09-01", 10))
    settings = scripts.script_and_version_settings.get("client-intake", account_id=account)
    bindings = {binding.name: binding for binding in settings.bindings}
    check("its bindings", sorted(bindings) == ["ENVIRONMENT", "KEY", "SETTINGS"])
    check("no value of a secret", "canary" not in settings.to_json())
    check("its logs", settings.observability.enabled and settings.observability.logs.invocation_logs)
    content = scripts.content.get("client-intake", account_id=account)
    check("its code", HELLO in content.read() and content.headers["cf-entrypoint"] == "worker.js")
    scripts.secrets.update("client-intake", account_id=account, name="MAIL", text="canary-mail", type="secret_text")
    upload(client, account, "client-intake", HELLO, keep_bindings=["secret_text"])
    names = [secret.name for secret in scripts.secrets.list("client-intake", account_id=account)]
    check("secrets that are kept", names == ["KEY", "MAIL"])
    scripts.secrets.delete("KEY", account_id=account, script_name="client-intake")
    refused("a secret that is gone", 10056,
            lambda: scripts.secrets.get("KEY", account_id=account, script_name="client-intake"))
    times = scripts.schedules.update("client-intake", account_id=account, body=[{"cron": "*/15 * * * *"}])
    check("times", [one.cron for one in times.schedules] == ["*/15 * * * *"])
    scripts.subdomain.create("client-intake", account_id=account, enabled=True, previews_enabled=False)
    check("an address", scripts.subdomain.get("client-intake", account_id=account).enabled)
    check("listed", "client-intake" in [one.id for one in scripts.list(account_id=account)])
    refused("code without a handler", 10068, lambda: upload(client, account, "client-bad", b"let x"))
    refused("a binding to nothing", 10041, lambda: upload(
        client, account, "client-bad", HELLO,
        bindings=[{"type": "kv_namespace", "name": "X", "namespace_id": "0" * 32}]))
    refused("a script that is not there", 10007,
            lambda: scripts.schedules.get("client-nobody", account_id=account))


def durable_objects(client, account):
    rooms = [{"type": "durable_object_namespace", "name": "ROOMS", "class_name": "Room"}]
    refused("a class without a migration", 10061,
            lambda: upload(client, account, "client-rooms", ROOM, bindings=rooms))
    first = {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Room"]}]}
    made = upload(client, account, "client-rooms", ROOM, bindings=rooms, migrations=first)
    check("a migration", made.migration_tag == "v1")
    refused("the same migration again", 10079,
            lambda: upload(client, account, "client-rooms", ROOM, bindings=rooms, migrations=first))
    refused("deleting it with its objects", 10064,
            lambda: client.workers.scripts.delete("client-rooms", account_id=account))
    client.workers.scripts.delete("client-rooms", account_id=account, force=True)


def sites(client, account, zone, api):
    """What leads to a Worker, and what visitors get."""
    routes, domains = client.workers.routes, client.workers.domains
    domain = domains.update(account_id=account, hostname=f"intake.{zone.name}", service="client-intake",
                            zone_id=zone.id)
    check("a domain", domain.zone_name == zone.name)
    check("a visitor of the domain", visit(api, f"intake.{zone.name}", "/") == (200, "hello"))
    upload(client, account, "client-other", b"export default {}")
    refused("a host of another Worker", 100116, lambda: domains.update(
        account_id=account, hostname=f"intake.{zone.name}", service="client-other", zone_id=zone.id))
    route = routes.create(zone_id=zone.id, pattern=f"intake.{zone.name}/other/*", script="client-other")
    check("a visitor of the route", '"client-other"' in visit(api, f"intake.{zone.name}", "/other/x")[1])
    refused("the same pattern again", 10020, lambda: routes.create(
        zone_id=zone.id, pattern=f"intake.{zone.name}/other/*", script="client-intake"))
    refused("another zone's host", 10022, lambda: routes.create(zone_id=zone.id, pattern="example.net/*"))
    refused("a script that is not there", 10019, lambda: routes.create(
        zone_id=zone.id, pattern=f"{zone.name}/*", script="client-nobody"))
    routes.update(route.id, zone_id=zone.id, pattern=f"intake.{zone.name}/new/*", script="client-other")
    check("a new pattern", routes.get(route.id, zone_id=zone.id).pattern.endswith("/new/*"))
    routes.delete(route.id, zone_id=zone.id)
    check("no route", list(routes.list(zone_id=zone.id)) == [])
    domains.delete(domain.id, account_id=account)
    refused("a domain that is gone", 100114, lambda: domains.get(domain.id, account_id=account))


def workers(client, account, zone, judge):
    """The whole life of Workers and KV. It leaves nothing behind."""
    global check, refused
    check, refused = judge
    settings = kv(client, account)
    scripts(client, account, settings)
    durable_objects(client, account)
    sites(client, account, zone, str(client.base_url).rstrip("/"))
    for script in client.workers.scripts.list(account_id=account):
        client.workers.scripts.delete(script.id, account_id=account)
    client.kv.namespaces.delete(settings.id, account_id=account)
    check("no Workers are left", not list(client.workers.scripts.list(account_id=account)))
    check("no namespaces are left", not list(client.kv.namespaces.list(account_id=account)))
