"""What tenants have at one moment: their objects, the ledger, entries in SPIRE, objects in Vault, and a login.

Needs the variables of `hack/env`.
"""

import json
import os
import subprocess

from engine import differences
from server import kubectl
from volumes import request_token

KINDS = "workloadidentities,vaultrolebindings,vaultmounts,identityboundaries"


def run(*words, text=None):
    """What a program prints, which must succeed; what it is given is in no message."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, env={**os.environ, "BAO_TOKEN": ""} if text else None)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr[:1000]}"
    return done.stdout


def of_objects():
    """What is declared, as the same object all the time: not what is said of it."""
    found = json.loads(kubectl("get", KINDS, "-A", "-o", "json"))["items"]
    return {f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}": {
        "spec": item["spec"], "deleted": item["metadata"].get("deletionTimestamp"),
        **{key: item["metadata"].get(key) for key in ("uid", "generation", "finalizers")}} for item in found}


def of_ledger(space):
    found = json.loads(kubectl("get", "ownershiprecords", "-n", space, "-o", "json"))["items"]
    return {item["metadata"]["name"]: {
        "uid": item["metadata"]["uid"], "owner": item["spec"]["owner"],
        "claims": sorted(claim["path"] for claim in item["spec"].get("claims", []))} for item in found}


def of_vault(ledger):
    """What bindings have there, as it is: policies, roles, roles of databases. None of these has a secret in it."""
    paths = {path for record in ledger.values() if record["owner"]["kind"] == "VaultRoleBinding" for path in record["claims"]}
    return {path: json.loads(run(os.environ["BAO"], "read", "-format=json", path))["data"] for path in sorted(paths)}


def of_spire():
    """The entries that are Lanyard's, as they are: a new one has another time, and a changed one another revision."""
    text = run(os.path.join(os.environ["LANYARD_BIN"], "spire-emulator"), "entry", "show", "-o", "json", "--socket",
               os.environ["SPIRE_SERVER_SOCKET"])
    return {entry["id"]: entry for entry in json.loads(text) if entry["id"].startswith("lanyard.")}


def login(namespace, name, role):
    """The policies that a workload's login gives it."""
    token, _ = request_token(namespace, name, 3600)
    return run(os.environ["BAO"], "write", "-field=token_policies", "auth/kubernetes/login", f"role={role}", "jwt=-",
               text=token).strip()


def snapshot(space):
    ledger = of_ledger(space)
    return {"objects": of_objects(), "ledger": ledger, "vault": of_vault(ledger), "spire": of_spire(),
            "login": login("neural-hive-orchestration", "orchestrator-dynamic", "orchestrator-dynamic")}


def kept(before, space):
    """Demands that everything is as it was; says how much that is."""
    now = snapshot(space)
    found = differences(before, now)
    assert not found, "\n    ".join(["what was there is not the same any more (before, and not now):", *found[:8]])
    return (f"{len(now['objects'])} objects, {len(now['ledger'])} records, {len(now['vault'])} objects in Vault and "
            f"{len(now['spire'])} entries are as they were; a workload logs in: {now['login']}")
