"""What the servers themselves have written down: the API server's audit log, SPIRE's log of calls, OpenBao's audit log."""
import collections
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
    what: str  # resource and subresource, such as `workloadidentities/status`; of Vault `read`, `write` or `delete`
    name: str  # of the object; of Vault its path
    succeeded: bool


def api_request(line):
    """A line of the API server's audit log, if it tells of a request that succeeded; not of what leading takes, nor of watches,
    which are written down when they end."""
    if b'"stage":"ResponseComplete"' not in line:
        return None
    event = json.loads(line)
    of = event.get("objectRef") or {}
    if event.get("responseStatus", {}).get("code", 0) >= 300 or event["verb"] == "watch" or of.get("resource") == "leases":
        return None
    what = "/".join(filter(None, (of.get("resource"), of.get("subresource"))))
    return Request(moment(event["stageTimestamp"]), what, of.get("name", ""), True)


def vault_request(line):
    """A line of OpenBao's audit log, if it tells what a token of the operator's role was answered; not what tokens themselves
    take."""
    if b'"type":"response"' not in line or b'"role":"lanyard"' not in line:
        return None
    event = json.loads(line)
    request = event["request"]
    if event.get("type") != "response" or event.get("auth", {}).get("metadata", {}).get("role") != "lanyard":
        return None
    if request["path"].startswith(("auth/token/", "auth/kubernetes/login")):
        return None
    what = {"read": "read", "list": "read", "delete": "delete"}.get(request["operation"], "write")
    return Request(moment(event["time"]), what, request["path"], not event.get("error"))


class Requests:
    """What was asked of a server in the operator's name, by its log, a line of which `read` understands. The floor's client has
    the same account and role. Whoever waits asks many times in a second: what was counted is not counted again."""

    def __init__(self, path, read):
        self.tail, self.read = Tail(path), read
        self.forget()

    def forget(self):
        self.tail.lines()
        self.counts, self.moments = collections.Counter(), {}

    def look(self):
        for request in filter(None, map(self.read, self.tail.lines())):
            self.counts[request.what] += 1
            if request.succeeded:
                self.moments.setdefault(request.what, {})[request.name] = request.moment
        return self

    def count(self, *kinds):
        """How many requests there were, of some kinds or of all."""
        counts = self.look().counts
        return sum(counts[what] for what in kinds or counts)

    def last(self, what):
        """For each object the last moment at which that was asked and succeeded."""
        return self.look().moments.get(what, {})


class EntryCalls:
    """Which entries SPIRE has made and deleted whose IDs begin as they should, by its own log. The emulator's stamps are of whole
    seconds: there it is the moment at which the line was seen."""

    def __init__(self, environment, prefix):
        self.prefix = prefix
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
                if succeeded and identifier.startswith(self.prefix):
                    done[identifier] = now
                self.calls[event["method"], call] = self.calls.get((event["method"], call), 0) + 1
        return self

    def count(self):
        """How many calls there were, whatever they are for."""
        return len(self.look().calls) + self.others

    def made(self):
        """When each entry was made."""
        return self.look().created

    def average_batch(self):
        """How many entries a call that made some had on average; None where the log does not tell calls apart."""
        sizes = {call: size for (method, call), size in self.look().calls.items() if method == "BatchCreateEntry"}
        return None if None in sizes or not sizes else sum(sizes.values()) / len(sizes)
