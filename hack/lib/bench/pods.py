"""Many pods under one identity with placement Pod: an entry for each. They are stored and bound to a node; nothing runs them."""
import time

from .clearing import clear
from .identities import PAUSE, QUIET, identity, new_names
from .report import FLOOR, say
from .spire import BATCH, Entries, entry, spiffe_id
from .world import NAMESPACE, Watch, core, path

RULE = "pods"  # the identity, and the ServiceAccount of its pods
NODE = "it-bench-node"


def pod(name):
    return core("Pod", name, spec={
        "nodeName": NODE, "serviceAccountName": RULE, "automountServiceAccountToken": False,
        "containers": [{"name": "main", "image": "none"}]})


class PodFloor:
    """An entry for each pod, under the agent of its node; no status."""

    def __init__(self, world, node_uid):
        self.world = world
        self.api, self.entries = world.as_operator(), Entries(world.environment["SPIRE_SERVER_SOCKET"])
        self.parent = spiffe_id(world.trust_domain, f"/spire/agent/k8s_psat/{world.cluster}/{node_uid}")

    def entry(self, value):
        name, uid = value["metadata"]["name"], value["metadata"]["uid"]
        selectors = [("k8s", f"ns:{NAMESPACE}"), ("k8s", f"sa:{RULE}"), ("k8s", f"pod-uid:{uid}")]
        whose = spiffe_id(self.world.trust_domain, f"/ns/{NAMESPACE}/pod/{name}")
        return entry(Pods.entry_of(self.world, value), whose, self.parent, selectors)

    def react(self, kind, value):
        if kind == "ADDED":
            self.entries.create([self.entry(value)])
        elif kind == "DELETED":
            self.entries.delete([Pods.entry_of(self.world, value)])

    def cold(self):
        values = self.api.must("GET", path("pods")).value()["items"]
        for start in range(0, len(values), BATCH):
            self.entries.create([self.entry(value) for value in values[start:start + BATCH]])


class Pods:
    def __init__(self, bench, count):
        self.bench, self.world, self.report, self.count = bench, bench.world, bench.report, count

    @staticmethod
    def entry_of(world, value):
        """The ID of the entry for a pod."""
        return f"{world.prefix}{RULE}_{value['metadata']['uid']}"

    def fill(self):
        """Pods and their node; gives the UID of that."""
        world = self.world
        say(f"making {self.count} pods, without an operator")
        clear(world)
        world.admin.must("POST", "/api/v1/nodes", core("Node", NODE), accept=(201, 409))
        world.create("pods", [pod(f"pod-{number:06}") for number in range(self.count)])
        return world.admin.must("GET", f"/api/v1/nodes/{NODE}").value()["metadata"]["uid"]

    def measure(self, subject):
        world = self.world
        self.fill()
        rule = identity(RULE)
        rule["spec"] = {"placement": "Pod", "spiffeID": "/ns/{namespace}/pod/{pod}"}
        world.create("workloadidentities", [rule])
        say(f"{subject.label}: {self.count} pods cold")
        world.forget()
        operator = subject.start()
        self.until_made()
        self.report.add("pods.cpu", subject.label, self.count, operator.cpu())
        self.report.add_course("pods.entries", subject.label, self.count, operator.started, world.calls.made().values())
        self.report.add("pods.peak", subject.label, self.count, operator.memory()[1])
        self.bench.until_quiet(QUIET, self.count)
        self.singles(subject.label)
        operator.stop()

    def measure_floor(self):
        world = self.world
        floor = PodFloor(world, self.fill())
        say(f"floor: {self.count} pods cold")
        world.forget()
        begun = time.time()
        world.looking(floor.cold)
        self.report.add_course("pods.entries", FLOOR, self.count, begun, world.calls.made().values())
        echo = Watch(world.as_operator(), "pods", react=floor.react)
        self.singles(FLOOR)
        echo.stop()

    def until_made(self):
        self.bench.until_all("entries are made", lambda: len(self.world.calls.made()), self.count, pause=0.05)

    def singles(self, label):
        world = self.world
        say(f"{label}: {self.bench.samples} new pods beside {self.count}, one at a time")
        world.forget()
        for name in new_names(self.bench.samples):
            begun = time.time()
            key = self.entry_of(world, world.admin.must("POST", path("pods"), pod(name)).value())
            made = world.until(f"{key} is in SPIRE", lambda: world.calls.made().get(key), 60)
            self.report.add("pods.new", label, self.count, (made - begun) * 1000)
            time.sleep(PAUSE)
            begun = time.time()
            world.admin.must("DELETE", f"{path('pods', name)}?gracePeriodSeconds=0")
            gone = world.until(f"{key} is gone from SPIRE", lambda: world.calls.look().deleted.get(key), 60)
            self.report.add("pods.gone", label, self.count, (gone - begun) * 1000)
            time.sleep(PAUSE)
