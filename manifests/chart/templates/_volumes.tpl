{{/* The directory of a unix:// address. */}}
{{- define "lanyard.folder" -}}
{{- trimPrefix "unix://" . | dir -}}
{{- end -}}

{{- define "lanyard.volumeMounts" -}}
- {name: config, mountPath: /etc/lanyard, readOnly: true}
- {name: vault-token, mountPath: /var/run/secrets/lanyard.dev/vault, readOnly: true}
{{- if not (include "lanyard.isTCP" .) }}
- {name: spire-server, mountPath: {{ include "lanyard.folder" (include "lanyard.spireAddress" .) | quote }}, readOnly: true}
{{- end }}
{{- if include "lanyard.needsSVID" . }}
- {name: spire-workload-api, mountPath: {{ include "lanyard.folder" (include "lanyard.workloadAPI" .) | quote }}, readOnly: true}
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lanyard.volumes" -}}
{{- $claim := dict "persistentVolumeClaim" (dict "claimName" "spire-server-socket" "readOnly" true) -}}
{{- $csi := dict "csi" (dict "driver" "csi.spiffe.io" "readOnly" true) -}}
- name: config
  configMap: {name: {{ include "lanyard.configName" . }}}
# Proves to Vault who the operator is, and is of no use anywhere else.
- name: vault-token
  projected:
    sources:
    - serviceAccountToken:
        audience: {{ .Values.vaultToken.audience | quote }}
        path: token
        expirationSeconds: {{ int .Values.vaultToken.expirationSeconds }}
{{- if not (include "lanyard.isTCP" .) }}
- {{ merge (dict "name" "spire-server") (default $claim .Values.spire.serverSocket.volume) | toYaml | nindent 2 | trim }}
{{- end }}
{{- if include "lanyard.needsSVID" . }}
- {{ merge (dict "name" "spire-workload-api") (default $csi .Values.spire.workloadAPI.volume) | toYaml | nindent 2 | trim }}
{{- end }}
{{- with .Values.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
