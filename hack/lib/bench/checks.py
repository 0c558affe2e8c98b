"""What of hack/bench can be tried without servers: how it reads their logs, and what it makes of values."""
import base64
import io
import json
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

from . import clearing
from .growth import growth, table
from .logs import EntryCalls, Requests, api_request, vault_request
from .report import GROUPS, Report
from .results import course, drawn
from .wire import Answer, Trouble
from .world import NAMESPACE, PAGE, World

PREFIX = "lanyard.production.it-bench."


def new_file(case):
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    return pathlib.Path(folder.name, "file")


class Log:
    """A file that grows."""

    def __init__(self, case):
        self.path = new_file(case)
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


class Rows:
    """A server that has rows: etcd's, or objects of a list that comes in pages."""

    def __init__(self, names):
        self.names, self.asked = names, []

    def must(self, method, where, body=None, accept=()):
        self.asked.append(where)
        if method == "GET":
            size, start = (int(part.partition("=")[2] or 0) for part in where.partition("?")[2].split("&"))
            rest = str(start + size) if start + size < len(self.names) else ""
            return self.answer({"items": self.names[start:start + size], "metadata": {"continue": rest}})
        first, end = (base64.b64decode(body[name]).decode() for name in ("key", "range_end"))
        found = sorted(name for name in self.names if first <= name < end)
        if where.endswith("/deleterange"):
            self.names = [name for name in self.names if name not in found]
            return self.answer({})
        return self.answer({"kvs": [{"key": base64.b64encode(name.encode()).decode()} for name in found[:body["limit"]]]})

    def answer(self, value):
        return Answer(200, json.dumps(value).encode())


class Servers(unittest.TestCase):
    def test_rows_go_a_page_at_a_time_and_nobody_elses(self):
        own = [f"/registry/{folder}/{NAMESPACE}/id-{number:06}" for folder in clearing.ROWS for number in range(PAGE + 1)]
        others = [f"/registry/pods/{NAMESPACE}2/a", f"/registry/pods/{NAMESPACE[:-1]}/a", f"/registry/serviceaccounts/{NAMESPACE}/a"]
        etcd = Rows(own + others)
        with mock.patch.object(clearing, "Connection", lambda *_: etcd):
            clearing.delete_rows(types.SimpleNamespace(environment={"ETCD_ENDPOINT": ""}))
        self.assertEqual(etcd.names, others)
        self.assertEqual(sum(where.endswith("/deleterange") for where in etcd.asked), 2 * len(clearing.ROWS))

    def test_lists_in_pages(self):
        world = World.__new__(World)
        world.admin = Rows(list(range(2 * PAGE + 1)))
        self.assertEqual((list(world.objects("/x")), len(world.admin.asked)), (world.admin.names, 3))

    def test_lanes_do_everything_once_and_tell_of_failures(self):
        world, done = World.__new__(World), []
        world.in_lanes("", lambda connection, item: done.append(item), list(range(10)), connect=object)
        self.assertEqual(sorted(done), list(range(10)))
        with self.assertRaises(ZeroDivisionError):
            world.in_lanes("", lambda connection, item: 1 // item, [1, 0, 2], connect=object)


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


class Pictures(unittest.TestCase):
    def file(self, objects, spire="real", cold=True, singles=True):
        """Values of one size, as a run would have written them."""
        report, file = Report(set(GROUPS)), new_file(self)
        for subject, factor in (("after", 2), ("floor", 1)):
            if singles:
                for row in ("identity.entry", "identity.status"):
                    report.add(row, subject, objects, *(factor * value for value in range(1, 11)))
            if cold:
                for row in ("identities.entries", "identities.statuses"):
                    report.add_course(row, subject, objects, 100, [100.05, 100.05, 100.05, 100 + factor])
        report.write(file, spire=spire)
        return str(file)

    def refusal(self, *arguments):
        with self.assertRaises(Trouble) as raised:
            drawn([*arguments, "--out", "folder"])
        return str(raised.exception)

    def test_files_of_one_size_each(self):
        found = drawn([self.file(50_000), self.file(1000), "--out", "folder"])
        self.assertEqual(found.latencies["identity.entry"], {"floor": [(1000, 5.5, 9), (50_000, 5.5, 9)],
                                                             "after": [(1000, 11, 18), (50_000, 11, 18)]})
        self.assertEqual(found.courses["identities.statuses"][1000]["floor"], [[(0, 0), (0.1, 3), (1, 3), (1.1, 4)]])
        self.assertEqual((list(found.latencies["identity.status"]), found.spire), (["floor", "after"], "real"))

    def test_several_files_of_one_size_are_several_runs(self):
        found = drawn([self.file(1000), self.file(1000), "--out", "folder"])
        self.assertEqual(len(found.courses["identities.entries"][1000]["after"]), 2)

    def test_a_row_that_is_missing(self):
        wanted = "no file has the row identity.entry. Measure it: hack/bench --only identity --json FILE"
        self.assertEqual(self.refusal(self.file(1000, singles=False)), wanted)
        self.assertIn("no file has the row identities.entries.", self.refusal(self.file(1000, cold=False)))
        found = drawn([self.file(1000, cold=False), "--out", "folder", "--only", "identity"])
        self.assertEqual((len(found.latencies), found.courses), (2, {}))

    def test_a_file_from_before_courses(self):
        file = self.file(1000)
        text = pathlib.Path(file).read_text()
        pathlib.Path(file).write_text(text.replace('"tenths"', '"other"'))
        self.assertIn("no file says when things were done in identities.entries", self.refusal(file))

    def test_what_is_no_result_or_of_another_server(self):
        file = new_file(self)
        file.write_text("{}")
        self.assertIn("is nothing that hack/bench --json has written", self.refusal(str(file)))
        self.assertIn("not to be compared", self.refusal(self.file(1000), self.file(1000, spire="emulator")))

    def test_tenths_in_which_nothing_was(self):
        self.assertEqual(course("0 0 5 1 0 0 4"), [(0, 0), (0.2, 0), (0.3, 5), (0.4, 6), (0.6, 6), (0.7, 10)])


def problems():
    """What failed, as text; nothing if all is well."""
    said = io.StringIO()
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=said, verbosity=0).run(tests)
    return "" if result.wasSuccessful() and result.testsRun else said.getvalue()
