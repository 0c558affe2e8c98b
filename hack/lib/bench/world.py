"""The servers of hack/env as the measurements use them: a namespace of their own, what is declared there, and how it goes."""
import concurrent.futures
import json
import pathlib
import re
import threading
import time
import urllib.parse

from .logs import EntryCalls, Requests, api_request, vault_request
from .process import Operator, Process
from .report import Pace
from .spire import Entries
from .wire import Connection, Trouble

NAMESPACE = "it-bench"  # hack/configure has a boundary for namespaces that begin so
GROUP = "/apis/lanyard.dev/v1alpha1"
RECORDS = f"{GROUP}/namespaces/lanyard-system/ownershiprecords"
LANES = 4
PAGE = 1000


def path(plural, name=None, sub=None):
    """Where a kind's objects of the namespace are, or one of them, or a part of it."""
    group = "/api/v1" if plural in ("pods", "serviceaccounts") else GROUP
    return "/".join(filter(None, (f"{group}/namespaces/{NAMESPACE}/{plural}", name, sub)))


def core(kind, name, **rest):
    """An object of a kind that every API server has."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **rest}


def is_ready(value):
    """Whether its conditions say so of the spec as it is now."""
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        and condition.get("observedGeneration", value["metadata"]["generation"]) == value["metadata"]["generation"]
        for condition in value.get("status", {}).get("conditions", []))


class Watch:
    """The changes of one kind in the namespace, each with the moment at which it came."""

    def __init__(self, connection, plural, react=None):
        self.connection, self.react, self.failure = connection, react, None
        self.events, self.news = [], threading.Condition()
        version = connection.must("GET", f"{path(plural)}?limit=1").value()["metadata"]["resourceVersion"]
        where = f"{path(plural)}?watch=true&resourceVersion={version}"
        self.thread = threading.Thread(target=self.follow, args=(where,), daemon=True)
        self.thread.start()

    def follow(self, where):
        try:
            for line in self.connection.lines(where):
                now, event = time.time(), json.loads(line)
                if self.react:
                    self.react(event["type"], event["object"])
                with self.news:
                    self.events.append((now, event["type"], event["object"]))
                    self.news.notify_all()
            raise Trouble("the watch ended")
        except Exception as failure:  # for whoever waits
            with self.news:
                self.failure = failure
                self.news.notify_all()

    def when(self, what, matches, seconds=60):
        """The moment of the first event, given as type and object, that matches."""
        deadline, place = time.monotonic() + seconds, 0
        with self.news:
            while True:
                while place < len(self.events):
                    now, kind, value = self.events[place]
                    place += 1
                    if matches(kind, value):
                        return now
                if self.failure:
                    raise Trouble(f"while waiting until {what}: {self.failure}")
                if not self.news.wait(deadline - time.monotonic()):
                    raise Trouble(f"not within {seconds} s: {what}")

    def when_ready(self, name, generation=1):
        """The moment at which an object's status said so, of this spec or a later one."""
        def says_so(kind, value):
            meta = value["metadata"]
            return kind != "DELETED" and meta["name"] == name and meta["generation"] >= generation and is_ready(value)

        return self.when(f"{name} is Ready", says_so)

    def when_gone(self, name):
        return self.when(f"{name} is gone", lambda kind, value: kind == "DELETED" and value["metadata"]["name"] == name)

    def stop(self):
        self.connection.cut()
        self.thread.join(10)


class World:
    def __init__(self, environment):
        self.environment = environment
        self.directory = pathlib.Path(environment["LANYARD_ENV_DIR"])
        settings = (self.directory / "operator/config.yaml").read_text()
        self.cluster = re.search(r"^clusterName: *(\S+)", settings, re.M)[1]
        self.trust_domain = environment["SPIRE_TRUST_DOMAIN"]
        self.prefix = f"lanyard.{self.cluster}.{NAMESPACE}."
        self.admin = self.as_administrator()
        self.vault = self.vault_as_administrator()
        self.entries = Entries(environment["SPIRE_SERVER_SOCKET"])
        self.requests = Requests(environment["KUBE_AUDIT_LOG"], api_request)
        self.vault_requests = Requests(environment["BAO_AUDIT_LOG"], vault_request)
        self.calls = EntryCalls(environment, self.prefix)

    def kubernetes(self, token):
        return Connection(self.environment["KUBE_APISERVER_URL"], {"Authorization": f"Bearer {token}"},
                          ca=self.environment["KUBE_CA_FILE"])

    def as_administrator(self):
        return self.kubernetes(self.environment["KUBE_ADMIN_TOKEN"])

    def as_operator(self):
        """A connection with the operator's own rights."""
        return self.kubernetes((self.directory / "operator/kubernetes-token").read_text().strip())

    def vault_as_administrator(self):
        return Connection(self.environment["BAO_ADDR"], {"X-Vault-Token": self.environment["BAO_TOKEN"]})

    def vault_as_operator(self, count):
        """Connections with one new token of the operator's role, which lasts ten minutes."""
        token = (self.directory / "operator/vault-token").read_text().strip()
        answer = self.vault.must("POST", "/v1/auth/kubernetes/login", {"role": "lanyard", "jwt": token}).value()
        headers = {"X-Vault-Token": answer["auth"]["client_token"]}
        return [Connection(self.environment["BAO_ADDR"], headers) for _ in range(count)]

    def server(self, part):
        """The process of one of the servers."""
        return Process((self.directory / f"pids/{part}.pid").read_text())

    def forget(self):
        """What the logs say begins anew."""
        self.requests.forget()
        self.vault_requests.forget()
        self.calls.forget()

    def until(self, what, is_so, seconds, pause=0.0005):
        """Waits until something is so, and gives what it says; the operator, if there is one, must live."""
        deadline = time.monotonic() + seconds
        while not (value := is_so()):
            if time.monotonic() > deadline:
                raise Trouble(f"not within {seconds} s: {what}")
            if Operator.running:
                Operator.running.ensure_running()
            time.sleep(pause)
        return value

    def looking(self, work):
        """Does something, and looks at SPIRE's log meanwhile, whose lines may have no times of their own."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            doing = pool.submit(work)
            while not doing.done():
                self.calls.look()
                time.sleep(0.02)
            doing.result()
        self.calls.look()

    def in_lanes(self, what, work, items, connect=None):
        """Does something for each item over a few connections, the administrator's to the API server unless it is told how to
        connect; now and then says how many of them have become what they should."""
        connect, done, pace = connect or self.as_administrator, [0] * LANES, Pace()

        def lane(number):
            connection = connect()
            for item in items[number::LANES]:
                work(connection, item)
                done[number] += 1

        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            lanes = [pool.submit(lane, number) for number in range(LANES) if items]
            while concurrent.futures.wait(lanes, timeout=1).not_done:
                pace.tell(f"{sum(done)} of {len(items)} {what}")
            for future in lanes:
                future.result()

    def create(self, plural, values):
        self.in_lanes(f"{plural} are made", lambda connection, value: connection.must("POST", path(plural), value, accept=(201, 409)),
                      values)

    def objects(self, where):
        """All that are listed there, a page at a time: many in one answer would be in memory as a whole."""
        token = ""
        while True:
            page = self.admin.must("GET", f"{where}?limit={PAGE}&continue={urllib.parse.quote(token)}").value()
            yield from page["items"]
            if not (token := page["metadata"].get("continue", "")):
                return

    def has_some(self, plural):
        """Whether there are any for those who list and watch: by the API server's cache."""
        return bool(self.admin.must("GET", f"{path(plural)}?resourceVersion=0&limit=1").value()["items"])

    def until_ready(self, plural, count, seconds):
        """Looks at the objects themselves, once a second: it is dear."""
        def all_ready():
            states = [is_ready(value) for value in self.objects(path(plural))]
            return len(states) == count and all(states)

        self.until(f"all {count} {plural} are Ready", all_ready, seconds, pause=1)

    def prepare(self, names):
        """The namespace, and a ServiceAccount for each name, or each identity would be looked at again once a minute."""
        self.admin.must("POST", "/api/v1/namespaces", core("Namespace", NAMESPACE), accept=(201, 409))
        there = {value["metadata"]["name"] for value in self.objects(path("serviceaccounts"))}
        self.create("serviceaccounts", [core("ServiceAccount", name) for name in names if name not in there])
