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


GROUPS = {
    "dns": dns,
    # Rules and credentials.
    # Workers.
    "workers": lambda client, account, zone: cloudflare_workers.workers(client, account, zone, (check, refused)),
    # Storage and sites.
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
