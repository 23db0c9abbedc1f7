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
{{- $merged := mergeOverwrite $config .Values.ghost.config -}}
{{/* a code that cannot be mailed would lock everybody out */}}
{{- if eq $merged.mail.transport "stub" }}{{ $merged = merge $merged (dict "security" (dict "staffDeviceVerification" false)) }}{{ end -}}
{{- $merged | toJson -}}
{{- end -}}

{{/* Whether Ghost can send e-mail: "true", or nothing. */}}
{{- define "ghost.mails" -}}
{{- if ne (include "ghost.config" . | fromJson).mail.transport "stub" }}true{{ end -}}
{{- end -}}

{{/*
The same as variables, by Ghost's own rule: `a__b` is b in the block a, and what reads as JSON is JSON. So a text that
does, such as a database named 2024, is given as JSON.
*/}}
{{- define "ghost.variables" -}}
{{- range $key, $value := .block }}
{{- $name := printf "%s%s" $.prefix $key }}
{{- if and (kindIs "map" $value) $value }}
{{- include "ghost.variables" (dict "prefix" (printf "%s__" $name) "block" $value) }}
{{- else }}
{{- $plain := and (kindIs "string" $value) (not (regexMatch "^\\s*([-0-9\"\\[{]|(true|false|null|undefined)\\s*$)" (toString $value))) }}
{{ $name }}: {{ ternary $value (toJson $value) $plain | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ghost.bucket" -}}
{{- if .Values.minio.enabled -}}{{ include "ghost.ownBucket" (dict "root" . "name" "blog") }}
{{- else -}}{{ include "ghost.givenBucket" .Values.bucket }}
{{- end -}}
{{- end -}}

{{/* A bucket of the chart's own MinIO. */}}
{{- define "ghost.ownBucket" -}}
bucket: {{ .name }}
region: us-east-1
endpoint: http://{{ include "ghost.name" .root }}-minio:9000
forcePathStyle: true
{{- end -}}

{{/* One that the values name. */}}
{{- define "ghost.givenBucket" -}}
bucket: {{ .name | quote }}
{{ with .region }}region: {{ . | quote }}{{ end }}
{{ with .endpoint }}endpoint: {{ . | quote }}{{ end }}
{{ if .forcePathStyle }}forcePathStyle: true{{ end }}
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

{{/*
Files that hold secrets, each named by its variable: Ghost takes what is in a file as it is, where it would read a
password of digits in a variable as a number; and a list of authorities is too long for a variable.
*/}}
{{- define "ghost.secretFiles" -}}
{{- $files := dict "database__connection__password" (list (include "ghost.databaseSecret" .) .Values.database.passwordKey) -}}
{{- with .Values.database.tls -}}
{{- if and .enabled .existingSecret }}{{ $_ := set $files "database__connection__ssl__ca" (list .existingSecret .caKey) }}{{ end -}}
{{- end -}}
{{- with .Values.mail -}}
{{- if and .host .existingSecret }}{{ $_ := set $files "mail__options__auth__pass" (list .existingSecret .passwordKey) }}{{ end -}}
{{- end -}}
{{- $files | toJson -}}
{{- end -}}

{{- define "ghost.secretsVolume" -}}
- name: secrets
  projected:
    sources:
      {{- range $variable, $of := include "ghost.secretFiles" . | fromJson }}
      - secret: { name: {{ index $of 0 | quote }}, items: [{ key: {{ index $of 1 | quote }}, path: {{ $variable }} }] }
      {{- end }}
{{- end -}}

{{- define "ghost.secretsMount" -}}
- { name: secrets, mountPath: /run/secrets/ghost, readOnly: true }
{{- end -}}

{{/* Keys of a bucket, out of the Secret of this name. */}}
{{- define "ghost.bucketKeys" -}}
{{- $secret := . -}}
{{- range $index, $key := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
{{- if $index }}
{{ end -}}
- name: {{ $key }}
  valueFrom: { secretKeyRef: { name: {{ $secret | quote }}, key: {{ $key }} } }
{{- end }}
{{- end -}}

{{/* Variables of Ghost's container that are secret, or say where a secret is. */}}
{{- define "ghost.env" -}}
{{- range $variable, $of := include "ghost.secretFiles" . | fromJson }}
- { name: {{ $variable }}_FILE, value: /run/secrets/ghost/{{ $variable }} }
{{- end }}
{{- with include "ghost.bucketSecret" . }}
{{ include "ghost.bucketKeys" . }}
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
