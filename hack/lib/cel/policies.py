"""Compiles and evaluates the CEL rules of the admission policies, as an API server would. (Those of CRDs are tried on one:
definitions.py. The one that `hack/env` builds knows no admission policies.)

policies.py CRDS POLICIES CASES

Every rule is compiled twice: with the types of the resources that its policy matches, so that a field that does not exist
or an operator that does not fit is an error, and without, for evaluation. Every rule has objects that pass and objects that
fail in CASES, keyed by its message. The expressions run on Google's own implementation of CEL, which has the standard
functions that Kubernetes has; of what Kubernetes adds the policies use the authorizer alone, which is stood in for here.
"""

import pathlib
import re
import sys

import yaml
from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from google.protobuf import descriptor_pb2, descriptor_pool

FIELD = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "string": (FIELD.TYPE_STRING, cel.Type.STRING),
    "integer": (FIELD.TYPE_INT64, cel.Type.INT),
    "number": (FIELD.TYPE_DOUBLE, cel.Type.DOUBLE),
    "boolean": (FIELD.TYPE_BOOL, cel.Type.BOOL),
}


class Types:
    """Schemas of objects as message types."""

    def __init__(self):
        self.file = descriptor_pb2.FileDescriptorProto(name="types.proto", package="lanyard", syntax="proto3")

    def pool(self):
        pool = descriptor_pool.DescriptorPool()
        pool.Add(self.file)
        return pool

    def message(self, schema):
        name = f"T{len(self.file.message_type)}"
        message = self.file.message_type.add(name=name)
        for number, (field, value) in enumerate(sorted(schema.get("properties", {}).items()), 1):
            self.field(message, field, number, value)
        return f"lanyard.{name}"

    def field(self, message, name, number, schema):
        kind, label = schema["type"], FIELD.LABEL_OPTIONAL
        if kind == "array":
            schema, label = schema["items"], FIELD.LABEL_REPEATED
            kind = schema["type"]
        field = message.field.add(name=name, number=number, label=label)
        if kind in SCALARS:
            field.type = SCALARS[kind][0]
            return
        field.type = FIELD.TYPE_MESSAGE
        if "additionalProperties" in schema:
            entry = message.nested_type.add(name="".join(part.capitalize() for part in re.split("_", name)) + "Entry")
            entry.name = name[0].upper() + name[1:] + "Entry"
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, label=FIELD.LABEL_OPTIONAL, type=FIELD.TYPE_STRING)
            self.value(entry, schema["additionalProperties"])
            field.label = FIELD.LABEL_REPEATED
            field.type_name = f".lanyard.{message.name}.{entry.name}"
        else:
            field.type_name = "." + self.message(schema)

    def value(self, entry, schema):
        # A map of lists has no counterpart; what is in it no rule looks into.
        if schema["type"] == "array":
            schema = {"type": "string"}
        self.field(entry, "value", 2, schema)

    def of(self, schema):
        kind = schema["type"]
        if kind in SCALARS:
            return SCALARS[kind][1]
        if kind == "array":
            return cel.Type.List(self.of(schema["items"]))
        if "additionalProperties" in schema:
            return cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
        return cel.Type(self.message(schema))


def environment(variables, pool=None, functions=None):
    return cel.NewEnv(
        descriptor_pool=pool, variables=variables, functions=functions or [], extensions=[ext_strings.ExtStrings()])


class Report:
    def __init__(self, cases):
        self.cases = {case["message"]: case for case in cases}
        self.used, self.failures, self.rules, self.samples = set(), [], 0, 0

    def fail(self, where, text):
        self.failures.append(f"{where}: {text}")

    def compiles(self, where, env, expression, result=cel.Type.BOOL):
        try:
            compiled = env.compile(expression)
        except Exception as error:
            self.fail(where, str(error).splitlines()[0])
            return None
        if result is not None and compiled.return_type() != result:
            self.fail(where, f"is of type {compiled.return_type()}")
        return compiled

    def evaluates(self, where, message, holds):
        """Holds every sample of a message against its rule."""
        self.rules += 1
        case = self.cases.get(message)
        if case is None:
            self.fail(where, f"has no samples: {message}")
            return
        self.used.add(message)
        for expected, key in ((True, "pass"), (False, "fail")):
            samples = case.get(key) or []
            if not samples:
                self.fail(where, f"has no samples that {key}: {message}")
            for sample in samples:
                self.samples += 1
                try:
                    found = holds(sample)
                except Exception as error:
                    self.fail(where, f"{sample!r}: {str(error).splitlines()[0]}")
                    continue
                if found is not expected:
                    self.fail(where, f"{sample!r} should {key}: {message}")

    def finish(self):
        for message in sorted(set(self.cases) - self.used):
            self.fail("cases", f"no rule says: {message}")
        for failure in self.failures:
            print(failure)
        print(f"admission policies: {self.rules} rules, {self.samples} requests, {len(self.failures)} failures")
        return 1 if self.failures or self.rules == 0 else 0


# What a policy may ask the authorizer; the answer is the sample's `allowed`.
AUTHORIZER = [
    cel.FunctionDecl(name, [cel.Overload(
        f"authorizer_{name}", return_type=cel.Type.MAP, is_member=True,
        parameters=[cel.Type.MAP, cel.Type.STRING], impl=lambda receiver, _: receiver)])
    for name in ("group", "resource", "subresource", "namespace", "name", "check")
] + [cel.FunctionDecl("allowed", [cel.Overload(
    "authorizer_allowed", return_type=cel.Type.BOOL, is_member=True, parameters=[cel.Type.MAP],
    impl=lambda receiver: bool(plain(receiver)["allowed"]))])]


def plain(value):
    value = value.plain_value() if hasattr(value, "plain_value") else value
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


METADATA = {"type": "object", "properties": {
    "name": {"type": "string"}, "namespace": {"type": "string"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}}
OTHERS = {
    "namespaces": {"type": "object", "properties": {"metadata": METADATA}},
    "configmaps": {"type": "object", "properties": {
        "metadata": METADATA, "data": {"type": "object", "additionalProperties": {"type": "string"}}}},
}


def resource_schemas(definitions):
    known = dict(OTHERS)
    for definition in definitions:
        schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        known[definition["spec"]["names"]["plural"]] = {
            "type": "object", "properties": {**schema["properties"], "metadata": METADATA}}
    return known


def check_policy(policy, known, report):
    name, spec = policy["metadata"]["name"], policy["spec"]
    for rule in spec["matchConstraints"]["resourceRules"]:
        for resource in rule["resources"]:
            check_policy_for(f"{name} ({resource})", spec, known[resource], known, report)


def check_policy_for(where, spec, schema, known, report):
    types = Types()
    variables = {"object": types.of(schema), "oldObject": types.of(schema), "authorizer": cel.Type.MAP}
    if "paramKind" in spec:
        variables["params"] = types.of(known[spec["paramKind"]["kind"].lower() + "s"])
    untyped = {key: cel.Type.DYN if key != "authorizer" else cel.Type.MAP for key in [*variables, "params"]}
    free = environment({**untyped, "variables": cel.Type.DYN}, None, AUTHORIZER)
    # What a variable is, is what its expression is; later ones and the validations see it so.
    pool, compiled = types.pool(), []
    typed_names = dict(variables)
    for variable in spec.get("variables", []):
        expression = re.sub(r"\bvariables\.(\w+)", r"variables_\1", variable["expression"])
        typed = report.compiles(
            f"{where} variable {variable['name']}", environment(typed_names, pool, AUTHORIZER), expression, None)
        if typed is None:
            return
        typed_names[f"variables_{variable['name']}"] = typed.return_type()
        compiled.append((variable["name"], free.compile(variable["expression"])))
    typed_env = environment(typed_names, pool, AUTHORIZER)
    for validation in spec["validations"]:
        report.compiles(where, typed_env, re.sub(r"\bvariables\.(\w+)", r"variables_\1", validation["expression"]))
        expression = report.compiles(where, free, validation["expression"], None)

        def holds(sample):
            data = {"object": sample.get("object"), "oldObject": sample.get("oldObject"),
                    "params": sample.get("params"), "authorizer": {"allowed": sample.get("allowed", False)},
                    "variables": {}}
            for variable, value in compiled:
                data["variables"] = {**data["variables"], variable: value.eval(data=data).plain_value()}
            return expression.eval(data=data).plain_value()

        if expression:
            report.evaluates(where, validation["message"], holds)


def documents(folder):
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        yield from (document for document in yaml.safe_load_all(file.read_text()) if document)


def main(crds, policies, cases):
    report = Report(yaml.safe_load(pathlib.Path(cases).read_text()))
    definitions = [document for document in documents(crds) if document["kind"] == "CustomResourceDefinition"]
    known = resource_schemas(definitions)
    for document in documents(policies):
        if document["kind"] == "ValidatingAdmissionPolicy":
            check_policy(document, known, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
