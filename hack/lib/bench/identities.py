"""Identities: a cold start over many, the time after it, single ones, and how little a few need."""
import time

from .clearing import clear
from .floor import IdentityFloor
from .report import FLOOR, say
from .world import Watch, path

KIND = "workloadidentities"
STATUS = f"{KIND}/status"
PAUSE = 0.15  # seconds between two samples: what comes after an answer, such as an event, is not to meet the next one
QUIET = 5  # seconds without a request, after which nothing is at work any more


def identity(name):
    return {"apiVersion": "lanyard.dev/v1alpha1", "kind": "WorkloadIdentity", "metadata": {"name": name}, "spec": {}}


def name_of(number):
    return f"id-{number:06}"


def new_names(samples):
    return [f"new-{number:03}" for number in range(samples)]


class Used:
    """Processor time of servers from now on, until it is taken."""

    def __init__(self, **processes):
        self.processes = {name: process for name, process in processes.items() if process}
        self.before = {name: process.cpu() for name, process in self.processes.items()}

    def take(self):
        self.used = {name: process.cpu() - self.before[name] for name, process in self.processes.items()}

    def add_to(self, report, group, subject, objects, times=1):
        for name, seconds in self.used.items():
            report.add(f"{group}.{name}", subject, objects, seconds * times)


class Identities:
    def __init__(self, bench):
        self.bench, self.world, self.report = bench, bench.world, bench.report

    def measure(self, subject, count):
        """One executable, from nothing to nothing but what it made."""
        self.fill(count)
        operator = self.cold(subject, count)
        if "rest" in self.report.groups:
            self.rest(operator, subject.label, count)
        self.singles(subject.label, count)
        operator.stop()

    def measure_floor(self, count):
        """After the last executable, whose identities are still there."""
        floor = IdentityFloor(self.world, name_of(0))
        echo = Watch(self.world.as_operator(), KIND, react=floor.react)
        self.singles(FLOOR, count)
        echo.stop()
        self.fill(count)
        world = self.world
        say(f"floor: {count} identities cold")
        world.forget()
        used, begun = Used(apiserver=world.server("apiserver"), spire=world.server("spire")), time.time()
        world.looking(floor.cold)
        used.take()
        self.add_cold(FLOOR, count, begun, used)

    def fill(self, count):
        say(f"making {count} identities, without an operator")
        clear(self.world)
        self.world.create(KIND, [identity(name_of(number)) for number in range(count)])

    def cold(self, subject, count):
        world = self.world
        say(f"{subject.label}: {count} identities cold")
        world.forget()
        used = Used(apiserver=world.server("apiserver"), spire=world.server("spire"))
        operator = subject.start()
        self.bench.until_all("entries are made", lambda: len(world.calls.made()), count)
        self.bench.until_all("statuses are written", lambda: len(world.requests.last(STATUS)), count)
        used.take()
        self.report.add("identities.cpu", subject.label, count, operator.cpu())
        world.until_ready(KIND, count, self.bench.patience_for(count))
        self.report.add("identities.peak", subject.label, count, operator.memory()[1])
        self.add_cold(subject.label, count, operator.started, used)
        return operator

    def add_cold(self, label, count, begun, used):
        world, report = self.world, self.report
        used.add_to(report, "identities", label, count)
        report.add_course("identities.entries", label, count, begun, world.calls.made().values())
        report.add_course("identities.statuses", label, count, begun, world.requests.last(STATUS).values())
        report.add("identities.requests", label, count, world.requests.count())
        if batch := world.calls.average_batch():
            report.add("identities.batch", label, count, batch)

    def rest(self, operator, label, count):
        say(f"{label}: waiting until nothing is at work, then {self.bench.idle} s at rest")
        self.bench.until_quiet(QUIET, count)
        self.world.forget()
        cpu, switches = operator.cpu(), operator.switches()
        used = Used(apiserver=self.world.server("apiserver"), spire=self.world.server("spire"))
        time.sleep(self.bench.idle)
        used.take()
        per_minute = 60 / self.bench.idle
        used.add_to(self.report, "rest", label, count, times=per_minute)
        self.report.add("rest.cpu", label, count, (operator.cpu() - cpu) * per_minute)
        self.report.add("rest.resident", label, count, operator.memory()[0])
        self.report.add("rest.own", label, count, operator.own_memory())
        self.report.add("rest.switches", label, count, (operator.switches() - switches) / self.bench.idle)
        self.report.add("rest.requests", label, count, self.bench.requests() * per_minute)

    def singles(self, label, count):
        """New ones, one at a time, beside those that are there; then they go."""
        if "identity" not in self.report.groups:
            return
        say(f"{label}: {self.bench.samples} new identities beside {count}, one at a time")
        self.bench.until_quiet(1, count)
        self.world.forget()
        watch = Watch(self.world.as_administrator(), KIND)
        for name in new_names(self.bench.samples):
            self.one(watch, label, count, name)
            time.sleep(PAUSE)
        for name in new_names(self.bench.samples):
            begun = time.time()
            self.world.admin.must("DELETE", path(KIND, name))
            gone = watch.when_gone(name)
            self.report.add("identity.gone", label, count, (gone - begun) * 1000)
            time.sleep(PAUSE)
        watch.stop()

    def one(self, watch, label, count, name):
        world, key = self.world, self.world.prefix + name
        begun = time.time()
        world.admin.must("POST", path(KIND), identity(name))
        made = world.until(f"{key} is in SPIRE", lambda: world.calls.made().get(key), 60)
        told = watch.when_ready(name)
        self.report.add("identity.entry", label, count, (made - begun) * 1000)
        self.report.add("identity.status", label, count, (told - begun) * 1000)

    def base(self, subject):
        say(f"{subject.label}: memory beside three identities")
        self.fill(3)
        operator = subject.start()
        self.world.until_ready(KIND, 3, 60)
        self.bench.until_quiet(QUIET)
        resident, peak = operator.memory()
        self.report.add("base.resident", subject.label, 3, resident)
        self.report.add("base.own", subject.label, 3, operator.own_memory())
        self.report.add("base.peak", subject.label, 3, peak)
        operator.stop()
