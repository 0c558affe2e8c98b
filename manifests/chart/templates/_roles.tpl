{{/*
The roles of a file of manifests/, as copied to files/, for this release: (dict "root" . "file" "files/…"), and for a
namespace of tenants "namespace" "…".
*/}}
{{- define "lanyard.roles" -}}
{{- $root := .root -}}
{{- $tenants := .namespace -}}
{{- $name := include "lanyard.name" $root -}}
{{- range regexSplit "(?m)^---$" ($root.Files.Get .file) -1 -}}
{{- $object := fromYaml . -}}
{{- if eq $object.kind "ClusterRole" -}}
{{- $object = include "lanyard.clusterRole" (dict "root" $root "role" $object) | fromYaml -}}
{{- end -}}
{{- $metadata := $object.metadata -}}
{{- $renamed := printf "%s%s" $name (trimPrefix "lanyard" $metadata.name) -}}
{{- if $tenants -}}
{{- $_ := set $metadata "namespace" $tenants -}}
{{- /* What the operator may do in its own namespace has the name already. */ -}}
{{- $renamed = ternary (printf "%s-tenant" $renamed) $renamed (eq $tenants $root.Release.Namespace) -}}
{{- else if eq (default "" $metadata.namespace) "lanyard-system" -}}
{{- $_ := set $metadata "namespace" $root.Release.Namespace -}}
{{- end -}}
{{- $_ := set $metadata "name" $renamed -}}
{{- with merge (default dict $metadata.labels) $root.Values.extraLabels -}}
{{- $_ := set $metadata "labels" . -}}
{{- end -}}
{{- if $object.roleRef -}}
{{- $_ := set $object.roleRef "name" $renamed -}}
{{- $account := dict "kind" "ServiceAccount" "name" (include "lanyard.serviceAccount" $root) "namespace" $root.Release.Namespace -}}
{{- $_ := set $object "subjects" (list $account) -}}
{{- end -}}
{{- if $object.rules -}}
{{- $_ := set $object "rules" (include "lanyard.rules" (dict "root" $root "rules" $object.rules) | fromYamlArray) -}}
{{- end }}
---
{{ toYaml $object }}
{{ end -}}
{{- end -}}

{{/* The operator's ClusterRole: the small one where it watches some namespaces only. */}}
{{- define "lanyard.clusterRole" -}}
{{- if and (eq .role.metadata.name "lanyard") .root.Values.config.watchNamespaces -}}
{{- .root.Files.Get "files/namespaced/cluster-role.yaml" -}}
{{- else -}}
{{- toYaml .role -}}
{{- end -}}
{{- end -}}

{{/* Rules without what `rbac` takes away. */}}
{{- define "lanyard.rules" -}}
{{- $without := list -}}
{{- if not .root.Values.rbac.secrets }}{{ $without = append $without "secrets" }}{{ end -}}
{{- if not .root.Values.rbac.placement }}{{ $without = concat $without (list "pods" "nodes") }}{{ end -}}
{{- range .rules }}
{{- $left := list -}}
{{- range .resources }}{{ if not (has . $without) }}{{ $left = append $left . }}{{ end }}{{ end -}}
{{- if $left }}
- {{ merge (dict "resources" $left) . | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end -}}
