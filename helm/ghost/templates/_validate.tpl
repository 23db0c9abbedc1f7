{{/* What a schema can't say: each mistake as a sentence that says what to write, all of them at once. */}}
{{- define "ghost.validate" -}}
{{- $mistakes := list -}}
{{- $v := .Values -}}
{{- if and $v.mysql.enabled $v.database.host -}}
{{- $mistakes = append $mistakes "database.host is set while the chart's own MySQL is enabled: set mysql.enabled=false as well" -}}
{{- end -}}
{{- if not (or $v.mysql.enabled $v.database.host) -}}
{{- $mistakes = append $mistakes "there is no database: set database.host, or mysql.enabled=true to try things out" -}}
{{- end -}}
{{- if and (not $v.mysql.enabled) (not $v.database.existingSecret) -}}
{{- $mistakes = append $mistakes "the database's password is missing: set database.existingSecret to a Secret that has it under the key database.passwordKey" -}}
{{- end -}}
{{- if and $v.minio.enabled $v.bucket.name -}}
{{- $mistakes = append $mistakes "bucket.name is set while the chart's own MinIO is enabled: set minio.enabled=false as well" -}}
{{- end -}}
{{- if not (or $v.minio.enabled $v.bucket.name) -}}
{{- $mistakes = append $mistakes "there is no bucket: set bucket.name, or minio.enabled=true to try things out" -}}
{{- end -}}
{{- if and $v.database.tls.existingSecret (not $v.database.tls.enabled) -}}
{{- $mistakes = append $mistakes "database.tls.existingSecret is set, but the connection is not encrypted: set database.tls.enabled=true" -}}
{{- end -}}
{{- if and $v.mail.host (not $v.mail.from) -}}
{{- $mistakes = append $mistakes "mail.host is set without a sender: set mail.from, e.g. '\"Anna\" <anna@example.com>'" -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "ghost.name" .)) -}}
{{- $mistakes = append $mistakes (printf "the name %q cannot be that of a Service: install it under one of small letters, digits and hyphens that begins with a letter, or set fullnameOverride" (include "ghost.name" .)) -}}
{{- end -}}
{{- if and $v.mysql.enabled (ne $v.database.passwordKey "password") (not $v.database.existingSecret) -}}
{{- $mistakes = append $mistakes "database.passwordKey is set, but the chart makes the Secret of its MySQL itself: set database.existingSecret as well, or leave the key" -}}
{{- end -}}
{{- if and $v.mysql.enabled $v.database.tls.enabled -}}
{{- $mistakes = append $mistakes "database.tls.enabled is true, but the chart's own MySQL has no certificate that can be checked: leave it off, or use a database of your own" -}}
{{- end -}}
{{- if and $v.mysql.enabled (eq $v.database.user "root") -}}
{{- $mistakes = append $mistakes "database.user is root, which the chart's own MySQL gives to nobody: choose another name" -}}
{{- end -}}
{{- if and $v.minio.enabled (or $v.bucket.private $v.bucket.region $v.bucket.endpoint) -}}
{{- $mistakes = append $mistakes "bucket.private, bucket.region or bucket.endpoint is set, but the chart's own MinIO has one bucket and knows it: set minio.enabled=false and bucket.name, or leave them" -}}
{{- end -}}
{{- if and $v.mail.existingSecret (not $v.mail.user) -}}
{{- $mistakes = append $mistakes "mail.existingSecret is set without a user: set mail.user" -}}
{{- end -}}
{{- if hasKey (default dict $v.ghost.config.server) "port" -}}
{{- $mistakes = append $mistakes "ghost.config.server.port is set, but Ghost listens on 2368 in its pod: set service.port for the port of the Service" -}}
{{- end -}}
{{- if hasKey $v.ghost.replicaOptions "healthPort" -}}
{{- $mistakes = append $mistakes "ghost.replicaOptions.healthPort is set, but probes and metrics ask on 9417: leave it" -}}
{{- end -}}
{{- if and $v.monitoring.rules.enabled (not $v.monitoring.serviceMonitor.enabled) -}}
{{- $mistakes = append $mistakes "monitoring.rules.enabled is true, but nothing brings Prometheus the figures that its alerts look at: set monitoring.serviceMonitor.enabled=true" -}}
{{- end -}}
{{- $most := $v.ghost.replicas -}}
{{- if $v.autoscaling.enabled -}}
{{- $most = $v.autoscaling.maxReplicas -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- $mistakes = append $mistakes (printf "autoscaling.minReplicas (%d) is above autoscaling.maxReplicas (%d)" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- $request := dig "requests" "cpu" "" $v.ghost.resources | toString -}}
{{- $millicores := ternary (trimSuffix "m" $request | atoi) (mulf 1000 (float64 $request) | int) (hasSuffix "m" $request) -}}
{{- $aim := div (mul $millicores $v.autoscaling.targetCPUUtilizationPercentage) 100 -}}
{{- if not $request -}}
{{- $mistakes = append $mistakes "autoscaling goes by percent of ghost.resources.requests.cpu, which is not set: set it, or autoscaling.enabled=false" -}}
{{- else if gt $aim 1000 -}}
{{- $mistakes = append $mistakes (printf "autoscaling aims at %dm of CPU for a pod (%d %% of %s), which Ghost, with its one core, never reaches: lower autoscaling.targetCPUUtilizationPercentage or ghost.resources.requests.cpu" $aim (int $v.autoscaling.targetCPUUtilizationPercentage) $request) -}}
{{- end -}}
{{- end -}}
{{- $pods := add1 $most -}}
{{- $needed := mul $pods $v.database.connectionsPerPod -}}
{{- if gt (int $needed) (int $v.database.maxConnections) -}}
{{- $fits := max 0 (sub (div (int $v.database.maxConnections) (int $v.database.connectionsPerPod)) 1) -}}
{{- $mistakes = append $mistakes (printf "%d pods and one more during an update need %d connections, and MySQL allows %d (database.maxConnections): at most %d pods fit, or raise max_connections there and here" (int $most) (int $needed) (int $v.database.maxConnections) (int $fits)) -}}
{{- end -}}
{{- if and $v.ingress.tls.clusterIssuer (not $v.ingress.tls.enabled) -}}
{{- $mistakes = append $mistakes "ingress.tls.clusterIssuer is set, but TLS is not enabled: set ingress.tls.enabled=true" -}}
{{- end -}}
{{- if and $v.ingress.tls.enabled (not (hasPrefix "https://" $v.url)) -}}
{{- $mistakes = append $mistakes (printf "ingress.tls.enabled is true, but url is %s: readers would be sent to http, so let it begin with https://" $v.url) -}}
{{- end -}}
{{- if and $v.route.enabled (not $v.route.parentRefs) -}}
{{- $mistakes = append $mistakes "route.enabled is true, but no Gateway is named: set route.parentRefs, e.g. [{name: gateway, namespace: infra}]" -}}
{{- end -}}
{{- if and (or $v.ingress.enabled $v.route.enabled) (regexMatch "^(localhost|[0-9.]+)$" (include "ghost.host" .)) -}}
{{- $mistakes = append $mistakes (printf "url is %s: set it to the address that readers use, an Ingress or HTTPRoute answers for its host, which must be a name" $v.url) -}}
{{- end -}}
{{- $mistakes = concat $mistakes (include "backup.mistakes" . | fromJsonArray) -}}
{{- if $mistakes -}}
{{- fail (printf "\n\nThe values have %d mistake(s); nothing was installed or changed:\n  - %s\n" (len $mistakes) (join "\n  - " $mistakes)) -}}
{{- end -}}
{{- end -}}
