{{/*
Variables of a component's container: what every service gets, then what its declaration says. (dict "root" $ "name" name "component" component)
*/}}
{{- define "throughline.environment" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $name := .name -}}
- { name: HOST, value: "0.0.0.0" }
- { name: HTTP_PORT, value: "8080" }
- { name: OPS_PORT, value: "9090" }
- { name: LOG_LEVEL, value: {{ $root.Values.logLevel | quote }} }
# Alive all the while: a first start may have to wait until the stores' images are there.
- { name: START_DEADLINE_MS, value: "300000" }
- { name: TERMINATION_GRACE_MS, value: {{ mul 1000 $component.terminationGraceSeconds | quote }} }
- { name: AUTH_ISSUER, value: {{ printf "%s/storage/auth" (trimSuffix "/" $root.Values.publicUrl) | quote }} }
- { name: AUTH_JWKS_URL, value: {{ printf "%s/storage/auth/.well-known/jwks.json" (include "throughline.url" (list $root "storage-auth" "http")) | quote }} }
- name: OPERATIONS_TOKEN
  valueFrom:
    secretKeyRef: { name: {{ include "throughline.secret" $root }}, key: operations-token }
{{- if $component.postgresql }}
{{ include "throughline.postgresqlVariables" . }}
{{- end }}
{{- if $component.redis }}
{{ include "throughline.redisVariables" . }}
{{- end }}
{{- if $component.kafka }}
{{ include "throughline.kafkaVariables" . }}
{{- end }}
{{- range $variable, $key := $component.secrets }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef: { name: {{ include "throughline.secret" $root }}, key: {{ $key }} }
{{- end }}
{{- if $component.caSecret }}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/extra-ca/ca.crt }
{{- end }}
{{- with $root.Values.tracing.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
- { name: OTEL_SERVICE_NAME, value: {{ $name }} }
- { name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ $root.Values.tracing.sampledRatio | quote }} }
{{- end }}
{{- if eq $name "edge" }}
{{ include "throughline.edgeVariables" $root }}
{{- end }}
{{- range $variable, $value := $component.env }}
- { name: {{ $variable }}, value: {{ tpl (toString $value) $root | quote }} }
{{- end }}
{{- end -}}

{{- define "throughline.kafkaVariables" -}}
- { name: KAFKA_BROKERS, value: {{ include "throughline.kafkaBootstrap" .root | quote }} }
- { name: KAFKA_USERNAME, value: {{ include "throughline.kafkaUser" (list .root .name) | quote }} }
- { name: KAFKA_PASSWORD_FILE, value: /etc/kafka-user/password }
- { name: KAFKA_CA_FILE, value: /etc/kafka-ca }
{{- end -}}

{{- define "throughline.kafkaMounts" -}}
- { name: kafka-ca, mountPath: /etc/kafka-ca, readOnly: true }
- { name: kafka-user, mountPath: /etc/kafka-user, readOnly: true }
{{- end -}}

{{/* Files, because they follow the secrets: authorities and passwords are renewed while pods run. All of the authorities, as a replaced one counts on under another name. (dict "root" $ "name" name) */}}
{{- define "throughline.kafkaVolumes" -}}
{{- $kafka := .root.Values.kafka -}}
- name: kafka-ca
  secret:
    secretName: {{ $kafka.caSecret | default (printf "%s-cluster-ca-cert" $kafka.cluster) }}
- name: kafka-user
  secret:
    secretName: {{ $kafka.existingSecret | default (include "throughline.kafkaUser" (list .root .name)) }}
    items: [{ key: {{ ternary .name "password" (ne $kafka.existingSecret "") }}, path: password }]
{{- end -}}

{{- define "throughline.postgresqlVariables" -}}
{{- $database := .name | replace "-" "_" -}}
{{- if .root.Values.postgresql.dev.enabled -}}
- name: DATABASE_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "throughline.name" (list .root "postgresql") }}, key: {{ .name }} }
- name: DATABASE_URL
  value: postgres://{{ $database }}:$(DATABASE_PASSWORD)@{{ include "throughline.name" (list .root "postgresql") }}:5432/{{ $database }}
{{- else -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.postgresql.existingSecret }}, key: {{ .name }} }
{{- end -}}
{{- end -}}

{{- define "throughline.redisVariables" -}}
{{- if .root.Values.redis.dev.enabled -}}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "throughline.name" (list .root "redis") }}, key: password }
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "throughline.name" (list .root "redis") }}:6379
{{- else -}}
- name: REDIS_URL
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.redis.existingSecret }}, key: url }
{{- end -}}
{{- end -}}

{{/* The entrance knows the services of the systems that run. */}}
{{- define "throughline.edgeVariables" -}}
{{- range $name, $component := include "throughline.components" . | fromJson }}
{{- if $component.paths }}
{{- $prefix := $name | replace "-" "_" | upper }}
- { name: {{ $prefix }}_URL, value: {{ include "throughline.url" (list $ $name "http") | quote }} }
- { name: {{ $prefix }}_OPS_URL, value: {{ include "throughline.url" (list $ $name "ops") | quote }} }
{{- end }}
{{- end }}
- { name: CONSOLE_OPS_URL, value: {{ include "throughline.url" (list . "console" "ops") | quote }} }
{{- end -}}
