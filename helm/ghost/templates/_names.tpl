{{/* Names of objects, labels, and what several files need to know. */}}

{{- define "ghost.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "ghost.labels" -}}
{{- $root := .root -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: {{ include "ghost.name" $root }}
{{ include "ghost.selector" . }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What never changes: a Deployment's selector can't. */}}
{{- define "ghost.selector" -}}
app.kubernetes.io/name: ghost
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Nothing that a new version of the chart alone changes: pods would be replaced for it. */}}
{{- define "ghost.podLabels" -}}
app.kubernetes.io/part-of: {{ include "ghost.name" .root }}
{{ include "ghost.selector" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ghost.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}
{{- else -}}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ghost.serviceAccountName" -}}
{{- default (include "ghost.name" .) .Values.serviceAccount.existingName -}}
{{- end -}}

{{/* The host of `url`, without a port. */}}
{{- define "ghost.host" -}}
{{- (urlParse .Values.url).host | splitList ":" | first -}}
{{- end -}}

{{/* The path of `url`, without a slash at its end: empty for a blog at the top of its host. */}}
{{- define "ghost.path" -}}
{{- (urlParse .Values.url).path | trimSuffix "/" -}}
{{- end -}}

{{- define "ghost.databaseHost" -}}
{{- if .Values.mysql.enabled -}}{{ include "ghost.name" . }}-mysql{{- else -}}{{ .Values.database.host }}{{- end -}}
{{- end -}}

{{- define "ghost.databasePort" -}}
{{- if .Values.mysql.enabled -}}3306{{- else -}}{{ .Values.database.port }}{{- end -}}
{{- end -}}

{{- define "ghost.databaseSecret" -}}
{{- if .Values.database.existingSecret -}}{{ .Values.database.existingSecret }}{{- else -}}{{ include "ghost.name" . }}-mysql{{- end -}}
{{- end -}}

{{- define "ghost.bucketSecret" -}}
{{- if .Values.minio.enabled -}}{{ include "ghost.name" . }}-minio{{- else -}}{{ .Values.bucket.existingSecret }}{{- end -}}
{{- end -}}

{{/* The seconds that a pod may need to end: each part in its turn, and some to spare. */}}
{{- define "ghost.gracePeriod" -}}
{{- $options := .Values.ghost.replicaOptions -}}
{{- $server := dig "server" "shutdownTimeout" 60000 .Values.ghost.config -}}
{{- $ms := add (default 5000 $options.drainDelay) (default 60000 $options.drainTimeout) $server -}}
{{- add .Values.ghost.preStopSleepSeconds (div (add $ms 999) 1000) 5 -}}
{{- end -}}

{{/* A password that is made once and kept: of a Secret that exists already, or a new one. */}}
{{- define "ghost.keptPassword" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- $kept := get (default dict (default dict $secret).data) .key -}}
{{- if $kept -}}{{ $kept }}{{- else -}}{{ randAlphaNum 32 | b64enc }}{{- end -}}
{{- end -}}

{{- define "ghost.podSecurity" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "ghost.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}
