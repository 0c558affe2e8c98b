"""The floor: a client that makes only the calls without which the work cannot be done, under the operator's account. It decides
nothing and compares nothing; statuses, policies and roles it copies from what the operator made of a sample."""
import concurrent.futures
import copy
import json
import queue

from .spire import BATCH, Entries, entry, spiffe_id
from .wire import MERGE, Trouble, together
from .world import LANES, NAMESPACE, RECORDS, path

KEPT = {"metadata": {"finalizers": ["lanyard.dev/cleanup"]}}
FREE = {"metadata": {"finalizers": None}}
PATIENCE = 60  # seconds that one step of a cold start may wait for the one before it


def is_leaving(value):
    return "deletionTimestamp" in value["metadata"] and bool(value["metadata"].get("finalizers"))


class Floor:
    """For one kind. The sample is the name of an object that the operator has seen to."""

    def __init__(self, world, plural, sample):
        self.world, self.plural, self.sample = world, plural, sample
        self.status = json.dumps(world.admin.must("GET", path(plural, sample)).value()["status"])
        self.connect()

    def connect(self):
        self.api = self.world.as_operator()

    def lane(self):
        """The same with connections of its own."""
        other = copy.copy(self)
        other.connect()
        return other

    def patched(self, value, change, sub=None):
        """The request for a change over the version that an object has."""
        meta = {**change.get("metadata", {}), "resourceVersion": value["metadata"]["resourceVersion"]}
        return "PATCH", path(self.plural, value["metadata"]["name"], sub), {**change, "metadata": meta}, MERGE

    def keep(self, value):
        return self.api.must(*self.patched(value, KEPT)).value()

    def free(self, value):
        self.api.must(*self.patched(value, FREE))

    def tell(self, value):
        """What the operator said of the sample, as said of another object."""
        status = self.of_other(json.loads(self.status), value["metadata"]["name"])
        for part in (status, *status.get("conditions", [])):
            part["observedGeneration"] = value["metadata"]["generation"]
        self.api.must(*self.patched(value, {"status": status}, "status"))

    def of_other(self, what, name):
        return json.loads(json.dumps(what).replace(self.sample, name))

    def everything(self):
        return self.api.must("GET", path(self.plural)).value()["items"]


class IdentityFloor(Floor):
    def __init__(self, world, sample):
        super().__init__(world, "workloadidentities", sample)
        self.parent = world.entries.parent_of(world.prefix + sample)
        if self.parent is None:
            raise Trouble(f"SPIRE has no entry {world.prefix}{sample}")

    def connect(self):
        super().connect()
        self.entries = Entries(self.world.environment["SPIRE_SERVER_SOCKET"])

    def entry(self, name):
        selectors = [("k8s", f"ns:{NAMESPACE}"), ("k8s", f"sa:{name}")]
        whose = spiffe_id(self.world.trust_domain, f"/ns/{NAMESPACE}/sa/{name}")
        return entry(self.world.prefix + name, whose, self.parent, selectors)

    def react(self, kind, value):
        """To one event of a watch."""
        name = value["metadata"]["name"]
        if kind == "ADDED":
            value = self.keep(value)
            self.entries.create([self.entry(name)])
            self.tell(value)
        elif kind == "MODIFIED" and is_leaving(value):
            self.entries.delete([self.world.prefix + name])
            self.free(value)

    def cold(self):
        """Everything that is there: finalizers in two lanes, entries in full batches behind them, statuses in two lanes."""
        values = self.everything()
        kept, made = queue.Queue(), queue.Queue()

        def keep(share):
            lane = self.lane()
            for value in share:
                kept.put(lane.keep(value))

        def make():
            left = len(values)
            while left:
                batch = [kept.get(timeout=PATIENCE) for _ in range(min(BATCH, left))]
                self.entries.create([self.entry(value["metadata"]["name"]) for value in batch])
                left -= len(batch)
                for value in batch:
                    made.put(value)
            for _ in range(2):
                made.put(None)

        def tell():
            lane = self.lane()
            while value := made.get(timeout=PATIENCE):
                lane.tell(value)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            steps = [(keep, values[0::2]), (keep, values[1::2]), (make,), (tell,), (tell,)]
            for step in [pool.submit(*step) for step in steps]:
                step.result()


class BindingFloor(Floor):
    """Finalizer and reads at once, then the record, policy and database role at once, the auth role, the status."""

    def __init__(self, world, sample):
        super().__init__(world, "vaultrolebindings", sample)
        policy, database, role = (
            world.vault.must("GET", where).value()["data"] for where in self.paths(sample))
        self.policy = policy["policy"]
        self.database = {name: database[name] for name in ("db_name", "creation_statements", "default_ttl", "max_ttl")}
        self.role = {name: role[name] for name in role if name.startswith(("bound_service_account_", "token_", "alias_name_"))}
        self.generations = {}

    def connect(self):
        super().connect()
        self.vault = self.world.vault_as_operator(3)

    def paths(self, name):
        vault = self.world.prefix + name
        return f"/v1/sys/policies/acl/{vault}", f"/v1/database/roles/{vault}_main", f"/v1/auth/kubernetes/role/{vault}"

    def record(self, value):
        meta = value["metadata"]
        owner = {"kind": "VaultRoleBinding", "namespace": NAMESPACE, "name": meta["name"], "uid": meta["uid"]}
        paths = [where.removeprefix("/v1/") for where in self.paths(meta["name"])]
        claims = [{"path": where, "claimedAt": meta["creationTimestamp"]} for where in paths]
        return {"apiVersion": "lanyard.dev/v1alpha1", "kind": "OwnershipRecord", "metadata": {"name": f"bench-{meta['name']}"},
                "spec": {"owner": owner, "claims": claims}}

    def react(self, kind, value):
        """To one event of a watch, if it is no echo of what was done before."""
        name, generation = value["metadata"]["name"], value["metadata"]["generation"]
        if kind == "ADDED":
            self.generations[name] = generation
            self.make(value)
        elif kind == "MODIFIED" and is_leaving(value):
            self.take_away(value)
        elif kind == "MODIFIED" and generation != self.generations.get(name, generation):
            self.generations[name] = generation
            where, _, _ = self.paths(name)
            self.vault[0].must("PUT", where, {"policy": f"{self.of_other(self.policy, name)}\n# of generation {generation}\n"})
            self.tell(value)

    def make(self, value):
        name = value["metadata"]["name"]
        policy, database, role = self.paths(name)
        reads = zip(self.vault, ["GET"] * 3, (policy, database, role))
        kept = together([(self.api, *self.patched(value, KEPT)), *reads])[0].value()
        self.api.must("POST", RECORDS, self.record(value))
        text = {"policy": self.of_other(self.policy, name)}
        together([(self.vault[0], "PUT", policy, text), (self.vault[1], "POST", database, self.database)])
        self.vault[0].must("POST", role, self.of_other(self.role, name))
        self.tell(kept)

    def take_away(self, value):
        name = value["metadata"]["name"]
        policy, database, role = self.paths(name)
        self.vault[0].must("DELETE", role)
        together([(self.vault[0], "DELETE", policy), (self.vault[1], "DELETE", database)])
        self.api.must("DELETE", f"{RECORDS}/bench-{name}")
        self.free(value)

    def cold(self):
        """Everything that is there, in a few lanes, each binding as by itself."""
        values = self.everything()

        def make(number):
            lane = self.lane()
            for value in values[number::LANES]:
                lane.make(value)

        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            list(pool.map(make, range(LANES)))
