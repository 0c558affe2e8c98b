"""Values that the chart is rendered with, and values that it has to refuse."""

VARIANTS = {
    "default": {},
    "namespace": {"namespace": {"create": True}},
    "tcp": {"config": {"spire": {"address": "tcp://spire-server.spire-system:8081"}}},
    "csi": {"config": {"vault": {"auth": {"method": "jwtSVID"}}}},
    "socket": {
        "config": {"spire": {"address": "unix:///srv/spire/api.sock"}},
        "spire": {"serverSocket": {"volume": {"hostPath": {"path": "/run/spire", "type": "Directory"}}}}},
    "agent": {
        "config": {"spire": {"address": "tcp://spire:8081", "workloadAPI": "unix:///srv/agent/agent.sock"}},
        "spire": {"workloadAPI": {"volume": {"hostPath": {"path": "/run/spire/sockets"}}}}},
    "tenants": {"config": {"watchNamespaces": ["shop", "farm"]}},
    "least": {"config": {"watchNamespaces": ["shop"]}, "rbac": {"secrets": False, "placement": False}},
    "openshift": {"openshift": True},
    "offline": {
        "image": {"registry": "registry.example.internal:5000/mirror/", "repository": "platform/lanyard",
                  "digest": "sha256:" + "a" * 64, "pullPolicy": "IfNotPresent"},
        "imagePullSecrets": ["mirror"]},
    "monitored": {"monitoring": {"podMonitor": True, "rules": True, "dashboard": True}},
    "brought": {"crds": {"keep": False}},
    "pods": {
        "replicas": 3, "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"zone": "a"},
        "tolerations": [{"key": "platform", "operator": "Exists"}], "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}],
        "priorityClassName": "system-cluster-critical", "podAnnotations": {"example.org/team": "platform"},
        "env": [{"name": "LANYARD_LOG_LEVEL", "value": "debug"}],
        "volumes": [{"name": "vault-ca", "configMap": {"name": "vault-ca"}}],
        "volumeMounts": [{"name": "vault-ca", "mountPath": "/etc/vault", "readOnly": True}],
        "serviceAccount": {"create": False, "name": "operator"},
        "config": {"server": {"metrics": "[::]:9090", "health": "[::]:9091"}}},
    "configured": {"config": {
        "clusterName": "staging", "trustDomain": "neural-hive.local", "log": {"level": "debug", "format": "text"},
        "vault": {
            "address": "http://vault:8200", "auth": {"mount": "clusters", "role": "platform"}, "maxConcurrentRequests": 32,
            "mounts": {"kubernetesAuth": "clusters", "jwtAuth": "svids", "kv": "kv", "database": "db", "pki": "ca",
                       "transit": "keys"}},
        "reconcile": {"workers": 4, "resyncInterval": "1h30m"},
        "leaderElection": {"enabled": True, "leaseDuration": "30s", "renewDeadline": "20s", "retryPeriod": "5s"}}},
}

# Another value where values.yaml has nothing, or a value that is not just any, and what must be there beside it.
LABEL = {"example.org/team": "platform"}
EMPTY = {
    "image.registry": "registry.example", "image.tag": "edge", "image.digest": "sha256:" + "b" * 64, "image.pullPolicy": "Always",
    "imagePullSecrets": ["mirror"], "extraLabels": LABEL, "fullnameOverride": "other", "serviceAccount.name": "other",
    "serviceAccount.annotations": LABEL, "spire.serverSocket.volume": {"emptyDir": {}}, "spire.workloadAPI.volume": {"emptyDir": {}},
    "networkPolicy.egress": [{"ports": [{"port": 53}]}], "metricsService.annotations": LABEL, "monitoring.labels": LABEL,
    "monitoring.runbooks": "https://wiki.example/lanyard",
    "podAnnotations": LABEL, "podLabels": LABEL, "nodeSelector": LABEL, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": [{"maxSkew": 1}], "priorityClassName": "high",
    "env": [{"name": "LANYARD_LOG_LEVEL", "value": "debug"}], "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "volumeMounts": [{"name": "ca", "mountPath": "/etc/vault", "readOnly": True}]}
BESIDE = {
    "spire.workloadAPI.volume": {"config": {"spire": {"address": "tcp://spire:8081"}}},
    "serviceAccount.create": {"serviceAccount": {"name": "other"}},
    "monitoring.labels": {"monitoring": {"rules": True}}, "monitoring.runbooks": {"monitoring": {"rules": True}}}

# With a word of what has to be said.
REFUSED = [
    ({"replica": 2}, "replica"),
    ({"config": {"trustDomian": "example.org"}}, "trustDomian"),
    ({"config": {"spire": {"adress": "tcp://spire:8081"}}}, "adress"),
    ({"config": {"clusterName": "Production"}}, "clusterName"),
    ({"config": {"clusterName": None}}, "clusterName"),
    ({"config": {"trustDomain": "spiffe://example.org"}}, "trustDomain"),
    ({"config": {"spire": {"address": "/run/spire/api.sock"}}}, "address"),
    ({"config": {"spire": {"address": "tcp://spire"}}}, "address"),
    ({"config": {"vault": {"address": "vault:8200"}}}, "address"),
    ({"config": {"vault": {"auth": {"method": "approle"}}}}, "method"),
    ({"config": {"vault": {"auth": {"token": "s.secret"}}}}, "token"),
    ({"config": {"vault": {"maxConcurrentRequests": 4096}}}, "maxConcurrentRequests"),
    ({"config": {"reconcile": {"workers": 65}}}, "workers"),
    ({"config": {"watchNamespaces": "shop"}}, "watchNamespaces"),
    ({"config": {"watchNamespaces": ["shop", "shop"]}}, "watchNamespaces"),
    ({"config": {"reconcile": {"resyncInterval": 600}}}, "resyncInterval"),
    ({"config": {"server": {"metrics": "0.0.0.0:0"}}}, "metrics"),
    ({"config": {"log": {"level": "verbose"}}}, "level"),
    ({"config": {"namespace": "elsewhere"}}, "config.namespace"),
    ({"config": {"leaderElection": {"enabled": False}}}, "replicas must be 1"),
    ({"config": {"spire": {"nodeAlias": {"selectors": None}}}}, "nodeAlias.selectors"),
    ({"config": {"spire": {"nodeAlias": {"selectors": ["k8s_psat"]}}}}, "selectors"),
    ({"replicas": 0}, "replicas"),
    ({"replicas": "2"}, "replicas"),
    ({"image": "lanyard:0.1.0"}, "image"),
    ({"image": {"repository": "registry.example/lanyard:0.1.0"}}, "repository"),
    ({"image": {"digest": "0123"}}, "digest"),
    ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    ({"extraLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
    ({"podLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
    ({"serviceAccount": {"create": False}}, "serviceAccount.name"),
    ({"spire": {"serverSocket": {"volume": {"hostPath": {"path": "/run"}, "csi": {"driver": "x"}}}}}, "volume"),
    ({"vaultToken": {"expirationSeconds": 60}}, "expirationSeconds"),
    ({"rbac": {"clusterAdmin": True}}, "clusterAdmin"),
    ({"global": "everything"}, "global"),
]
