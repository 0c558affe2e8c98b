"""Breaks a copy of the chart, or the health check, one way after the other: the check that is named must fail each time.

breaks.py ROOT
"""

import pathlib
import shutil
import sys
import tempfile

import checks
import health

# The check, the file of the chart, what is in it, and what is put in its place.
CHART = [
    ("lints", "Chart.yaml", "version: 0.1.0\nappVersion", "version: one\nappVersion"),
    ("lints", "templates/service.yaml", "kind: Service", "kind Service"),
    ("is_base", "templates/deployment.yaml", "timeoutSeconds: 5", "timeoutSeconds: 6"),
    ("is_base", "templates/digest-key.yaml", "kind: Secret", "kind: ConfigMap"),
    ("is_base", "files/base/cluster-role.yaml", "verbs: [get, list, watch, patch]", "verbs: [get, list, watch]"),
    ("is_base", "values.yaml", "maxUnavailable: 1", "maxUnavailable: 2"),
    ("is_whole_base", "templates/namespace.yaml", "enforce: restricted", "enforce: baseline"),
    ("is_whole_base", "templates/namespace.yaml", "resource-policy: keep", "resource-policy: delete"),
    ("definitions", "templates/crds.yaml", '"keep")', '"delete")'),
    ("definitions", "templates/crds.yaml", "if .Values.crds.enabled", "if true"),
    ("definitions", "templates/crds.yaml", "if $.Values.crds.keep", "if true"),
    ("digest_key", "templates/digest-key.yaml", '"keep"', '"delete"'),
    ("digest_key", "templates/digest-key.yaml", "if .Values.rbac.secrets", "if true"),
    ("spire_tcp", "templates/_names.tpl", 'hasPrefix "tcp://"', 'hasPrefix "tls://"'),
    ("spire_tcp", "templates/_volumes.tpl", "csi.spiffe.io", "csi.example.org"),
    ("spire_csi", "templates/_names.tpl", '"jwtSVID")', '"jwt")'),
    ("spire_sockets", "templates/_volumes.tpl", 'include "lanyard.spireAddress" .)', 'print "/run/spire/api.sock")'),
    ("spire_sockets", "templates/_volumes.tpl", "default $csi", "merge $csi"),
    ("least_rights", "templates/_roles.tpl", ".root.Values.config.watchNamespaces", "false"),
    ("least_rights", "templates/roles.yaml", "files/namespaced/role-events.yaml", "files/base/tenant-roles.yaml"),
    ("least_rights", "templates/_roles.tpl", "%s-tenant", "%s"),
    ("dangerous_rights", "files/base/role.yaml", "verbs: [get]", "verbs: [get, list]"),
    ("dangerous_rights", "files/namespaced/tenant/role.yaml", "resources: [pods]", 'resources: ["*"]'),
    ("fewer_rights", "templates/_roles.tpl", '"secrets"', '"secret"'),
    ("fewer_rights", "templates/_roles.tpl", '"pods" "nodes"', '"pods" "nodes" "events"'),
    ("fewer_rights", "templates/roles.yaml", "if .Values.rbac.tenantRoles", "if true"),
    ("restricted", "values.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    ("restricted", "templates/_volumes.tpl", "mountPath: /etc/lanyard, readOnly: true", "mountPath: /etc/lanyard, readOnly: false"),
    ("openshift", "templates/deployment.yaml", '"fsGroup"', '"group"'),
    ("monitored", "templates/monitoring.yaml", "if .podMonitor", "if .rules"),
    ("monitored", "templates/monitoring.yaml", 'replace "https://example.org/lanyard/docs/runbooks"', 'replace "https://example.org/"'),
    ("monitored", "templates/monitoring.yaml", '(default dict .labels)', "(dict)"),
    ("monitored", "files/monitoring/pod-monitor.yaml", "port: metrics", "port: health"),
    ("mirrored", "templates/_names.tpl", "@{{", ":{{"),
    ("quick_start", "templates/_volumes.tpl", "spire-server-socket", "spire-socket"),
    ("effects", "templates/service-account.yaml", '"annotations" .Values.serviceAccount.annotations', '"annotations" dict'),
    ("effects", "templates/deployment.yaml", "with .Values.priorityClassName", "with false"),
    ("registry", "templates/deployment.yaml", 'include "lanyard.image" .', 'print "lanyard:0.1.0"'),
    ("registry", "templates/_names.tpl", "default .Values.image.registry", "default"),
    ("registry", "templates/_names.tpl", "@{{", ":{{"),
    ("registry", "templates/deployment.yaml", "imagePullSecrets:", "pullSecrets:"),
    ("in_umbrella", "values.schema.json", '"global": {', '"globals": {'),
    ("in_umbrella", "values.schema.json", '\n    "enabled": {', '\n    "on": {'),
    ("in_umbrella", "templates/_names.tpl", '"%s-lanyard" .Release.Name', '"lanyard"'),
    ("in_umbrella", "templates/_roles.tpl", '"namespace" $root.Release.Namespace', '"namespace" "lanyard-system"'),
    ("labels", "templates/_names.tpl", " .root.Values.extraLabels", " dict"),
    ("labels", "templates/service.yaml", 'selector: {{- include "lanyard.selector" . | nindent 4 }}',
     "selector: {{- toYaml (merge (dict \"app.kubernetes.io/name\" \"lanyard\") .Values.extraLabels) | nindent 4 }}"),
    ("network", "templates/network-policy.yaml", ", Egress", ""),
    ("network", "templates/network-policy.yaml", "if .enabled", "if true"),
    ("network", "templates/network-policy.yaml", "with .from", "with false"),
    ("network", "templates/pod-disruption-budget.yaml", "if .Values.podDisruptionBudget.enabled", "if true"),
    ("one_by_one", "templates/deployment.yaml", "type: Recreate", "type: RollingUpdate"),
    ("one_by_one", "templates/deployment.yaml", 'leaderElection).enabled) "false"', 'leaderElection).enabled) "true"'),
    ("pods", "templates/deployment.yaml", "tolerations: {{", "toleration: {{"),
    ("pods", "templates/_names.tpl", "[0-9]+$", "[0-9][0-9]$"),
    ("pods", "templates/_volumes.tpl", "with .Values.volumeMounts", "with .Values.volumes"),
    ("installable", "templates/deployment.yaml", "      automountServiceAccountToken: true", "      hostNetwork: true"),
    ("configuration", "values.schema.json", '"retryPeriod"', '"retryPeriods"'),
    ("configuration", "values.schema.json", '"maximum": 64', '"maximum": 256'),
    ("configuration", "templates/_names.tpl", "| sha256sum | trunc 10", '| print "same" | trunc 4'),
    ("documented_values", "values.yaml", "\npriorityClassName: \"\"", ""),
    ("documented_values", "values.yaml", "  placement: true\n", ""),
    ("refusals", "values.schema.json", '"minimum": 600', '"minimum": 6'),
    ("refusals", "templates/_checks.tpl", "(gt (int .Values.replicas) 1)", "(gt (int .Values.replicas) 9)"),
    ("refusals", "templates/config.yaml", '{{- include "lanyard.checks" . }}\n', ""),
    ("notes", "templates/NOTES.txt", "-- lanyard doctor", "-- lanyard version"),
    ("notes", "templates/NOTES.txt", "WARNING", "NOTE"),
    ("notes", "templates/NOTES.txt", "{{ $role }}", "lanyard"),
    ("versions", "Chart.yaml", "appVersion: 0.1.0", "appVersion: 0.2.0"),
]

# The check, what is in the health check, and what is put in its place.
HEALTH = [
    ("reasons, as docs/gitops.md says", 'stalled.status == "True"', 'stalled.status == "False"'),
    ("reasons, as docs/gitops.md says", '"Healthy"', '"Progressing"'),
    ("reasons, as docs/gitops.md says", "ready.reason .. ", "\"\" .. "),
    ("reasons, as docs/gitops.md says", '"Paused"', '"Pause"'),
    ("objects that are new, changed or paused", "obj.status.observedGeneration ~= obj.metadata.generation", "false"),
    ("objects that are new, changed or paused", "obj.status ~= nil and ", ""),
    ("objects that are new, changed or paused", 'message = "the operator has not looked at it yet"', "message = nil"),
]


def main(root):
    survived = []
    for name, file, old, new in CHART:
        with tempfile.TemporaryDirectory(prefix="lanyard-chart.") as folder:
            chart = pathlib.Path(folder, "lanyard")
            shutil.copytree(f"{root}/manifests/chart", chart)
            text = (chart / file).read_text()
            assert old in text, f"{file} has no {old!r}"
            (chart / file).write_text(text.replace(old, new))
            survived += [] if checks.run(str(chart), root, name) else [f"{name}: {file}: {old!r} → {new!r}"]
    script = pathlib.Path(root, "manifests/argocd/health.lua").read_text()
    for name, old, new in HEALTH:
        assert old in script, f"health.lua has no {old!r}"
        survived += [] if name in health.run(root, script.replace(old, new))[0] else [f"{name}: {old!r} → {new!r}"]
    untried = checks.CHECKS.keys() - {name for name, *_ in CHART}
    for line in survived + [f"{name}: nothing breaks it" for name in sorted(untried)]:
        print(f"  not seen  {line}")
    print(f"{len(CHART) + len(HEALTH) - len(survived)} of {len(CHART) + len(HEALTH)} breaks are seen")
    return 1 if survived or untried else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
