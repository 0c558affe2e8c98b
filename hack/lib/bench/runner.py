"""One run after the other: what is measured, with which executable, in which order."""
import time

from .bindings import Bindings
from .clearing import clear
from .identities import Identities, name_of, new_names
from .pods import NODE, RULE, Pods
from .process import Operator
from .report import Pace, say
from .wire import Trouble
from .world import World

SMALL = 10_000  # objects up to which patience is the same; for more it grows with their number
LEASE = "/apis/coordination.k8s.io/v1/namespaces/lanyard-system/leases/lanyard"


class Subject:
    """An executable that is measured."""

    def __init__(self, label, executable, world, settings):
        self.label, self.executable, self.world, self.settings = label, executable, world, settings

    def start(self):
        return Operator(self.label, self.executable, self.world.environment, self.settings)


class Bench:
    def __init__(self, environment, report, options, save):
        self.report, self.options, self.save = report, options, save
        self.world = World(environment)
        self.samples, self.idle = options.samples, options.idle
        self.subjects = [Subject(label, path, self.world, options.set) for label, path in options.operator]

    def run(self):
        self.ensure_alone()
        say("making the namespace and its ServiceAccounts")
        most = max([*self.options.objects, *self.options.bindings, 3])
        self.world.prepare([name_of(number) for number in range(most)] + new_names(self.samples) + [RULE])
        for number in range(self.options.runs):
            say(f"run {number + 1} of {self.options.runs}")
            # The machine's state favours whoever is measured first, or last.
            self.run_once(self.subjects if number % 2 == 0 else self.subjects[::-1])

    def run_once(self, subjects):
        groups, identities = self.report.groups, Identities(self)
        if "base" in groups:
            self.measure(identities.base, None, subjects)
        if groups & {"identities", "rest", "identity"}:
            for count in self.options.objects:
                self.measure(identities.measure, identities.measure_floor, subjects, count)
        if groups & {"bindings", "restart", "binding"}:
            for count in self.options.bindings:
                bindings = Bindings(self, count)
                self.measure(bindings.measure, bindings.measure_floor, subjects)
        if "pods" in groups:
            for count in self.options.pods:
                pods = Pods(self, count)
                self.measure(pods.measure, pods.measure_floor, subjects)

    def measure(self, of_subject, of_floor, subjects, *arguments):
        """Each executable, then the floor. What was measured is kept whatever comes after it."""
        for subject in subjects:
            of_subject(subject, *arguments)
            self.save()
        if of_floor:
            of_floor(*arguments)
            self.save()

    def ensure_alone(self):
        """Two operators would share the work, or one would wait for the other."""
        def is_free():
            answer = self.world.admin.must("GET", LEASE, accept=(200, 404))
            holder = answer.value().get("spec", {}).get("holderIdentity") if answer.status == 200 else None
            renewed = answer.value()["spec"].get("renewTime") if holder else None
            try:
                return not holder or self.stale == renewed
            finally:
                self.stale = renewed

        self.stale = ""
        # A holder that lives renews every two seconds; one that was killed does not.
        if not is_free():
            time.sleep(8)
            if not is_free():
                raise Trouble("an operator runs on these servers already: end it first")

    def requests(self):
        """How many requests all servers have had from the operator, but for its lease."""
        world = self.world
        return world.requests.count() + world.calls.count() + world.vault_requests.count()

    def patience_for(self, objects):
        """How long a cold start of so many may take, in seconds."""
        return self.options.patience * max(1, objects / SMALL)

    def until_all(self, what, how_many, objects, pause=0.2):
        """Waits for the last of so many in a cold start, and says now and then how many there are."""
        pace = Pace()

        def are_all():
            found = how_many()
            pace.tell(f"{found} of {objects} {what}")
            return found >= objects

        self.world.until(f"all {objects} {what}", are_all, self.patience_for(objects), pause)

    def until_quiet(self, seconds, objects=0):
        """Until nothing was asked of any server for so long; an operator that always asks something is not waited for."""
        patience = 120 * max(1, objects / SMALL)
        deadline, count, since = time.monotonic() + patience, -1, time.monotonic()
        while time.monotonic() - since < seconds:
            if (now := self.requests()) != count:
                count, since = now, time.monotonic()
            if time.monotonic() > deadline:
                say(f"  there was no silence of {seconds} s within {patience:.0f} s")
                return
            time.sleep(0.2)

    def finish(self):
        if Operator.running:
            Operator.running.stop()
        say("clearing away")
        clear(self.world)
        self.world.admin.must("DELETE", f"/api/v1/nodes/{NODE}", accept=(200, 404))
