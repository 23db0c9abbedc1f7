{{/* Names of objects, labels, and what several files need to know. */}}

{{/* What is cut off stays in a digest: two long names must not become one. */}}
{{- define "ghost.name" -}}
{{- $name := default .Release.Name .Values.fullnameOverride -}}
{{- if le (len $name) 40 -}}{{ $name }}{{- else -}}{{ printf "%s-%s" (trunc 31 $name | trimSuffix "-") (sha256sum $name | trunc 8) }}{{- end -}}
{{- end -}}

{{- define "ghost.labels" -}}
{{- $root := .root -}}
{{- $chart := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_")
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
-}}
{{- merge (include "ghost.selector" . | fromYaml) $chart $root.Values.commonLabels | toYaml -}}
{{- end -}}

{{/* What never changes: a Deployment's selector can't. */}}
{{- define "ghost.selector" -}}
{{ include "ghost.blogSelector" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* All pods of this blog; a parent chart may have several in one release. */}}
{{- define "ghost.blogSelector" -}}
app.kubernetes.io/name: ghost
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: {{ include "ghost.name" . | quote }}
{{- end -}}

{{/* Nothing that a new version of the chart alone changes: pods would be replaced for it. */}}
{{- define "ghost.podLabels" -}}
{{- merge (include "ghost.selector" . | fromYaml) (default dict .labels) .root.Values.commonLabels | toYaml -}}
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

{{/* The port of `url`, also where it is not written. */}}
{{- define "ghost.port" -}}
{{- $url := urlParse .Values.url -}}
{{- default (ternary "443" "80" (eq $url.scheme "https")) (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host)) -}}
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
{{- if and .Values.minio.enabled (not .Values.bucket.existingSecret) -}}{{ include "ghost.name" . }}-minio{{- else -}}{{ .Values.bucket.existingSecret }}{{- end -}}
{{- end -}}

{{/* The seconds that a pod may need to end: each part in its turn, and some to spare. */}}
{{- define "ghost.gracePeriod" -}}
{{- $options := .Values.ghost.replicaOptions -}}
{{- $server := default 60000 (default dict .Values.ghost.config.server).shutdownTimeout -}}
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
