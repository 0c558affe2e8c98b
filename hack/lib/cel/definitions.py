"""Holds the CRDs against a current API server: it accepts them, at a tenth of its budget for rules, it accepts every sample
manifest, and it accepts or refuses every value as the cases say.

definitions.py CRDS SAMPLES OBJECTS CASES

Needs the variables that `hack/env` writes: CRDS_APISERVER_URL, CRDS_CA_FILE, KUBE_ADMIN_TOKEN. Nothing stays but the CRDs.
"""

import copy
import pathlib
import sys
import time

import yaml
from server import DEFINITIONS, NAMESPACE, Server, resources

MARGIN = 10  # Rules must cost less than one part in so many of what a server allows.
STRICT = "dryRun=All&fieldValidation=Strict"


def documents(folder):
    for file in sorted(pathlib.Path(folder).rglob("*.yaml")):
        yield from (document for document in yaml.safe_load_all(file.read_text()) if document)


def rule_places(schema, path=()):
    """Every schema that has rules, with its place; 0 in a place is any element of a list."""
    if "x-kubernetes-validations" in schema:
        yield path, schema
    for name, value in schema.get("properties", {}).items():
        yield from rule_places(value, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from rule_places(schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from rule_places(schema["additionalProperties"], (*path, "*"))


def dotted(path):
    """A place as the server writes it."""
    return "".join(f"[{part}]" if part == 0 else f".{part}" for part in path).lstrip(".")


class Report:
    def __init__(self):
        self.failures = []

    def fail(self, where, text):
        self.failures.append(where)
        print(f"{where}: {text}")

    def step(self, text, started):
        print(f"  {text} ({time.monotonic() - started:.1f} s)", flush=True)


def schema_of(definition):
    return definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


# MARK: The definitions themselves


def copied(definition, group, times):
    """The definition under another group, with each rule demanded so many times: it costs so many times as much."""
    copy_of = copy.deepcopy(definition)
    copy_of["spec"]["group"] = group
    copy_of["metadata"]["name"] = f"{copy_of['spec']['names']['plural']}.{group}"
    for _, schema in rule_places(schema_of(copy_of)):
        for rule in schema["x-kubernetes-validations"]:
            rule["rule"] = " && ".join([f"({rule['rule']})"] * times)
    return copy_of


def explain(status, answer):
    causes = (answer.get("details") or {}).get("causes") or []
    if not causes:
        return f"{status} {answer.get('message')}"
    return "\n    ".join(["refused:", *(f"{cause.get('field')}: {cause.get('message')}" for cause in causes)])


def accepts_definitions(server, definitions, report):
    """As new ones, without a warning, and with rules that cost ten times as much."""
    for times, what in ((1, "as it is"), (MARGIN, f"with rules that cost {MARGIN} times as much")):
        started, accepted = time.monotonic(), 0
        for definition in definitions:
            new = copied(definition, f"times{times}.lanyard.dev", times)
            status, answer, warnings = server.send("POST", f"{DEFINITIONS}?{STRICT}", new)
            where = definition["metadata"]["name"]
            if status != 201:
                report.fail(f"{where}, {what}", explain(status, answer))
            elif warnings:
                report.fail(f"{where}, {what}", f"accepted with warnings: {warnings}")
            else:
                accepted += 1
        report.step(f"{accepted} of {len(definitions)} CRDs accepted, {what}", started)


def install(server, definitions, report):
    """The definitions as published; returns whether all are served."""
    started, changed = time.monotonic(), False
    for definition in definitions:
        name = definition["metadata"]["name"]
        before = server.send("GET", f"{DEFINITIONS}/{name}")[1].get("metadata", {}).get("generation")
        status, answer, warnings = server.send(
            "PATCH", f"{DEFINITIONS}/{name}?fieldManager=hack-cel&force=true&fieldValidation=Strict", definition,
            "application/apply-patch+yaml")
        if status not in (200, 201) or warnings:
            report.fail(name, f"applied: {explain(status, answer)} {warnings}")
            return False
        changed = changed or (before is not None and answer["metadata"]["generation"] != before)
    for definition in definitions:
        if not is_served(server, definition):
            report.fail(definition["metadata"]["name"], "is not served 30 s after it was applied")
            return False
    if changed:
        time.sleep(2)  # What serves the resources has the former rules until it has seen the new ones.
    report.step(f"{len(definitions)} CRDs applied, Established and served", started)
    return True


def is_served(server, definition):
    for _ in range(150):
        _, answer, _ = server.send("GET", f"{DEFINITIONS}/{definition['metadata']['name']}")
        conditions = {item["type"]: item["status"] for item in answer.get("status", {}).get("conditions", [])}
        if conditions.get("Established") == "True" and conditions.get("NamesAccepted") == "True":
            if conditions.get("NonStructuralSchema", "False") == "False":
                if server.send("GET", resources(definition))[0] == 200:
                    return True
        time.sleep(0.2)
    return False


# MARK: Values


class Values:
    """Objects with a value in one place."""

    def __init__(self, definition, specs):
        self.definition, self.schema = definition, schema_of(definition)
        self.objects = [{"metadata": {"name": "sample"}, "spec": spec} for spec in specs]

    def object_with(self, path):
        """The first object that has something in the place."""
        return next((value for value in self.objects if self.lookup(value, path) is not None), None)

    @staticmethod
    def lookup(value, path):
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def filled(self, value, schema, path):
        """With the required members that it leaves out."""
        if isinstance(value, list):
            return [self.filled(item, schema.get("items", {}), (*path, 0)) for item in value]
        if not isinstance(value, dict):
            return value
        value = dict(value)
        for name in schema.get("required", []):
            if name not in value:
                value[name] = copy.deepcopy(self.lookup(self.object_with((*path, name)), (*path, name)))
        properties = schema.get("properties", {})
        return {name: self.filled(item, properties.get(name, {}), (*path, name)) for name, item in value.items()}

    def object(self, path, schema, value):
        whole = copy.deepcopy(self.object_with(path))
        value = self.filled(value, schema, path)
        if path:
            self.lookup(whole, path[:-1])[path[-1]] = value
        else:
            whole = {**whole, **value}
        version = self.definition["spec"]["versions"][0]["name"]
        return {"apiVersion": f"{self.definition['spec']['group']}/{version}",
                "kind": self.definition["spec"]["names"]["kind"], **whole}


class Judge:
    """Sends values, and compares what becomes of them with what should."""

    def __init__(self, server, report):
        self.server, self.report = server, report
        self.accepted = self.refused = 0

    def holds(self, values, path, schema, message, sample, expected):
        where = f"{values.definition['spec']['names']['kind']} {dotted(path)}, {sample!r}"
        collection = resources(values.definition)
        if isinstance(sample, dict) and "oldSelf" in sample:
            status, answer = self.changed(values, path, schema, sample, collection)
        else:
            status, answer, _ = self.server.send(
                "POST", f"{collection}?{STRICT}", values.object(path, schema, sample))
        if expected:
            if status in (200, 201):
                self.accepted += 1
            else:
                self.report.fail(where, f"should be accepted, {explain(status, answer)}")
        elif status == 422 and self.says(answer, path, message):
            self.refused += 1
        else:
            self.report.fail(where, f"should be refused with: {message}\n    {explain(status, answer)}")

    def changed(self, values, path, schema, sample, collection):
        """The answer to a change of an object that is really there."""
        old, new = (values.object(path, schema, sample[key]) for key in ("oldSelf", "self"))
        status, answer, _ = self.server.send("POST", collection, old)
        if status != 201:
            return 0, {"message": f"the object before the change: {explain(status, answer)}"}
        name = answer["metadata"]["name"]
        new["metadata"] = {"name": name, "resourceVersion": answer["metadata"]["resourceVersion"]}
        status, answer, _ = self.server.send("PUT", f"{collection}/{name}?{STRICT}", new)
        self.server.send("DELETE", f"{collection}/{name}")
        return status, answer

    @staticmethod
    def says(answer, path, message):
        causes = (answer.get("details") or {}).get("causes") or []
        place = dotted(path) or "<nil>"
        return any(cause.get("message", "").endswith(message) and cause.get("field") == place for cause in causes)


def judge_values(server, definitions, objects, cases, report):
    started = time.monotonic()
    judge, used, rules = Judge(server, report), set(), 0
    for definition in definitions:
        values = Values(definition, objects.get(definition["spec"]["names"]["kind"], []))
        for path, schema in rule_places(values.schema):
            where = f"{definition['spec']['names']['kind']} {dotted(path)}"
            if values.object_with(path) is None:
                report.fail(where, "no object in objects.yaml has this field")
                continue
            for rule in schema["x-kubernetes-validations"]:
                rules += 1
                case = cases.get(rule["message"], {})
                used.add(rule["message"])
                for key in ("pass", "fail"):
                    if not case.get(key):
                        report.fail(where, f"has no values that {key}: {rule['message']}")
                    for sample in case.get(key) or []:
                        judge.holds(values, path, schema, rule["message"], sample, key == "pass")
    for message in sorted(set(cases) - used):
        report.fail("cases", f"no rule says: {message}")
    report.step(f"{rules} rules: {judge.accepted} values accepted, {judge.refused} refused with the message", started)
    if not (rules and judge.accepted and judge.refused):
        report.fail("cases", "nothing was tried")


def accepts_samples(server, definitions, samples, report):
    started, accepted = time.monotonic(), 0
    by_kind = {definition["spec"]["names"]["kind"]: definition for definition in definitions}
    for sample in samples:
        definition = by_kind.get(sample["kind"])
        if definition is None or not sample["apiVersion"].startswith(definition["spec"]["group"] + "/"):
            continue  # Namespaces and the like are not served here.
        path = resources(definition, sample["metadata"].get("namespace", NAMESPACE))
        status, answer, warnings = server.send("POST", f"{path}?{STRICT}", sample)
        if status == 201 and not warnings:
            accepted += 1
        else:
            report.fail(f"sample {sample['kind']} {sample['metadata']['name']}", f"{explain(status, answer)} {warnings}")
    report.step(f"{accepted} sample manifests accepted", started)
    if not accepted:
        report.fail("samples", "there are none")


def main(crds, samples, objects, cases):
    report, server = Report(), Server()
    try:
        print(f"CRDs on apiextensions-apiserver {server.version()}")
        definitions = [item for item in documents(crds) if item["kind"] == "CustomResourceDefinition"]
        accepts_definitions(server, definitions, report)
        if not definitions:
            report.fail(crds, "there are no CRDs")
        elif not report.failures and install(server, definitions, report):
            accepts_samples(server, definitions, documents(samples), report)
            listed = yaml.safe_load(pathlib.Path(cases).read_text())
            judge_values(server, definitions, yaml.safe_load(pathlib.Path(objects).read_text()),
                         {case["message"]: case for case in listed}, report)
    except OSError as error:
        report.fail("server", f"no answer: {error}")
    print(f"{server.requests} requests, {len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
