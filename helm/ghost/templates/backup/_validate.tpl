{{/* Mistakes in the values of backups, as a list in JSON, each as a sentence that says what to write. */}}
{{- define "backup.mistakes" -}}
{{- $mistakes := list -}}
{{- $v := .Values -}}
{{- $b := $v.backup -}}
{{- if and $b.restore (not $b.enabled) -}}
{{- $mistakes = append $mistakes "backup.restore is set, but nothing says where backups are: set backup.enabled=true and backup.bucket.*" -}}
{{- end -}}
{{- if $b.enabled -}}
{{- if not (or $b.bucket.name $v.minio.enabled) -}}
{{- $mistakes = append $mistakes "there is no bucket for backups: set backup.bucket.name" -}}
{{- end -}}
{{- if and $b.bucket.name (has $b.bucket.name (list $v.bucket.name $v.bucket.private)) -}}
{{- $mistakes = append $mistakes (printf "backup.bucket.name is %s, which is the blog's own bucket: set another one, or what destroys the blog destroys its backups" $b.bucket.name) -}}
{{- end -}}
{{- $place := printf "%s %s" $v.bucket.endpoint $v.bucket.region -}}
{{- if and $b.content $b.bucket.name (or $v.minio.enabled (ne $place (printf "%s %s" $b.bucket.endpoint $b.bucket.region))) -}}
{{- $mistakes = append $mistakes "backup.content is true, but the blog's own bucket is in another store or region than backup.bucket, and only a store itself can copy: set backup.content=false and keep the uploads safe in another way, or take a bucket in the same store and region" -}}
{{- end -}}
{{- if and (not $b.bucket.name) $b.bucket.existingSecret -}}
{{- $mistakes = append $mistakes "backup.bucket.existingSecret is set without a bucket: set backup.bucket.name" -}}
{{- end -}}
{{- if and (not $v.mysql.enabled) (not $b.database.existingSecret) -}}
{{- $mistakes = append $mistakes "the password of the account that dumps is missing: set backup.database.existingSecret to a Secret that has it under the key backup.database.passwordKey" -}}
{{- end -}}
{{- if and $v.mysql.enabled $b.database.user (not $b.database.existingSecret) -}}
{{- $mistakes = append $mistakes "backup.database.user is set without its password: set backup.database.existingSecret as well, or neither for the root account of the chart's own MySQL" -}}
{{- end -}}
{{- range $b.servers -}}
{{- if eq .name "mysql" -}}
{{- $mistakes = append $mistakes "one of backup.servers is named mysql, which is the name of the blog's server: give it another one" -}}
{{- end -}}
{{- end -}}
{{- $own := printf "mysql/%s/" $v.database.name -}}
{{- if and (contains "/" $b.restore) (not (hasPrefix $own $b.restore)) -}}
{{- $mistakes = append $mistakes (printf "backup.restore is %s, which is no backup of the blog: set a name that begins with %s, and restore other databases with the program" $b.restore $own) -}}
{{- end -}}
{{- if and $b.recipients (not $b.identity.existingSecret) -}}
{{- if $b.drill.enabled -}}
{{- $mistakes = append $mistakes "backup.recipients is set, and a drill needs the secret key: set backup.identity.existingSecret, or backup.drill.enabled=false to keep the key out of the cluster" -}}
{{- end -}}
{{- if $b.restore -}}
{{- $mistakes = append $mistakes "backup.restore needs the secret key of backup.recipients: set backup.identity.existingSecret" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $mistakes | toJson -}}
{{- end -}}
