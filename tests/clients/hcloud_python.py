"""Runs Hetzner's official Python client through a full life cycle against a simulated cloud.

    pip install hcloud
    cargo run --example cloud-sim -- hetzner          # prints the URL
    python3 tests/clients/hcloud_python.py URL

Nobody here wrote the client, so it judges the simulator. It ends with an empty project.
"""

import sys

import hcloud
from hcloud import APIException, Client
from hcloud.firewalls import FirewallRule
from hcloud.images import Image
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerService,
    LoadBalancerTarget,
)
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.zones import ZoneRecord

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBQ9mVTqYUEFUQ0cKZq4d6S9Y5xY6oJx2v8Xk1mX8c0d a@b"
NBG1 = Location("nbg1")
passed = 0


def check(what, holds):
    global passed
    if not holds:
        sys.exit(f"failed: {what}")
    passed += 1


def refused(what, code, call):
    try:
        call()
    except APIException as error:
        return check(f"{what} is refused as {code}, not {error.code}", error.code == code)
    sys.exit(f"failed: {what} was not refused")


def done(answer):
    """Waits for the action and the next actions of an answer."""
    for action in [answer.action, *(getattr(answer, "next_actions", None) or [])]:
        if action is not None:
            action.wait_until_finished()
    return answer


client = Client(token="any", api_endpoint=sys.argv[1], poll_interval=0.02)
check("the catalogue", {"fsn1", "nbg1", "hel1", "ash", "hil", "sin"} == {l.name for l in client.locations.get_all()})
check("server types", {"cx22", "cx32", "cax11", "ccx13"} <= {t.name for t in client.server_types.get_all()})

key = client.ssh_keys.create("key", PUBLIC_KEY)
refused("a second key of the same name", "uniqueness_error", lambda: client.ssh_keys.create("key", PUBLIC_KEY))
subnet = NetworkSubnet(ip_range="10.0.1.0/24", type="cloud", network_zone="eu-central")
network = client.networks.create(name="network", ip_range="10.0.0.0/16", subnets=[subnet])
rule = FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0", "::/0"])
firewall = client.firewalls.create(name="firewall", rules=[rule]).firewall
group = client.placement_groups.create(name="group", type="spread").placement_group

server = done(
    client.servers.create(
        name="web",
        server_type=ServerType("cx22"),
        image=Image(name="ubuntu-24.04"),
        location=NBG1,
        ssh_keys=[key],
        networks=[network],
        firewalls=[firewall],
        placement_group=group,
        labels={"role": "web"},
        user_data="#cloud-config\n",
    )
).server
server.reload()
check("the server runs", server.status == "running")
check("it has a private address", server.private_net[0].ip.startswith("10.0.1."))
check("it is found by label", [s.id for s in client.servers.get_all(label_selector="role=web")] == [server.id])
refused("deleting a firewall in use", "resource_in_use", firewall.delete)

volume = done(client.volumes.create(name="data", size=10, server=server, format="ext4")).volume
volume.resize(20).wait_until_finished()
volume.reload()
check("the volume grew", volume.size == 20 and volume.server.id == server.id)
refused("shrinking a volume", "invalid_input", lambda: volume.resize(10))

refused("resizing a running server", "server_not_stopped", lambda: server.change_type(ServerType("cx32"), False))
server.power_off().wait_until_finished()
server.change_type(ServerType("cx32"), upgrade_disk=False).wait_until_finished()
server.power_on().wait_until_finished()
server.reload()
check("the server was resized", server.server_type.name == "cx32")
server.change_protection(delete=True, rebuild=True).wait_until_finished()
refused("deleting a protected server", "protected", server.delete)
server.change_protection(delete=False, rebuild=False).wait_until_finished()
snapshot = done(server.create_image("snapshot", type="snapshot")).image
done(server.rebuild(Image(name="debian-12")))

health = LoadBalancerHealthCheck(protocol="tcp", port=80, interval=15, timeout=10, retries=3)
service = LoadBalancerService(
    protocol="tcp", listen_port=80, destination_port=80, proxyprotocol=False, health_check=health
)
balancer = done(
    client.load_balancers.create(
        name="balancer",
        load_balancer_type=LoadBalancerType("lb11"),
        location=NBG1,
        network=network,
        algorithm=LoadBalancerAlgorithm("round_robin"),
        services=[service],
    )
).load_balancer
balancer.add_target(LoadBalancerTarget(type="server", server=server, use_private_ip=True)).wait_until_finished()
balancer.reload()
check("the target is healthy", balancer.targets[0].health_status[0].status == "healthy")

floating = done(client.floating_ips.create(type="ipv4", home_location=NBG1, name="floating")).floating_ip
floating.assign(server).wait_until_finished()
floating.change_dns_ptr(floating.ip, "web.example.org").wait_until_finished()
primary = client.primary_ips.create(type="ipv4", location=NBG1, name="primary", auto_delete=False).primary_ip
check("addresses are given out", primary.ip != floating.ip)

zone = done(client.zones.create(name="example.org", mode="primary", ttl=3600)).zone
records = done(zone.create_rrset(name="www", type="A", ttl=60, records=[ZoneRecord(value="192.0.2.1")])).rrset
zone.set_rrset_records(records, [ZoneRecord(value="192.0.2.2")]).wait_until_finished()
records = zone.get_rrset("www", "A")
check("the record changed", [record.value for record in records.records] == ["192.0.2.2"])
done(zone.delete_rrset(records))
done(zone.delete())

floating.unassign().wait_until_finished()
floating.delete()
primary.delete()
balancer.delete()
volume.detach().wait_until_finished()
volume.delete()
server.delete().wait_until_finished()
client.images.delete(snapshot)
for left in [firewall, group, network, key]:
    left.delete()
for kind in [
    "servers", "volumes", "networks", "firewalls", "load_balancers", "floating_ips",
    "primary_ips", "ssh_keys", "placement_groups", "zones", "certificates",
]:
    check(f"no {kind} are left", not getattr(client, kind).get_all())
print(f"hcloud-python {hcloud.__version__}: {passed} passed, 0 failed")
