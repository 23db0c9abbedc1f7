{{/*
A CronJob that runs the program.
  name: what stands behind the blog's name
  schedule
  args: the command
  identity: whether it may have the secret key of age
*/}}
{{- define "backup.cronJob" -}}
{{- $root := .root -}}
{{- $b := $root.Values.backup -}}
{{- $account := include "backup.account" $root | fromYaml -}}
{{- $pod := dict "root" $root "args" .args "config" "config.json" "account" $account "servers" $b.servers "identity" .identity "restartPolicy" "Never" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ include "ghost.name" $root }}-{{ .name }}
  labels: {{- include "ghost.labels" (dict "root" $root "component" "backup") | nindent 4 }}
spec:
  schedule: {{ .schedule | quote }}
  timeZone: {{ $b.timeZone }}
  # a backup of what is half restored, or not restored yet, would be the latest
  suspend: {{ not (empty $b.restore) }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ $b.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ $b.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ $b.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels: {{- include "ghost.podLabels" (dict "root" $root "component" "backup") | nindent 8 }}
    spec:
      activeDeadlineSeconds: {{ $b.activeDeadlineSeconds }}
      backoffLimit: {{ $b.backoffLimit }}
      podFailurePolicy: {{- include "backup.podFailurePolicy" $root | nindent 8 }}
      template: {{- include "backup.pod" $pod | nindent 8 }}
{{- end -}}
