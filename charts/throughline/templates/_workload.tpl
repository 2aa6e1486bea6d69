{{/*
Everything that one component is. (dict "root" $ "name" name "component" component)
*/}}
{{- define "throughline.workload" -}}
{{- include "throughline.serviceAccount" . }}
---
{{ include "throughline.deployment" . }}
---
{{ include "throughline.service" . }}
---
{{ include "throughline.disruptionBudget" . }}
{{- with .component.volume }}
---
{{ include "throughline.volumeClaim" $ }}
{{- end }}
{{- if eq .component.autoscaling.by "cpu" }}
---
{{ include "throughline.cpuScaler" . }}
{{- else if eq .component.autoscaling.by "lag" }}
---
{{ include "throughline.lagScaler" . }}
{{- end }}
{{- end -}}

{{- define "throughline.metadata" -}}
name: {{ include "throughline.name" (list .root .name) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "throughline.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "throughline.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{- define "throughline.deployment" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $hasOneWriter := eq (dig "volume" "accessMode" "" $component) "ReadWriteOnce" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  {{- if eq $component.autoscaling.by "none" }}
  replicas: {{ $component.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "throughline.selector" (list $root .name) | nindent 6 }}
  strategy:
    {{- if $hasOneWriter }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
    {{- end }}
  template:
    metadata:
      labels:
        {{- include "throughline.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .name }}
      annotations:
        checksum/environment: {{ include "throughline.environment" . | sha256sum }}
        {{- with $component.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "throughline.name" (list $root .name) }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ add $component.preStopSeconds $component.terminationGraceSeconds }}
      securityContext:
        {{- include "throughline.podSecurity" $root | nindent 8 }}
        runAsUser: 1000
        runAsGroup: 1000
        fsGroup: 1000
        fsGroupChangePolicy: OnRootMismatch
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "throughline.selector" (list $root .name) | nindent 14 }}
      {{- with $component.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $component.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "throughline.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ $component.entry | quote }}]
          securityContext:
            {{- include "throughline.containerSecurity" $root | nindent 12 }}
          ports:
            - { name: http, containerPort: 8080 }
            - { name: ops, containerPort: 9090 }
          env:
            {{- include "throughline.environment" . | nindent 12 }}
          # Not readiness: nothing restarts a service because a store is away.
          startupProbe:
            httpGet: { path: /livez, port: ops }
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 30
          readinessProbe:
            httpGet: { path: /readyz, port: ops }
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          livenessProbe:
            httpGet: { path: /livez, port: ops }
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          {{- with $component.preStopSeconds }}
          lifecycle:
            preStop: { sleep: { seconds: {{ . }} } }
          {{- end }}
          resources:
            {{- toYaml $component.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            {{- if $component.kafka }}
            {{- include "throughline.kafkaMounts" . | nindent 12 }}
            {{- end }}
            {{- if $component.caSecret }}
            - { name: extra-ca, mountPath: /etc/extra-ca, readOnly: true }
            {{- end }}
            {{- with $component.volume }}
            - { name: data, mountPath: {{ .path }} }
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 64Mi }
        {{- if $component.kafka }}
        {{- include "throughline.kafkaVolumes" . | nindent 8 }}
        {{- end }}
        {{- with $component.caSecret }}
        - name: extra-ca
          secret:
            secretName: {{ . }}
            items: [{ key: ca.crt, path: ca.crt }]
        {{- end }}
        {{- if $component.volume }}
        - name: data
          persistentVolumeClaim:
            claimName: {{ include "throughline.name" (list $root .name) }}
        {{- end }}
{{- end -}}

{{- define "throughline.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  {{- if .component.nodePort }}
  type: NodePort
  {{- end }}
  selector:
    {{- include "throughline.selector" (list .root .name) | nindent 4 }}
  ports:
    - { name: http, port: 8080, targetPort: http{{ with .component.nodePort }}, nodePort: {{ . }}{{ end }} }
    - { name: ops, port: 9090, targetPort: ops }
{{- end -}}

{{- define "throughline.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  # A drain must not wait for ever for the only replica.
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "throughline.selector" (list .root .name) | nindent 6 }}
{{- end -}}

{{- define "throughline.volumeClaim" -}}
{{- $volume := .component.volume -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
  {{- with include "throughline.keepAnnotation" .root }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  accessModes: [{{ $volume.accessMode }}]
  {{- with $volume.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ $volume.size }}
{{- end -}}
