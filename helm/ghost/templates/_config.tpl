{{/* Ghost's configuration as this chart makes it; the image has the rest. Secrets are not in it, see "ghost.env". */}}
{{- define "ghost.config" -}}
{{- $bucket := include "ghost.bucket" . | fromYaml -}}
{{- $private := include "ghost.privateBucket" . | fromYaml -}}
{{- $cdn := dict -}}
{{- with .Values.cdnUrl }}{{ $cdn = dict "cdnUrl" . }}{{ end -}}
{{- $config := dict
  "url" .Values.url
  "database" (include "ghost.database" . | fromYaml)
  "storage" (dict "s3" (mergeOverwrite (dict) $bucket $cdn .Values.ghost.storageOptions))
  "replicas" (mergeOverwrite (dict) $bucket $private .Values.ghost.replicaOptions)
  "mail" (include "ghost.mail" . | fromYaml)
-}}
{{- if not .Values.mail.host }}{{ $_ := set $config "security" (dict "staffDeviceVerification" false) }}{{ end -}}
{{- mergeOverwrite $config .Values.ghost.config | toJson -}}
{{- end -}}

{{/* The same as variables, by Ghost's own rule: `a__b` is b in the block a. */}}
{{- define "ghost.variables" -}}
{{- range $key, $value := .block }}
{{- $name := printf "%s%s" $.prefix $key }}
{{- if and (kindIs "map" $value) $value }}
{{- include "ghost.variables" (dict "prefix" (printf "%s__" $name) "block" $value) }}
{{- else }}
{{ $name }}: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ghost.bucket" -}}
{{- if .Values.minio.enabled -}}
bucket: blog
region: us-east-1
endpoint: http://{{ include "ghost.name" . }}-minio:9000
forcePathStyle: true
{{- else -}}
{{- with .Values.bucket -}}
bucket: {{ .name | quote }}
{{ with .region }}region: {{ . | quote }}{{ end }}
{{ with .endpoint }}endpoint: {{ . | quote }}{{ end }}
{{ if .forcePathStyle }}forcePathStyle: true{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ghost.privateBucket" -}}
{{ with .Values.bucket.private }}bucket: {{ . | quote }}{{ end }}
{{- end -}}

{{- define "ghost.database" -}}
client: mysql
connection:
  host: {{ include "ghost.databaseHost" . | quote }}
  port: {{ include "ghost.databasePort" . }}
  user: {{ .Values.database.user | quote }}
  database: {{ .Values.database.name | quote }}
  {{- if .Values.database.tls.enabled }}
  ssl: { rejectUnauthorized: true }
  {{- end }}
{{- end -}}

{{- define "ghost.mail" -}}
{{- with .Values.mail -}}
{{- if .host -}}
transport: SMTP
from: {{ .from | quote }}
options:
  host: {{ .host | quote }}
  port: {{ .port }}
  secure: {{ .secure }}
  {{- with .user }}
  auth: { user: {{ . | quote }} }
  {{- end }}
{{- else -}}
transport: stub
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Variables of Ghost's container, with all that is secret. */}}
{{- define "ghost.env" -}}
- name: database__connection__password
  valueFrom: { secretKeyRef: { name: {{ include "ghost.databaseSecret" . }}, key: {{ .Values.database.passwordKey }} } }
{{- if and .Values.database.tls.enabled .Values.database.tls.existingSecret }}
- name: database__connection__ssl__ca
  valueFrom: { secretKeyRef: { name: {{ .Values.database.tls.existingSecret }}, key: {{ .Values.database.tls.caKey }} } }
{{- end }}
{{- with include "ghost.bucketSecret" . }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: { secretKeyRef: { name: {{ . }}, key: AWS_ACCESS_KEY_ID } }
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: { secretKeyRef: { name: {{ . }}, key: AWS_SECRET_ACCESS_KEY } }
{{- end }}
{{- if and .Values.mail.host .Values.mail.existingSecret }}
- name: mail__options__auth__pass
  valueFrom: { secretKeyRef: { name: {{ .Values.mail.existingSecret }}, key: {{ .Values.mail.passwordKey }} } }
{{- end }}
{{- with .Values.ghost.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Of Secrets that are not the chart's own, which never change. A dry run can't look at them. */}}
{{- define "ghost.secretsDigest" -}}
{{- $data := dict -}}
{{- range list .Values.database.existingSecret .Values.database.tls.existingSecret .Values.bucket.existingSecret .Values.mail.existingSecret -}}
{{- if . -}}
{{- $_ := set $data . (default dict (lookup "v1" "Secret" $.Release.Namespace .)).data -}}
{{- end -}}
{{- end -}}
{{- $data | toJson | sha256sum -}}
{{- end -}}

{{/*
What values ask for, and a preference for zones without a pod. Not a second topology spread constraint: where nodes have
no label of a zone, the scheduler would then spread over nodes neither.
*/}}
{{- define "ghost.affinity" -}}
{{- $selector := include "ghost.selector" (dict "root" . "component" "ghost") | fromYaml -}}
{{- $term := dict "topologyKey" "topology.kubernetes.io/zone" "labelSelector" (dict "matchLabels" $selector) -}}
{{- $preferred := list (dict "weight" 100 "podAffinityTerm" $term) -}}
{{- $zones := dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) -}}
{{- merge (deepCopy .Values.ghost.affinity) $zones | toYaml -}}
{{- end -}}
