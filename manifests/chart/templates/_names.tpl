{{/* What the release's objects are called: lanyard, where the release is. */}}
{{- define "lanyard.name" -}}
{{- $release := ternary .Release.Name (printf "%s-lanyard" .Release.Name) (contains "lanyard" .Release.Name) -}}
{{- default $release .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{- define "lanyard.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "lanyard.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is required while serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The labels by which Service, budget and policies find the pods: none that a release could change. */}}
{{- define "lanyard.selector" -}}
app.kubernetes.io/name: lanyard
{{- end -}}

{{/* Metadata of an object: (dict "root" . "name" "…" "labels" (dict) "annotations" (dict) "cluster" true). */}}
{{- define "lanyard.metadata" -}}
name: {{ .name }}
{{- if not .cluster }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
{{- with merge (default dict .labels) .root.Values.extraLabels }}
labels: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The configuration as the operator reads it, and the ConfigMap's name: with its digest, so that a change rolls the pods. */}}
{{- define "lanyard.config" -}}
{{- toYaml .Values.config -}}
{{- end -}}
{{- define "lanyard.configName" -}}
{{- printf "%s-config-%s" (include "lanyard.name" .) (include "lanyard.config" . | sha256sum | trunc 10) -}}
{{- end -}}

{{/* A value of the configuration, or the operator's default: (dict "root" . "key" "server.metrics" "default" "…"). */}}
{{- define "lanyard.setting" -}}
{{- $value := .root.Values.config -}}
{{- range splitList "." .key -}}
{{- $value = get (default dict $value) . -}}
{{- end -}}
{{- default .default $value -}}
{{- end -}}

{{- define "lanyard.spireAddress" -}}
{{- include "lanyard.setting" (dict "root" . "key" "spire.address" "default" "unix:///run/spire/server/private/api.sock") -}}
{{- end -}}
{{- define "lanyard.workloadAPI" -}}
{{- include "lanyard.setting" (dict "root" . "key" "spire.workloadAPI" "default" "unix:///run/spire/sockets/agent.sock") -}}
{{- end -}}
{{- define "lanyard.authMethod" -}}
{{- include "lanyard.setting" (dict "root" . "key" "vault.auth.method" "default" "kubernetes") -}}
{{- end -}}

{{/* Whether the server is reached over TCP, and whether the operator needs SVIDs of its own: "true" or nothing. */}}
{{- define "lanyard.isTCP" -}}
{{- if hasPrefix "tcp://" (include "lanyard.spireAddress" .) }}true{{ end -}}
{{- end -}}
{{- define "lanyard.needsSVID" -}}
{{- if or (include "lanyard.isTCP" .) (eq (include "lanyard.authMethod" .) "jwtSVID") }}true{{ end -}}
{{- end -}}

{{- define "lanyard.authMount" -}}
{{- $usual := ternary "jwt" "kubernetes" (eq (include "lanyard.authMethod" .) "jwtSVID") -}}
{{- include "lanyard.setting" (dict "root" . "key" "vault.auth.mount" "default" $usual) -}}
{{- end -}}

{{/* The ports where the operator listens. */}}
{{- define "lanyard.metricsPort" -}}
{{- include "lanyard.setting" (dict "root" . "key" "server.metrics" "default" "0.0.0.0:8080") | regexFind "[0-9]+$" -}}
{{- end -}}
{{- define "lanyard.healthPort" -}}
{{- include "lanyard.setting" (dict "root" . "key" "server.health" "default" "0.0.0.0:8081") | regexFind "[0-9]+$" -}}
{{- end -}}

{{- define "lanyard.image" -}}
{{- $registry := default .Values.image.registry (default dict .Values.global).imageRegistry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest -}}
@{{ .Values.image.digest }}
{{- else -}}
:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Secrets for the registry, as a pod lists them. */}}
{{- define "lanyard.pullSecrets" -}}
{{- range concat (default list (default dict .Values.global).imagePullSecrets) .Values.imagePullSecrets | uniq }}
{{- if kindIs "map" . }}
- name: {{ .name }}
{{- else }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
