{{/* defaults gives values that were set to null what files/defaults.json has for them: the
   default of values.yaml for a group and for a single value, nothing for a list or an object. */}}
{{- define "webex-license-operator.defaults" -}}
{{- include "webex-license-operator.complete" (list .Values (.Files.Get "files/defaults.json" | fromJson)) -}}
{{- end -}}

{{- define "webex-license-operator.complete" -}}
{{- $values := index . 0 -}}
{{- range $key, $default := index . 1 -}}
{{- if kindIs "invalid" (index $values $key) -}}
{{- $_ := set $values $key $default -}}
{{- else if kindIs "map" $default -}}
{{- include "webex-license-operator.complete" (list (index $values $key) $default) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* prefix begins the names of all objects, as namePrefix does in config/default. The longest
   rest is -controller-manager-metrics, and a Service may have 63 characters: a letter first,
   then letters, digits and dashes. */}}
{{- define "webex-license-operator.prefix" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $prefix := default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) .Values.fullnameOverride -}}
{{- if not (regexMatch "^[a-z]" $prefix) -}}
{{- $prefix = printf "webex-license-operator-%s" .Release.Name -}}
{{- end -}}
{{- regexReplaceAll "-+$" (replace "." "-" $prefix | trunc 36) "" -}}
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
licensing.webex-operator.io/shard: {{ .shard | toYaml }}
{{- else -}}
app.kubernetes.io/component: manager
{{- end -}}
{{- end -}}

{{/* selectorLabels are those by which the Deployment of a shard knows its pods. They cannot
   change, and those of one Deployment must not fit the pods of another. */}}
{{- define "webex-license-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | toYaml }}
app.kubernetes.io/instance: {{ .root.Release.Name | toYaml }}
{{ include "webex-license-operator.componentLabels" . }}
{{- end -}}

{{/* podsLabels are what the pods of all shards have in common. */}}
{{- define "webex-license-operator.podsLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name | toYaml }}
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- if not .Values.shards }}
app.kubernetes.io/component: manager
{{- end }}
{{- end -}}

{{/* merge makes one of several sets of labels or annotations, so that no key is there twice:
   the last that has a key decides. */}}
{{- define "webex-license-operator.merge" -}}
{{- $all := dict -}}
{{- range . -}}
{{- range $key, $value := . -}}
{{- $_ := set $all $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* labels are those of an object of the chart, root: what all have, with own, which others
   select it by, and given, which a value has for this object alone. commonLabels may say
   otherwise of what nothing selects by. */}}
{{- define "webex-license-operator.labels" -}}
{{- $about := dict "app.kubernetes.io/part-of" .root.Chart.Name
  "app.kubernetes.io/version" (include "webex-license-operator.labelValue" .root.Chart.AppVersion)
  "helm.sh/chart" (include "webex-license-operator.labelValue" (printf "%s-%s" .root.Chart.Name .root.Chart.Version)) -}}
{{- $identity := dict "app.kubernetes.io/name" .root.Chart.Name
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- include "webex-license-operator.merge" (list $about .root.Values.commonLabels $identity .own .given) -}}
{{- end -}}

{{/* labelValue makes a version the value of a label. */}}
{{- define "webex-license-operator.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9]+$" (toString . | replace "+" "_" | trunc 63) "" -}}
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
  name: {{ include "webex-license-operator.serviceAccountName" . | toYaml }}
  namespace: {{ .Release.Namespace | toYaml }}
{{- end -}}

{{- define "webex-license-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* ownEnv are the environment variables that the chart sets. */}}
{{- define "webex-license-operator.ownEnv" -}}
- name: MEMORY_LIMIT_MIB
  valueFrom:
    resourceFieldRef:
      containerName: manager
      resource: limits.memory
      divisor: 1Mi
# MiB times a million bytes: 95 % of the limit. From there on Go collects garbage
# harder; the rest is for memory that it does not count. Follows the limit of resources.
- name: GOMEMLIMIT
  value: $(MEMORY_LIMIT_MIB)000000
{{- if or .Values.extraCA.configMap .Values.extraCA.secret }}
# Go reads each file of these directories, besides the bundle of the image.
- name: SSL_CERT_DIR
  value: /etc/ssl/certs:/etc/webex-license-operator/ca
{{- end }}
{{- end -}}

{{/* env is that of the manager. A variable of extraEnv takes the place of the chart's own, so
   that variables which name it still find it above them. */}}
{{- define "webex-license-operator.env" -}}
{{- $given := dict -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $given .name -}}
{{- fail (printf "extraEnv: %s is there twice: leave one" .name) -}}
{{- end -}}
{{- $_ := set $given .name . -}}
{{- end -}}
{{- if and (hasKey $given "SSL_CERT_DIR") (or .Values.extraCA.configMap .Values.extraCA.secret) -}}
{{- fail "extraEnv: SSL_CERT_DIR is what extraCA sets: use one of them" -}}
{{- end -}}
{{- $env := list -}}
{{- range include "webex-license-operator.ownEnv" . | fromYamlArray -}}
{{- $env = append $env (get $given .name | default .) -}}
{{- $_ := unset $given .name -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $given .name -}}
{{- $env = append $env . -}}
{{- end -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}

{{/* rules of a role of config/rbac, of which files/rbac has copies. */}}
{{- define "webex-license-operator.rules" -}}
{{- $role := .root.Files.Get (printf "files/rbac/%s.yaml" .file) | fromYaml -}}
rules:
{{ toYaml $role.rules }}
{{- end -}}

{{/* scheduleWaits is "true" where a cluster is asked and does not know the kind of the default
   schedule yet: Helm creates no object of a kind that comes with the same installation. What is
   rendered without a cluster, which knows groups and no kinds, has it. */}}
{{- define "webex-license-operator.scheduleWaits" -}}
{{- $known := .Capabilities.APIVersions -}}
{{- and .Values.defaultSchedule.enabled ($known.Has "v1/Pod") (not ($known.Has "licensing.webex-operator.io/v1alpha1/LicenseSyncSchedule")) -}}
{{- end -}}
