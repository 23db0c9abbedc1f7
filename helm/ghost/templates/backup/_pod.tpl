{{- define "backup.image" -}}
{{- with .Values.backup.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}
{{- else -}}{{ .repository }}:{{ default $.Chart.Version .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "backup.serviceAccountName" -}}
{{- default (printf "%s-backup" (include "ghost.name" .)) .Values.backup.serviceAccount.existingName -}}
{{- end -}}

{{/*
The template of every pod that runs the program.
  args: the command
  config: the key of its configuration, "config.json" or "restore.json"
  account: who speaks to the blog's MySQL
  servers: others whose passwords it needs
  bucketSecret: keys of the bucket, instead of those that most of them have
  identity: whether it may have the secret key of age
  restartPolicy
  component, annotations, resources: instead of those that most of them have
*/}}
{{- define "backup.pod" -}}
{{- $root := .root -}}
{{- $b := $root.Values.backup -}}
{{- $component := default "backup" .component -}}
metadata:
  labels: {{- include "ghost.podLabels" (dict "root" $root "component" $component "labels" $b.podLabels) | nindent 4 }}
  {{- with merge dict (default dict .annotations) $b.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: {{ .restartPolicy }}
  serviceAccountName: {{ include "backup.serviceAccountName" $root | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # to remove from the bucket what was begun
  terminationGracePeriodSeconds: 60
  securityContext: {{- include "ghost.podSecurity" $root | nindent 4 }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $b.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $b.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: backup
      image: {{ include "backup.image" $root }}
      imagePullPolicy: {{ $b.image.pullPolicy }}
      args: {{ .args | toJson }}
      securityContext: {{- include "ghost.containerSecurity" $root | nindent 8 }}
      env: {{- include "backup.env" . | nindent 8 }}
      resources: {{- toYaml (default $b.resources .resources) | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/backup, readOnly: true }
        # the only folder that can be written: the server in which dumps are tried
        - { name: scratch, mountPath: /tmp }
        {{- with $b.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes: {{- include "backup.volumes" . | nindent 4 }}
{{- end -}}

{{- define "backup.env" -}}
{{- $b := .root.Values.backup -}}
- { name: BACKUP_CONFIG, value: /etc/backup/config.json }
{{- with default (include "backup.bucketSecret" .root) .bucketSecret }}
{{ include "ghost.bucketKeys" . }}
{{- end }}
{{- with $b.pingUrl }}{{ if .existingSecret }}
- name: BACKUP_PING_URL
  valueFrom: { secretKeyRef: { name: {{ .existingSecret | quote }}, key: {{ .key | quote }} } }
{{- end }}{{ end }}
{{- with $b.webhookUrl }}{{ if .existingSecret }}
- name: BACKUP_WEBHOOK_URL
  valueFrom: { secretKeyRef: { name: {{ .existingSecret | quote }}, key: {{ .key | quote }} } }
{{- end }}{{ end }}
{{- with $b.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "backup.volumes" -}}
{{- $root := .root -}}
{{- $b := $root.Values.backup -}}
- name: config
  projected:
    sources:
      - configMap: { name: {{ include "ghost.name" $root }}-backup, items: [{ key: {{ .config }}, path: config.json }] }
      - secret: { name: {{ .account.secret | quote }}, items: [{ key: {{ .account.key | quote }}, path: passwords/mysql }] }
      {{- range .servers }}
      - secret: { name: {{ .existingSecret | quote }}, items: [{ key: {{ default "password" .passwordKey | quote }}, path: passwords/{{ .name }} }] }
      {{- end }}
      {{- with $root.Values.database.tls }}{{ if and .enabled .existingSecret }}
      - secret: { name: {{ .existingSecret | quote }}, items: [{ key: {{ .caKey | quote }}, path: authority }] }
      {{- end }}{{ end }}
      {{- if and .identity $b.identity.existingSecret }}
      - secret: { name: {{ $b.identity.existingSecret | quote }}, items: [{ key: {{ $b.identity.key | quote }}, path: identity }] }
      {{- end }}
- name: scratch
  emptyDir: { sizeLimit: {{ $b.scratchSize }} }
{{- with $b.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A pod that a node took along is made again and does not count; what another attempt can't mend gets none. */}}
{{- define "backup.podFailurePolicy" -}}
rules:
  - { action: Ignore, onPodConditions: [{ type: DisruptionTarget }] }
  # a mistake in the configuration, another run is busy, rights are missing
  - { action: FailJob, onExitCodes: { operator: In, values: [64, 75, 77] } }
{{- end -}}
