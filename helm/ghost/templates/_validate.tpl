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
{{- $most := $v.ghost.replicas -}}
{{- if $v.autoscaling.enabled -}}
{{- $most = $v.autoscaling.maxReplicas -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- $mistakes = append $mistakes (printf "autoscaling.minReplicas (%d) is above autoscaling.maxReplicas (%d)" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- $pods := add1 $most -}}
{{- $needed := mul $pods $v.database.connectionsPerPod -}}
{{- if gt (int $needed) (int $v.database.maxConnections) -}}
{{- $fits := sub (div (int $v.database.maxConnections) (int $v.database.connectionsPerPod)) 1 -}}
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
{{- if and (or $v.ingress.enabled $v.route.enabled) (eq (include "ghost.host" .) "localhost") -}}
{{- $mistakes = append $mistakes (printf "url is %s: set it to the address that readers use, an Ingress or HTTPRoute answers for its host" $v.url) -}}
{{- end -}}
{{- if $mistakes -}}
{{- fail (printf "\n\nThe values have %d mistake(s); nothing was installed or changed:\n  - %s\n" (len $mistakes) (join "\n  - " $mistakes)) -}}
{{- end -}}
{{- end -}}
