"""What of hack/bench can be tried without servers: how it reads their logs, and what it makes of values."""
import io
import json
import pathlib
import sys
import tempfile
import unittest

from .growth import growth, table
from .logs import EntryCalls, Requests, api_request, vault_request
from .report import GROUPS, Report

PREFIX = "lanyard.production.it-bench."


class Log:
    """A file that grows."""

    def __init__(self, case):
        folder = tempfile.TemporaryDirectory()
        case.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "log")
        self.path.touch()

    def add(self, *values):
        with open(self.path, "a") as file:
            file.writelines(json.dumps(value, separators=(",", ":")) + "\n" for value in values)


def of_api(verb, resource, name, at="10:00:00.5", code=200, stage="ResponseComplete"):
    plural, _, part = resource.partition("/")
    return {"stage": stage, "verb": verb, "objectRef": {"resource": plural, "subresource": part, "name": name},
            "responseStatus": {"code": code}, "stageTimestamp": f"2026-01-02T{at}00000Z"}


def of_vault(operation, path, role="lanyard", kind="response", **rest):
    return {"time": "2026-01-02T10:00:00.25Z", "type": kind, "auth": {"metadata": {"role": role}},
            "request": {"operation": operation, "path": path}, **rest}


class Logs(unittest.TestCase):
    def test_requests_to_the_api_server(self):
        log = Log(self)
        requests = Requests(log.path, api_request)
        log.add(of_api("patch", "workloadidentities/status", "a"), of_api("patch", "workloadidentities/status", "a", "10:00:01.5"),
                of_api("patch", "workloadidentities", "a"), of_api("patch", "workloadidentities/status", "b", code=409),
                of_api("watch", "pods", ""), of_api("update", "leases", "lanyard"),
                of_api("list", "workloadidentities", "", stage="ResponseStarted"))
        self.assertEqual(requests.count(), 3)
        self.assertEqual(requests.count("workloadidentities/status"), 2)
        last = requests.last("workloadidentities/status")
        self.assertEqual((list(last), last["a"] % 60), (["a"], 1.5))
        requests.forget()
        self.assertEqual((requests.count(), requests.last("workloadidentities/status")), (0, {}))

    def test_requests_to_vault(self):
        log = Log(self)
        requests = Requests(log.path, vault_request)
        log.add(of_vault("read", "sys/policies/acl/a"), of_vault("list", "database/roles"), of_vault("update", "sys/policies/acl/a"),
                of_vault("create", "database/roles/a", error="no"), of_vault("delete", "database/roles/a"),
                of_vault("update", "auth/kubernetes/login"), of_vault("read", "sys/mounts", role="other"),
                of_vault("read", "sys/mounts", kind="request"))
        self.assertEqual((requests.count("read"), requests.count("write", "delete")), (2, 3))
        self.assertEqual(list(requests.last("write")), ["sys/policies/acl/a"])

    def test_calls_to_spire(self):
        log = Log(self)
        calls = EntryCalls({"SPIRE_CALL_LOG": log.path}, PREFIX)
        log.add({"method": "BatchCreateEntry", "ids": [f"{PREFIX}a", f"{PREFIX}b", "other"], "results": ["OK", "INTERNAL", "OK"]},
                {"method": "BatchCreateEntry", "ids": [f"{PREFIX}c"], "results": ["OK"]}, {"method": "ListEntries", "ids": []})
        self.assertEqual(list(calls.made()), [f"{PREFIX}a", f"{PREFIX}c"])
        self.assertEqual((calls.count(), calls.average_batch()), (3, 2))

    def test_a_line_that_is_written_in_two_parts(self):
        log = Log(self)
        requests = Requests(log.path, api_request)
        text = json.dumps(of_api("patch", "workloadidentities", "a"), separators=(",", ":")) + "\n"
        for part in (text[:40], text[40:]):
            with open(log.path, "a") as file:
                file.write(part)
            found = requests.count()
        self.assertEqual(found, 1)


class Growth(unittest.TestCase):
    def report(self, *values):
        report = Report(set(GROUPS))
        for row, objects, value in values:
            report.add(row, "new", objects, value)
        return report

    def test_all_objects_share(self):
        rows = self.report(("identities.entries", 1000, 2), ("identities.entries", 10_000, 23), ("base.peak", 3, 20),
                           ("identities.peak", 1000, 30), ("identities.peak", 10_000, 120)).rows()
        self.assertEqual([(of["row"], of["unit"], of["by"], round(of["growth"], 6)) for of in growth(rows)], [
            ("identities.entries", "ms", {1000: 2, 10_000: 2.3}, 1.15),
            ("identities.peak", "KiB", {1000: 10.24, 10_000: 10.24}, 1)])

    def test_single_objects_are_as_they_are(self):
        rows = self.report(("identity.entry", 1000, 20), ("identity.entry", 50_000, 30), ("identity.gone", 1000, 9)).rows()
        text = table(rows)
        self.assertIn("| identity.entry | new | 20 ms | 30 ms | ×1.50 grows |", text)
        self.assertNotIn("identity.gone", text)

    def test_memory_is_not_told_without_a_base(self):
        report = self.report(("identities.peak", 1000, 30), ("identities.peak", 10_000, 120))
        self.assertEqual((list(growth(report.rows())), table(report.rows())), ([], ""))


def problems():
    """What failed, as text; nothing if all is well."""
    said = io.StringIO()
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=said, verbosity=0).run(tests)
    return "" if result.wasSuccessful() and result.testsRun else said.getvalue()
