{{- define "throughline.scaleTarget" -}}
apiVersion: apps/v1
kind: Deployment
name: {{ include "throughline.name" (list .root .name) }}
{{- end -}}

{{- define "throughline.cpuScaler" -}}
{{- $autoscaling := .component.autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    {{- include "throughline.scaleTarget" . | nindent 4 }}
  minReplicas: {{ $autoscaling.min }}
  maxReplicas: {{ $autoscaling.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ $autoscaling.targetCpuPercent }} }
{{- end -}}

{{/*
More members do not help a group whose breaker is open: what its handlers depend on is away. As many as there are stay then, each with the
lag that one is meant to have. Without an answer from Prometheus nothing changes either, where KEDA's default takes that for no lag.
*/}}
{{- define "throughline.lagScaler" -}}
{{- $autoscaling := .component.autoscaling -}}
{{- $groups := list -}}
{{- range (.root.Files.Get (printf "kafka/%s.json" .name) | fromJson).groups -}}{{- $groups = append $groups . -}}{{- end -}}
{{- $selector := printf `{namespace="%s",messaging_consumer_group_name=~"%s"}` .root.Release.Namespace (join "|" $groups) -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    {{- include "throughline.scaleTarget" . | nindent 4 }}
  minReplicaCount: {{ $autoscaling.min }}
  maxReplicaCount: {{ $autoscaling.max }}
  triggers:
    - type: prometheus
      metadata:
        serverAddress: {{ $autoscaling.prometheusAddress }}
        threshold: {{ $autoscaling.targetLag | quote }}
        ignoreNullValues: "false"
        query: >-
          {{ $autoscaling.targetLag }} * count(count by (instance) (consumer_in_flight_records{{ $selector }}))
          and max(consumer_breaker_open{{ $selector }}) > 0
          or sum(consumer_lag_records{{ $selector }})
{{- end -}}
