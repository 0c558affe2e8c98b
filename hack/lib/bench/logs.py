"""What the servers themselves have written down: the API server's audit log, SPIRE's log of calls, OpenBao's audit log."""
import datetime
import json
import os
import time
import typing

from .wire import Trouble


def moment(stamp):
    """Seconds since 1970 of a time as RFC 3339 has it."""
    return datetime.datetime.fromisoformat(stamp).timestamp()


class Tail:
    """The lines that come to a file from now on, each once. Of a file that was moved away the rest is read first."""

    def __init__(self, path):
        self.path, self.rest = path, b""
        self.file = open(path, "rb")
        self.file.seek(0, os.SEEK_END)

    def lines(self):
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        if not whole and self.was_moved():
            self.file.close()
            self.file = open(self.path, "rb")
            return self.lines()
        return whole

    def was_moved(self):
        try:
            return os.stat(self.path).st_ino != os.fstat(self.file.fileno()).st_ino
        except FileNotFoundError:  # for a moment there is none
            return False


class Request(typing.NamedTuple):
    moment: float  # when it had been answered
    verb: str
    resource: str  # with its subresource: `workloadidentities/status`
    namespace: str
    name: str


class APIRequests:
    """What was asked of the API server as the operator's account and succeeded. The floor's client is the same account."""

    def __init__(self, path):
        self.tail, self.seen = Tail(path), []

    def forget(self):
        self.look()
        self.seen = []

    def look(self):
        for line in self.tail.lines():
            if b'"stage":"ResponseComplete"' not in line:
                continue
            event = json.loads(line)
            of = event.get("objectRef") or {}
            if event.get("responseStatus", {}).get("code", 0) < 300:
                resource = "/".join(filter(None, (of.get("resource", ""), of.get("subresource"))))
                self.seen.append(Request(
                    moment(event["stageTimestamp"]), event["verb"], resource, of.get("namespace", ""), of.get("name", "")))
        return self.seen

    def last_statuses(self, plural):
        """For each object the moment at which its status was written last."""
        return {request.name: request.moment for request in self.look() if request.resource == f"{plural}/status"}

    def of_work(self):
        """All but what leading takes, and watches, which are written down when they end."""
        return [request for request in self.look() if request.resource != "leases" and request.verb != "watch"]


class VaultRequests:
    """What was asked of OpenBao with a token of the operator's role, and answered."""

    def __init__(self, path):
        self.tail, self.seen = Tail(path), []

    def forget(self):
        self.look()
        self.seen = []

    def look(self):
        for line in self.tail.lines():
            if b'"type":"response"' not in line or b'"role":"lanyard"' not in line:
                continue
            event = json.loads(line)
            if event.get("type") == "response" and event.get("auth", {}).get("metadata", {}).get("role") == "lanyard":
                request = event["request"]
                self.seen.append((moment(event["time"]), request["operation"], request["path"], bool(event.get("error"))))
        return self.seen

    def changes(self, *operations):
        """Of each path the last moment at which one of the operations succeeded there."""
        return {path: when for when, operation, path, failed in self.look() if operation in operations and not failed}

    def reads_and_writes(self):
        own = [operation for _, operation, path, _ in self.look() if not path.startswith(("auth/token/", "auth/kubernetes/login"))]
        reads = sum(operation in ("read", "list") for operation in own)
        return reads, len(own) - reads


class EntryCalls:
    """Which entries SPIRE has made and deleted, by its own log. The emulator's stamps are of whole seconds: there it is the
    moment at which the line was seen."""

    def __init__(self, environment):
        self.is_real = bool(environment.get("SPIRE_AUDIT_LOG"))
        path = environment.get("SPIRE_AUDIT_LOG") or environment.get("SPIRE_CALL_LOG")
        if not path:
            raise Trouble("a SPIRE server of somebody else has no log that is known here: let SPIRE_SERVER and SPIRE_AGENT "
                          "name programs of a real one, or leave it to the emulator")
        self.tail = Tail(path)
        self.forget()

    def forget(self):
        self.tail.lines()
        self.created, self.deleted, self.calls, self.others = {}, {}, {}, 0

    def look(self):
        lines, now = self.tail.lines(), time.time()
        for line in lines:
            if b'"method":"Batch' not in line:
                # Agents ask a real server all the time.
                self.others += b'"authorized_as":"local"' in line if self.is_real else b'"method":' in line
                continue
            event = json.loads(line)
            done = {"BatchCreateEntry": self.created, "BatchDeleteEntry": self.deleted}.get(event["method"])
            if done is None:
                continue
            if self.is_real:
                call, items = event.get("request_id"), [(event.get("entry_id"), event.get("status") == "success")]
                now = moment(event["time"])
            else:
                call, items = len(self.calls), zip(event["ids"], [result == "OK" for result in event["results"]])
            for identifier, succeeded in items:
                if succeeded:
                    done[identifier] = now
                self.calls[event["method"], call] = self.calls.get((event["method"], call), 0) + 1
        return self

    def count(self):
        """How many calls there were, whatever they are for."""
        return len(self.look().calls) + self.others

    def made(self, prefix):
        """When each entry was made whose ID begins so."""
        return {name: when for name, when in self.look().created.items() if name.startswith(prefix)}

    def average_batch(self):
        """How many entries a call that made some had on average; None where the log does not tell calls apart."""
        sizes = {call: size for (method, call), size in self.look().calls.items() if method == "BatchCreateEntry"}
        return None if None in sizes or not sizes else sum(sizes.values()) / len(sizes)
