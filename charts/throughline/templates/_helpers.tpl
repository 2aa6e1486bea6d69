{{/* Names. A release named after the chart does not say it twice. */}}
{{- define "throughline.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{/* Name of a component's objects. (list $ component) */}}
{{- define "throughline.name" -}}
{{ include "throughline.fullname" (index . 0) }}-{{ index . 1 }}
{{- end -}}

{{- define "throughline.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/part-of: throughline
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* (list $ component) */}}
{{- define "throughline.selector" -}}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* What is rendered: {name: component with the defaults under it}, as JSON. */}}
{{- define "throughline.components" -}}
{{- include "throughline.checks" . -}}
{{- $on := dict -}}
{{- range $name, $component := .Values.components -}}
  {{- $isWanted := true -}}
  {{- with $component.systems -}}
    {{- $isWanted = false -}}
    {{- range . -}}{{- if (index $.Values.systems .).enabled -}}{{- $isWanted = true -}}{{- end -}}{{- end -}}
  {{- end -}}
  {{- if and $isWanted (ne $component.enabled false) -}}
    {{- $_ := set $on $name (mustMergeOverwrite (deepCopy $.Values.defaults) (deepCopy $component)) -}}
  {{- end -}}
{{- end -}}
{{- toJson $on -}}
{{- end -}}

{{/* Address of another component inside the cluster. (list $ component port) */}}
{{- define "throughline.url" -}}
{{- $port := ternary 9090 8080 (eq (index . 2) "ops") -}}
http://{{ include "throughline.name" . }}:{{ $port }}
{{- end -}}

{{/* Of every service that has an operations API. */}}
{{- define "throughline.operationsUrls" -}}
{{- $urls := list -}}
{{- range $name := keys (include "throughline.components" $ | fromJson) | sortAlpha -}}
  {{- if not (has $name (list "console" "edge")) -}}{{- $urls = append $urls (include "throughline.url" (list $ $name "ops")) -}}{{- end -}}
{{- end -}}
{{- join "," $urls -}}
{{- end -}}

{{/* What `helm test` tests, between commas; empty: nothing. */}}
{{- define "throughline.testedSystems" -}}
{{- $systems := list -}}
{{- range $name, $system := .Values.systems -}}
  {{- if and $.Values.tests.enabled $system.enabled -}}{{- $systems = append $systems $name -}}{{- end -}}
{{- end -}}
{{- join "," $systems -}}
{{- end -}}

{{- define "throughline.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "throughline.secret" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" (include "throughline.fullname" .)) }}
{{- end -}}

{{- define "throughline.kafkaBootstrap" -}}
{{ .Values.kafka.bootstrapServers | default (printf "%s-kafka-bootstrap:9093" .Values.kafka.cluster) }}
{{- end -}}

{{/* A component's Kafka user; Strimzi names the secret with its password after it. (list $ component) */}}
{{- define "throughline.kafkaUser" -}}
{{ include "throughline.name" . }}
{{- end -}}

{{/* A key of a secret that exists already, else a new random one. (list $ secret key length) */}}
{{- define "throughline.keptOrRandom" -}}
{{- $found := lookup "v1" "Secret" (index . 0).Release.Namespace (index . 1) -}}
{{- $kept := dig "data" (index . 2) "" ($found | default dict) -}}
{{- if $kept -}}{{ $kept }}{{- else -}}{{ randAlphaNum (index . 3 | int) | b64enc }}{{- end -}}
{{- end -}}

{{- define "throughline.keepAnnotation" -}}
{{- if not .Values.deleteData -}}
helm.sh/resource-policy: keep
{{- if .Values.liveUpdate }}
tilt.dev/down-policy: keep
{{- end }}
{{- end -}}
{{- end -}}

{{- define "throughline.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "throughline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ not .Values.liveUpdate }}
capabilities:
  drop: [ALL]
{{- end -}}
