{{/* What the schema cannot say. */}}
{{- define "lanyard.checks" -}}
{{- $election := default dict .Values.config.leaderElection -}}
{{- if and (eq (toString $election.enabled) "false") (gt (int .Values.replicas) 1) -}}
{{- fail "replicas must be 1 while config.leaderElection.enabled is false: each of them would write" -}}
{{- end -}}
{{- with .Values.config.namespace -}}
{{- if ne . $.Release.Namespace -}}
{{- $message := "config.namespace is %s, and the release is in %s: leave it out, as the roles are for the release's" -}}
{{- fail (printf $message . $.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- $alias := default dict (default dict .Values.config.spire).nodeAlias -}}
{{- if and (ne (toString $alias.manage) "false") (not $alias.selectors) -}}
{{- fail "config.spire.nodeAlias.selectors is required, unless config.spire.nodeAlias.manage is false" -}}
{{- end -}}
{{- end -}}
