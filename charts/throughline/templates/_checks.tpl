{{/* What the schema cannot see: values that contradict each other. Each failure begins with the value's name. */}}
{{- define "throughline.checks" -}}
{{- $values := .Values -}}
{{- range $store := list "postgresql" "redis" -}}
  {{- $its := index $values $store -}}
  {{- if not (or $its.dev.enabled $its.existingSecret) -}}{{- fail (printf "%s.existingSecret: name the secret that says where it is, or set %s.dev.enabled for one of the chart's own" $store $store) -}}{{- end -}}
{{- end -}}
{{- with $values.kafka.topics -}}
  {{- if gt (int .minInsyncReplicas) (int .replicas) -}}{{- fail "kafka.topics.minInsyncReplicas: more than kafka.topics.replicas, so that nothing could be published" -}}{{- end -}}
{{- end -}}
{{- if and $values.kafka.manage $values.kafka.existingSecret -}}{{- fail "kafka.existingSecret: only where kafka.manage is false; otherwise Strimzi makes the passwords" -}}{{- end -}}
{{- if and $values.gateway.enabled (not $values.gateway.parentRefs) -}}{{- fail "gateway.parentRefs: name the gateway that the route belongs to" -}}{{- end -}}
{{- range $name, $component := $values.components -}}
  {{- include "throughline.componentChecks" (dict "root" $ "name" $name "component" (mustMergeOverwrite (deepCopy $values.defaults) (deepCopy $component))) -}}
{{- end -}}
{{- end -}}

{{- define "throughline.componentChecks" -}}
{{- $values := .root.Values -}}
{{- $component := .component -}}
{{- $path := printf "components.%s" .name -}}
{{- range $component.systems -}}
  {{- if not (hasKey $values.systems .) -}}{{- fail (printf "%s.systems: there is no system %s" $path .) -}}{{- end -}}
{{- end -}}
{{- range $component.calls -}}
  {{- if not (or (eq . "*") (hasKey $values.components .)) -}}{{- fail (printf "%s.calls: there is no component %s" $path .) -}}{{- end -}}
{{- end -}}
{{- if not $values.secrets.existingSecret -}}
  {{- range $variable, $key := $component.secrets -}}
    {{- if not (has $key $values.secrets.generated) -}}{{- fail (printf "%s.secrets.%s: %s is not in secrets.generated" $path $variable $key) -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- if and $component.kafka (not (.root.Files.Get (printf "kafka/%s.json" .name))) -}}
  {{- fail (printf "%s.kafka: the chart has no kafka/%s.json; scripts/generate-chart.ts makes it from the service's src/topics.ts" $path .name) -}}
{{- end -}}
{{- if and $component.kafka $values.kafka.manage -}}
  {{- $settings := (.root.Files.Get (printf "kafka/%s.json" .name) | fromJson).settings -}}
  {{- range $variable := keys ($component.env | default dict) | sortAlpha -}}
    {{- if has $variable $settings.rights -}}
      {{- fail (printf "%s.env.%s: the chart has users and topics for its default; where it is another, make them yourself (kafka.manage: false)" $path $variable) -}}
    {{- end -}}
    {{- if and (has $variable $settings.topics) (not (hasKey $component "topics")) -}}
      {{- fail (printf "%s.env.%s: topics follow from it, and the chart has those of its default: list the others in %s.topics, [] where none is missing (a service that misses one names it: TOPIC_MISSING)" $path $variable $path) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $scaling := $component.autoscaling -}}
{{- if gt (int $scaling.min) (int $scaling.max) -}}{{- fail (printf "%s.autoscaling.min: more than autoscaling.max" $path) -}}{{- end -}}
{{- if and (eq $scaling.by "lag") (not $component.kafka) -}}{{- fail (printf "%s.autoscaling.by: without kafka there is no lag to scale by" $path) -}}{{- end -}}
{{- $mostReplicas := ternary $component.replicas $scaling.max (eq $scaling.by "none") -}}
{{- if and (eq (dig "volume" "accessMode" "" $component) "ReadWriteOnce") (gt (int $mostReplicas) 1) -}}
  {{- fail (printf "%s.volume.accessMode: several replicas need ReadWriteMany" $path) -}}
{{- end -}}
{{- end -}}
