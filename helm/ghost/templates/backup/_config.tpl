{{/* The program's configuration: all that is no secret. Passwords are files beside it, see "backup.volumes". */}}
{{- define "backup.config" -}}
{{- $root := .root -}}
{{- $b := $root.Values.backup -}}
{{- $config := include "backup.bucket" $root | fromYaml -}}
{{- $_ := set $config "servers" .servers -}}
{{- with include "backup.contentBuckets" $root | fromJsonArray -}}
{{- $content := list -}}
{{- range . }}{{ $content = append $content (dict "bucket" . "server" "mysql" "database" $root.Values.database.name) }}{{ end -}}
{{- $_ := set $config "content" $content -}}
{{- end -}}
{{- with $b.recipients }}{{ $_ := set $config "recipients" . }}{{ end -}}
{{- with $b.pushgatewayUrl }}{{ $_ := set $config "pushgatewayUrl" . }}{{ end -}}
{{- if $b.identity.existingSecret }}{{ $_ := set $config "identityFile" "/etc/backup/identity" }}{{ end -}}
{{- mergeOverwrite $config (deepCopy $b.options) | toPrettyJson -}}
{{- end -}}

{{- define "backup.bucket" -}}
{{- $b := .Values.backup.bucket -}}
prefix: {{ default (printf "%s/%s" .Release.Namespace (include "ghost.name" .)) $b.prefix | quote }}
{{ if $b.name -}}{{ include "ghost.givenBucket" $b }}
{{- else -}}{{ include "ghost.ownBucket" (dict "root" . "name" "backups") }}
{{- end -}}
{{- end -}}

{{/* The blog's own buckets, as a list in JSON: empty when they are not mirrored. */}}
{{- define "backup.contentBuckets" -}}
{{- if not .Values.backup.content -}}[]
{{- else if .Values.minio.enabled -}}{{ list "blog" | toJson }}
{{- else -}}{{ list .Values.bucket.name .Values.bucket.private | uniq | compact | toJson }}
{{- end -}}
{{- end -}}

{{- define "backup.bucketSecret" -}}
{{- with .Values.backup.bucket -}}
{{- if .name -}}{{ .existingSecret }}{{- else -}}{{ include "ghost.bucketSecret" $ }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Servers of a night: the blog's, and what else there is. */}}
{{- define "backup.servers" -}}
{{- $servers := list (include "backup.blogServer" (dict "root" . "account" (include "backup.account" . | fromYaml)) | fromYaml) -}}
{{- range .Values.backup.servers -}}
{{- $password := dict "passwordFile" (printf "/etc/backup/passwords/%s" .name) -}}
{{- $servers = append $servers (merge $password (omit . "existingSecret" "passwordKey")) -}}
{{- end -}}
{{- $servers | toJson -}}
{{- end -}}

{{/* Its name is part of the names of its backups: it never changes, wherever the blog's MySQL is. */}}
{{- define "backup.blogServer" -}}
{{- $root := .root -}}
name: mysql
host: {{ include "ghost.databaseHost" $root | quote }}
port: {{ include "ghost.databasePort" $root }}
user: {{ .account.user | quote }}
passwordFile: /etc/backup/passwords/mysql
databases: {{ default (list $root.Values.database.name) $root.Values.backup.databases | toJson }}
{{- if $root.Values.database.tls.enabled }}
tls: verify
{{- if $root.Values.database.tls.existingSecret }}
tlsCa: /etc/backup/authority
{{- end }}
{{- end }}
{{- end -}}

{{/* Who dumps: its name, and the Secret and the key of its password. */}}
{{- define "backup.account" -}}
{{- $given := .Values.backup.database -}}
{{- if $given.existingSecret -}}
user: {{ default "backup" $given.user | quote }}
secret: {{ $given.existingSecret }}
key: {{ $given.passwordKey }}
{{- else -}}
user: root
secret: {{ include "ghost.databaseSecret" . }}
key: root-password
{{- end -}}
{{- end -}}

{{/* Who restores. */}}
{{- define "backup.restoreAccount" -}}
{{- $given := .Values.backup.restoreAccount -}}
{{- if $given.existingSecret -}}
user: {{ $given.user | quote }}
secret: {{ $given.existingSecret }}
key: {{ $given.passwordKey }}
{{- else -}}
{{- include "backup.account" . -}}
{{- end -}}
{{- end -}}
