"""Bindings, each with a policy, an auth role and a database role: a cold start over many, a restart, and single ones."""
import time

from .clearing import clear
from .floor import BindingFloor
from .identities import PAUSE, QUIET, Used, identity, name_of, new_names
from .report import FLOOR, say
from .wire import MERGE
from .world import Watch, path

KIND, IDENTITIES = "vaultrolebindings", "workloadidentities"
STATUS = f"{KIND}/status"
RESTART = 25  # seconds for which a process is watched after its start


def binding(name, folder="current"):
    statements = {"creation": ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"]}
    role = {"name": "main", "connection": "temporal-postgres", "defaultTTL": "1h", "maxTTL": "24h", "statements": statements}
    return {"apiVersion": "lanyard.dev/v1alpha1", "kind": "VaultRoleBinding", "metadata": {"name": name},
            "spec": {"workloadIdentityRef": {"name": name}, "access": access(name, folder), "databaseRoles": [role]}}


def access(name, folder):
    return {"kv": [{"path": f"bench/{name}/{folder}/*", "permissions": ["Read"]}]}


class Bindings:
    def __init__(self, bench, count):
        self.bench, self.world, self.report, self.count = bench, bench.world, bench.report, count
        self.all_paths = [where for name in self.names() for where in self.paths(name)]

    def paths(self, name):
        vault = self.world.prefix + name
        return f"sys/policies/acl/{vault}", f"auth/kubernetes/role/{vault}", f"database/roles/{vault}_main"

    def names(self):
        return [name_of(number) for number in range(self.count)]

    def measure(self, subject):
        """One executable, from identities without bindings."""
        world, label = self.world, subject.label
        say(f"{label}: making {self.count} identities for bindings")
        clear(world)
        identities = [identity(name) for name in [*self.names(), *new_names(self.bench.samples)]]
        world.create(IDENTITIES, identities)
        world.forget()
        operator = subject.start()
        self.bench.until_all("identities have a status", lambda: len(world.requests.last(f"{IDENTITIES}/status")), len(identities))
        world.until_ready(IDENTITIES, len(identities), self.bench.patience_for(len(identities)))
        self.bench.until_quiet(QUIET, self.count)
        operator.stop()
        operator = self.cold(subject)
        if "restart" in self.report.groups:
            operator = self.restart(subject, operator)
        self.singles(label)
        operator.stop()

    def measure_floor(self):
        """After the last executable, whose bindings are still there."""
        world = self.world
        floor = BindingFloor(world, name_of(0))
        echo = Watch(world.as_operator(), KIND, react=floor.react)
        self.singles(FLOOR)
        echo.stop()
        clear(world)  # the identities as well, of which the floor asks nothing
        world.create(KIND, [binding(name) for name in self.names()])
        say(f"floor: {self.count} bindings cold")
        world.forget()
        used, begun = Used(apiserver=world.server("apiserver")), time.time()
        floor.cold()
        used.take()
        self.add_cold(FLOOR, begun, used)

    def cold(self, subject):
        world = self.world
        say(f"{subject.label}: {self.count} bindings cold")
        world.create(KIND, [binding(name) for name in self.names()])
        world.forget()
        used = Used(apiserver=world.server("apiserver"))
        operator = subject.start()
        self.bench.until_all("objects are in Vault", lambda: len(self.written()), len(self.all_paths), pause=0.5)
        self.bench.until_all("statuses are written", lambda: len(world.requests.last(STATUS)), self.count, pause=0.5)
        used.take()
        self.report.add("bindings.cpu", subject.label, self.count, operator.cpu())
        world.until_ready(KIND, self.count, self.bench.patience_for(self.count))
        self.report.add("bindings.peak", subject.label, self.count, operator.memory()[1])
        self.add_cold(subject.label, operator.started, used)
        return operator

    def written(self):
        """When each object of the bindings was written, of those that are there."""
        changes = self.world.vault_requests.last("write")
        return [changes[where] for where in self.all_paths if where in changes]

    def add_cold(self, label, begun, used):
        world, report = self.world, self.report
        used.add_to(report, "bindings", label, self.count)
        report.add_course("bindings.vault", label, self.count, begun, self.written())
        report.add_course("bindings.statuses", label, self.count, begun, world.requests.last(STATUS).values())
        self.add_calls("bindings", label)

    def add_calls(self, group, label):
        requests = self.world.vault_requests
        self.report.add(f"{group}.reads", label, self.count, requests.count("read"))
        self.report.add(f"{group}.writes", label, self.count, requests.count("write", "delete"))

    def restart(self, subject, operator):
        say(f"{subject.label}: restart with {self.count} bindings")
        self.bench.until_quiet(QUIET, self.count)
        operator.stop()
        self.world.forget()
        operator = subject.start()
        time.sleep(RESTART)
        operator.ensure_running()
        self.report.add("restart.cpu", subject.label, self.count, operator.cpu())
        self.add_calls("restart", subject.label)
        return operator

    def singles(self, label):
        if "binding" not in self.report.groups:
            return
        say(f"{label}: {self.bench.samples} new bindings beside {self.count}, one at a time")
        self.bench.until_quiet(1, self.count)
        watch = Watch(self.world.as_administrator(), KIND)
        for name in new_names(self.bench.samples):
            self.one(watch, label, name)
        watch.stop()

    def one(self, watch, label, name):
        """Made, changed, deleted."""
        world = self.world
        self.world.forget()
        begun = time.time()
        world.admin.must("POST", path(KIND), binding(name))
        made = world.until(f"everything of {name} is in Vault", lambda: self.when_written(self.paths(name)), 60)
        told = watch.when_ready(name)
        self.add("vault", label, made - begun)
        self.add("status", label, told - begun)
        time.sleep(PAUSE)
        policy = self.paths(name)[:1]
        world.forget()
        begun = time.time()
        world.admin.must("PATCH", path(KIND, name), {"spec": {"access": access(name, "other")}}, MERGE)
        changed = world.until(f"the policy of {name} is changed", lambda: self.when_written(policy), 60)
        watch.when_ready(name, generation=2)
        self.add("changed", label, changed - begun)
        time.sleep(PAUSE)
        begun = time.time()
        world.admin.must("DELETE", path(KIND, name))
        gone = watch.when_gone(name)
        self.add("gone", label, gone - begun)
        time.sleep(PAUSE)

    def add(self, row, label, seconds):
        self.report.add(f"binding.{row}", label, self.count, seconds * 1000)

    def when_written(self, paths):
        changes = self.world.vault_requests.last("write")
        return max(changes[where] for where in paths) if all(where in changes for where in paths) else None
