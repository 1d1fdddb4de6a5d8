{{/* prefix begins the names of all objects, as namePrefix does in config/default. The longest
   rest is -controller-manager-metrics, and a Service may have 63 characters. */}}
{{- define "webex-license-operator.prefix" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 36 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 36 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* deploymentName is the name of the Deployment of a shard. The shard "" is the rest of the
   customers, which without shards are all. */}}
{{- define "webex-license-operator.deploymentName" -}}
{{- $name := printf "%s-controller-manager" (include "webex-license-operator.prefix" .root) -}}
{{- if .shard -}}
{{- $name = printf "%s-%s" $name .shard -}}
{{- end -}}
{{- if gt (len $name) 63 -}}
{{- fail (printf "shards: with the shard %q the name %s has %d characters: give the shard, or the release by fullnameOverride, a name that makes it 63 at most" .shard $name (len $name)) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* componentLabels tell the Deployments, and what belongs to one of them, apart. */}}
{{- define "webex-license-operator.componentLabels" -}}
{{- if .shard -}}
app.kubernetes.io/component: shard
licensing.webex-operator.io/shard: {{ .shard | quote }}
{{- else -}}
app.kubernetes.io/component: manager
{{- end -}}
{{- end -}}

{{/* selectorLabels are those by which the Deployment of a shard knows its pods. They cannot
   change, and those of one Deployment must not fit the pods of another. */}}
{{- define "webex-license-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{ include "webex-license-operator.componentLabels" . }}
{{- end -}}

{{/* podsLabels are what the pods of all shards have in common. */}}
{{- define "webex-license-operator.podsLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- if not .Values.shards }}
app.kubernetes.io/component: manager
{{- end }}
{{- end -}}

{{/* labels are those of all objects. */}}
{{- define "webex-license-operator.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "webex-license-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (printf "%s-controller-manager" (include "webex-license-operator.prefix" .)) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* subjects of the operator's bindings. */}}
{{- define "webex-license-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "webex-license-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{- define "webex-license-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* rules of a role of config/rbac, of which files/rbac has copies. */}}
{{- define "webex-license-operator.rules" -}}
{{- $role := .root.Files.Get (printf "files/rbac/%s.yaml" .file) | fromYaml -}}
rules:
{{ toYaml $role.rules }}
{{- end -}}
