{{/* Alerts on backups, of what kube-state-metrics says of the CronJobs, and the pushgateway of each database. */}}
{{- define "backup.rules" -}}
{{- $name := include "ghost.name" . -}}
{{- $seconds := mul .Values.backup.maxAgeHours 3600 -}}
{{- $night := printf "{namespace=%q,cronjob=%q}" .Release.Namespace (printf "%s-backup" $name) -}}
{{- $drill := printf "{namespace=%q,cronjob=%q}" .Release.Namespace (printf "%s-drill" $name) -}}
- alert: GhostBackupIsOld
  expr: time() - max(kube_cronjob_status_last_successful_time{{ $night }}) > {{ $seconds }}
  for: 5m
  labels: { severity: critical }
  annotations:
    summary: The newest backup of {{ $name }} is {{ "{{ $value | humanizeDuration }}" }} old.
    description: What was written since then would be lost with the database. The log of the last Job of the CronJob {{ $name }}-backup says why.
- alert: GhostBackupFailed
  expr: {{ include "backup.lastRunFailed" $night }}
  for: 5m
  labels: { severity: warning }
  annotations:
    summary: The last backup of {{ $name }} failed.
    description: Earlier backups are untouched. The log of the last Job of the CronJob {{ $name }}-backup says why, and what to do.
- alert: GhostHasNoBackup
  expr: ((time() - max by (namespace, cronjob) (kube_cronjob_created{{ $night }}) > {{ $seconds }}) unless on (namespace, cronjob) kube_cronjob_status_last_successful_time{{ $night }}) or absent(kube_cronjob_created{{ $night }})
  for: 15m
  labels: { severity: critical }
  annotations:
    summary: There is no backup of {{ $name }}, or nobody watches whether there is one.
    description: No run of the CronJob {{ $name }}-backup has ever ended well, it is gone, or kube-state-metrics does not answer.
{{- if .Values.backup.drill.enabled }}
- alert: GhostBackupDrillFailed
  expr: {{ include "backup.lastRunFailed" $drill }}
  for: 5m
  labels: { severity: critical }
  annotations:
    summary: The newest backup of {{ $name }} could not be proven once more.
    description: It may be damaged, or the key does not fit. The log of the last Job of the CronJob {{ $name }}-drill says why; restore nothing but an older one until it is known.
{{- end }}
{{- if .Values.backup.pushgatewayUrl }}
{{- $names := list "mysql" -}}
{{- range .Values.backup.servers }}{{ $names = append $names (regexQuoteMeta .name) }}{{ end }}
{{- $of := printf "{prefix=%q,server=~%q}" (include "backup.bucket" . | fromYaml).prefix (join "|" $names) }}
- alert: GhostBackupOfDatabaseIsOld
  expr: time() - max by (server, database) (backup_last_success_timestamp_seconds{{ $of }}) > {{ $seconds }}
  for: 5m
  labels: { severity: critical }
  annotations:
    summary: '{{ "The newest backup of {{ $labels.server }}/{{ $labels.database }} is {{ $value | humanizeDuration }} old." }}'
    description: The bucket holds no newer one that was proven. The log of the last Job of the CronJob {{ $name }}-backup says why.
{{- if .Values.backup.binlog.enabled }}
- alert: GhostBinlogIsBehind
  expr: time() - max by (server) (backup_binlog_reached_timestamp_seconds{{ $of }}) > 300
  for: 5m
  labels: { severity: warning }
  annotations:
    summary: '{{ "The binary log of {{ $labels.server }} is in the bucket up to {{ $value | humanizeDuration }} ago." }}'
    description: What was written since then would be lost with the server. The log of the Deployment {{ $name }}-binlog says why.
- alert: GhostBinlogHasAGap
  expr: max by (server) (backup_binlog_gaps{{ $of }}) > 0
  labels: { severity: critical }
  annotations:
    summary: '{{ "The binary log of {{ $labels.server }} in the bucket has a gap." }}'
    description: No moment between the last backup before it and the next one can be restored. Make a backup now, and let the server keep its log for longer.
{{- end }}
{{- end }}
{{- end -}}

{{/* It was started after the last one that ended well, or none ever did, and it is not under way any more. */}}
{{- define "backup.lastRunFailed" -}}
((kube_cronjob_status_last_schedule_time{{ . }} > kube_cronjob_status_last_successful_time{{ . }}) or (kube_cronjob_status_last_schedule_time{{ . }} unless kube_cronjob_status_last_successful_time{{ . }})) and (kube_cronjob_status_active{{ . }} == 0)
{{- end -}}
