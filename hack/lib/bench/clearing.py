"""Takes away what there is of the namespace in all systems, without the operator, and says how far it is where that takes long."""
import base64

from .report import Pace
from .spire import BATCH
from .wire import Connection
from .world import NAMESPACE, PAGE, RECORDS

KINDS = ("workloadidentities", "vaultrolebindings", "pods")
ROWS = ("lanyard.dev/workloadidentities", "lanyard.dev/vaultrolebindings", "pods", "events")
VAULT = ("auth/kubernetes/role", "database/roles", "sys/policies/acl")
PATIENCE = 120  # seconds until the API server has seen that rows are gone


def clear(world):
    delete_rows(world)
    delete_records(world)
    delete_entries(world)
    delete_from_vault(world)
    world.until("the API server has seen that they are gone", lambda: not any(map(world.has_some, KINDS)), PATIENCE, pause=0.2)


def delete_rows(world):
    """Of the API server's objects it is the stored rows, as one by one it would take minutes. Not all at once: who watches gets
    what one deletion took in one message."""
    etcd, pace, gone = Connection(world.environment["ETCD_ENDPOINT"], {}), Pace(), 0
    for folder in ROWS:
        start = f"/registry/{folder}/{NAMESPACE}/".encode()
        every = span(start, start[:-1] + bytes([start[-1] + 1]))
        while found := etcd.must("POST", "/v3/kv/range", {**every, "limit": PAGE, "keys_only": True}).value().get("kvs"):
            last = base64.b64decode(found[-1]["key"])
            etcd.must("POST", "/v3/kv/deleterange", span(start, last + b"\0"))
            gone += len(found)
            pace.tell(f"{gone} stored objects are gone")


def span(start, end):
    """The keys from one to before another, as etcd is asked for them."""
    return {"key": base64.b64encode(start).decode(), "range_end": base64.b64encode(end).decode()}


def delete_records(world):
    names = [record["metadata"]["name"] for record in world.objects(RECORDS)
             if record["spec"]["owner"].get("namespace") == NAMESPACE]
    world.in_lanes("records are gone", lambda connection, name: connection.must("DELETE", f"{RECORDS}/{name}", accept=(200, 404)),
                   names)


def delete_entries(world):
    identifiers, pace = world.entries.identifiers(world.prefix), Pace()
    for start in range(0, len(identifiers), BATCH):
        world.entries.delete(identifiers[start:start + BATCH])
        pace.tell(f"{start + BATCH} of {len(identifiers)} entries are gone")


def delete_from_vault(world):
    for folder in VAULT:
        answer = world.vault.must("GET", f"/v1/{folder}?list=true", accept=(200, 404)).value()
        names = [name for name in answer.get("data", {}).get("keys", []) if name.startswith(world.prefix)]
        world.in_lanes(f"of {folder} are gone", lambda connection, name: connection.must("DELETE", f"/v1/{folder}/{name}"), names,
                       connect=world.vault_as_administrator)
