package chart

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// examples has an example of each value: what changes in what is rendered.
var examples = map[string]struct {
	given string // other values that it needs to have an effect
	set   string
	adds  []string // is in what is rendered with it, and not without it
	takes []string // the other way round
}{
	"nameOverride":                  {set: "nameOverride: other", adds: []string{"name: webex-license-operator-other-controller-manager"}},
	"fullnameOverride":              {set: "fullnameOverride: licences", adds: []string{"name: licences-controller-manager", "name: licences-manager-role"}, takes: []string{"webex-license-operator-controller-manager"}},
	"commonLabels":                  {set: "commonLabels: {team: voice}", adds: []string{"team: voice"}},
	"image.repository":              {set: "image: {repository: registry.example.com/operator}", adds: []string{`image: "registry.example.com/operator:dev"`}},
	"image.tag":                     {set: "image: {tag: v1.2.3}", adds: []string{`image: "webex-license-operator:v1.2.3"`}},
	"image.digest":                  {set: "image: {tag: v1.2.3, digest: " + digest + "}", adds: []string{`image: "webex-license-operator@` + digest + `"`}},
	"image.pullPolicy":              {set: "image: {pullPolicy: Always}", adds: []string{"imagePullPolicy: Always"}},
	"imagePullSecrets":              {set: "imagePullSecrets: [{name: registry}]", adds: []string{"imagePullSecrets:\n        - name: registry"}},
	"crds.enabled":                  {set: "crds: {enabled: false}", takes: []string{"kind: CustomResourceDefinition"}},
	"crds.keep":                     {set: "crds: {keep: false}", takes: []string{"helm.sh/resource-policy: keep"}},
	"watchNamespaces":               {set: "watchNamespaces: [a, b]", adds: []string{"--watch-namespaces=a,b", "namespace: a", "namespace: b"}, takes: []string{"kind: ClusterRole\n  name: webex-license-operator-manager-role"}},
	"allowedAPIHosts":               {set: "allowedAPIHosts: [a.example.com, 'b.example.com:8443']", adds: []string{"--allowed-api-hosts=a.example.com,b.example.com:8443"}},
	"allowedProxyHosts":             {set: "allowedProxyHosts: [proxy.example.com]", adds: []string{"--allowed-proxy-hosts=proxy.example.com"}},
	"assignment.enabled":            {set: "assignment: {enabled: true}", adds: []string{"- --enable-assignment\n"}},
	"extraCA.configMap":             {set: "extraCA: {configMap: roots}", adds: []string{"configMap:\n          name: roots", "value: /etc/ssl/certs:/etc/webex-license-operator/ca", "mountPath: /etc/webex-license-operator/ca"}},
	"extraCA.secret":                {set: "extraCA: {secret: roots}", adds: []string{"secretName: roots", "value: /etc/ssl/certs:/etc/webex-license-operator/ca", "mountPath: /etc/webex-license-operator/ca"}},
	"rbac.create":                   {set: "rbac: {create: false}", takes: []string{"kind: ClusterRoleBinding", "kind: RoleBinding", "kind: Role\n"}},
	"rbac.aggregatedRoles":          {set: "rbac: {aggregatedRoles: false}", takes: []string{"aggregate-to-view", "name: webex-license-operator-webexlicense-admin-role"}},
	"serviceAccount.create":         {set: "serviceAccount: {create: false}", adds: []string{"serviceAccountName: default"}, takes: []string{"kind: ServiceAccount\nmetadata"}},
	"serviceAccount.name":           {set: "serviceAccount: {name: voice}", adds: []string{"serviceAccountName: voice", "kind: ServiceAccount\nmetadata:\n  name: voice", "- kind: ServiceAccount\n  name: voice"}},
	"serviceAccount.annotations":    {set: "serviceAccount: {annotations: {example.com/role: reader}}", adds: []string{"example.com/role: reader"}},
	"defaultSchedule.enabled":       {given: "watchNamespaces: [a, b]", set: "{watchNamespaces: [a, b], defaultSchedule: {enabled: true}}", adds: []string{"kind: LicenseSyncSchedule\nmetadata:\n  name: webex-license-operator-default\n  namespace: a\n", "  name: webex-license-operator-default\n  namespace: b\n", "operator: NotIn\n      values:\n      - none\n"}},
	"defaultSchedule.namespaces":    {set: "defaultSchedule: {enabled: true, namespaces: [c]}", adds: []string{"name: webex-license-operator-default\n  namespace: c\n", `schedule: 0 1 * * *`, "spreadSeconds: 10800"}},
	"defaultSchedule.schedule":      {given: "defaultSchedule: {enabled: true, namespaces: [c]}", set: "defaultSchedule: {enabled: true, namespaces: [c], schedule: '@weekly'}", adds: []string{`schedule: '@weekly'`}},
	"defaultSchedule.timeZone":      {given: "defaultSchedule: {enabled: true, namespaces: [c]}", set: "defaultSchedule: {enabled: true, namespaces: [c], timeZone: Europe/Berlin}", adds: []string{"timeZone: Europe/Berlin"}},
	"defaultSchedule.spreadSeconds": {given: "defaultSchedule: {enabled: true, namespaces: [c]}", set: "defaultSchedule: {enabled: true, namespaces: [c], spreadSeconds: 0}", adds: []string{"spreadSeconds: 0\n"}},
	"replicas":                      {set: "replicas: 3", adds: []string{"replicas: 3"}},
	"shards":                        {set: "shards: [a, b]", adds: []string{"--shard-name=rest", "/shard notin (a,b)\n", "/shard=b\n", "name: webex-license-operator-controller-manager-b\n"}},
	"leaderElection.enabled":        {given: "replicas: 1", set: "{replicas: 1, leaderElection: {enabled: false}}", adds: []string{"type: Recreate"}, takes: []string{"--leader-elect", "leader-election-role"}},
	"extraArgs":                     {set: "extraArgs: [--webex-qps=10]", adds: []string{`- "--webex-qps=10"`}},
	"extraVolumes":                  {set: `{extraVolumes: [{name: zones, hostPath: {path: /usr/share/zoneinfo}}], extraVolumeMounts: [{name: zones, mountPath: /usr/share/zoneinfo}]}`, adds: []string{"- hostPath:\n          path: /usr/share/zoneinfo\n        name: zones"}},
	"extraVolumeMounts":             {set: `{extraVolumes: [{name: zones, emptyDir: {}}], extraVolumeMounts: [{name: zones, mountPath: /zones}]}`, adds: []string{"- mountPath: /zones\n          name: zones"}},
	"extraEnv":                      {set: `extraEnv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]`, adds: []string{"name: HTTPS_PROXY\n          value: http://proxy:3128"}},
	"resources":                     {set: "resources: {limits: {memory: 1Gi}}", adds: []string{"memory: 1Gi"}, takes: []string{"memory: 512Mi"}},
	"podSecurityContext":            {set: "podSecurityContext: {seccompProfile: null, runAsUser: 1000}", adds: []string{"runAsUser: 1000"}, takes: []string{"type: RuntimeDefault"}},
	"securityContext":               {set: "securityContext: {runAsUser: 1000}", adds: []string{"runAsUser: 1000"}},
	"podLabels":                     {set: "podLabels: {team: voice}", adds: []string{"team: voice"}},
	"podAnnotations":                {set: "podAnnotations: {team: voice}", adds: []string{"team: voice"}},
	"deploymentAnnotations":         {set: "deploymentAnnotations: {team: voice}", adds: []string{"team: voice"}},
	"priorityClassName":             {set: "priorityClassName: important", adds: []string{"priorityClassName: important"}},
	"nodeSelector":                  {set: "nodeSelector: {zone: a}", adds: []string{"zone: a"}},
	"tolerations":                   {set: "tolerations: [{operator: Exists}]", adds: []string{"tolerations:\n        - operator: Exists"}},
	"affinity":                      {set: "affinity: {nodeAffinity: {}}", adds: []string{"nodeAffinity: {}"}},
	"topologySpreadConstraints": {
		set:   "topologySpreadConstraints: [{maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {mine: here}}}]",
		adds:  []string{"maxSkew: 2", "topologyKey: zone", "mine: here"},
		takes: []string{"topologyKey: kubernetes.io/hostname"},
	},
	"podDisruptionBudget.enabled":        {set: "podDisruptionBudget: {enabled: false}", takes: []string{"kind: PodDisruptionBudget"}},
	"podDisruptionBudget.maxUnavailable": {set: "podDisruptionBudget: {maxUnavailable: 50%}", adds: []string{"maxUnavailable: 50%"}},
	"metrics.enabled":                    {set: "metrics: {enabled: false}", adds: []string{"--metrics-bind-address=0"}, takes: []string{"kind: Service\n", "metrics-auth-role", "containerPort: 8443"}},
	"metrics.secure":                     {set: "metrics: {secure: false}", adds: []string{"--metrics-secure=false", "- name: http\n"}, takes: []string{"metrics-auth-role", "metrics-reader"}},
	"metrics.certificateSecret": {
		given: "metrics: {serviceMonitor: {enabled: true}}",
		set:   "metrics: {serviceMonitor: {enabled: true}, certificateSecret: metrics-tls}",
		adds: []string{
			"--metrics-cert-dir=/etc/webex-license-operator/metrics", "mountPath: /etc/webex-license-operator/metrics", "secretName: metrics-tls",
			"name: metrics-tls\n          key: ca.crt", "serverName: webex-license-operator-controller-manager-metrics." + namespace + ".svc",
		},
		takes: []string{"insecureSkipVerify"},
	},
	"metrics.serviceMonitor.enabled":  {set: "metrics: {serviceMonitor: {enabled: true}}", adds: []string{"kind: ServiceMonitor"}},
	"metrics.serviceMonitor.labels":   {given: "metrics: {serviceMonitor: {enabled: true}}", set: "metrics: {serviceMonitor: {enabled: true, labels: {release: prom}}}", adds: []string{"release: prom"}},
	"metrics.serviceMonitor.interval": {given: "metrics: {serviceMonitor: {enabled: true}}", set: "metrics: {serviceMonitor: {enabled: true, interval: 1m}}", adds: []string{"interval: 1m"}},
	"metrics.serviceMonitor.tokenSecret": {
		given: "metrics: {serviceMonitor: {enabled: true}}",
		set:   "metrics: {serviceMonitor: {enabled: true, tokenSecret: prometheus-token}}",
		adds:  []string{"authorization:\n      credentials:\n        name: prometheus-token\n        key: token"},
		takes: []string{"bearerTokenFile"},
	},
	"alerts.enabled":            {set: "alerts: {enabled: true}", adds: []string{"kind: PrometheusRule", "{{ $labels.namespace }}"}},
	"alerts.labels":             {given: "alerts: {enabled: true}", set: "alerts: {enabled: true, labels: {release: prom}}", adds: []string{"release: prom"}},
	"dashboards.enabled":        {set: "dashboards: {enabled: true}", adds: []string{"name: webex-license-operator-dashboard-fleet", "webex-licenses-fleet.json: |\n    {\n"}},
	"dashboards.labels":         {given: "dashboards: {enabled: true}", set: "dashboards: {enabled: true, labels: {board: mine}}", adds: []string{"board: mine"}},
	"dashboards.annotations":    {given: "dashboards: {enabled: true}", set: "dashboards: {enabled: true, annotations: {grafana_folder: Voice}}", adds: []string{"grafana_folder: Voice"}},
	"networkPolicy.enabled":     {set: "networkPolicy: {enabled: true}", adds: []string{"kind: NetworkPolicy"}},
	"networkPolicy.metricsFrom": {given: "networkPolicy: {enabled: true}", set: "networkPolicy: {enabled: true, metricsFrom: [{podSelector: {}}]}", adds: []string{"- from:\n      - podSelector: {}"}},
	"networkPolicy.extraEgress": {given: "networkPolicy: {enabled: true}", set: "networkPolicy: {enabled: true, extraEgress: [{ports: [{port: 3128}]}]}", adds: []string{"port: 3128"}},
	"admissionPolicy.enabled":   {set: "admissionPolicy: {enabled: true}", adds: []string{"kind: ValidatingAdmissionPolicy\n", "kind: ValidatingAdmissionPolicyBinding", "name: webex-license-operator-operators"}},
	"admissionPolicy.operators": {given: "admissionPolicy: {enabled: true}", set: "admissionPolicy: {enabled: true, operators: [someone]}", adds: []string{"controller-manager\n    someone\n"}},
}

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// Each value has an effect, and the one that it is meant to have.
func TestEachValueHasAUse(t *testing.T) {
	t.Parallel()
	documented := valueNames(t)
	if want := slices.Sorted(maps.Keys(examples)); !slices.Equal(documented, want) {
		t.Errorf("values.yaml has the values\n%q\nthere are examples of\n%q", documented, want)
	}
	helm := newHelm(t, "")
	usual := helm.template(t, "")
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			without := usual
			if example.given != "" {
				without = helm.template(t, example.given)
			}
			with := helm.template(t, example.set)
			if len(example.adds)+len(example.takes) == 0 {
				t.Error("the example does not say what changes")
			}
			for _, text := range example.adds {
				if strings.Contains(without, text) || !strings.Contains(with, text) {
					t.Errorf("%s should bring %q", example.set, text)
				}
			}
			for _, text := range example.takes {
				if !strings.Contains(without, text) || strings.Contains(with, text) {
					t.Errorf("%s should take %q away", example.set, text)
				}
			}
		})
	}
}

// The templates use no value that values.yaml does not have.
func TestEachUsedValueIsDocumented(t *testing.T) {
	t.Parallel()
	documented := valueNames(t)
	used := regexp.MustCompile(`\.Values((?:\.\w+)+)`)
	found := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(chart, "templates"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		template, err := os.ReadFile(path)
		for _, match := range used.FindAllStringSubmatch(string(template), -1) {
			name := strings.TrimPrefix(match[1], ".")
			found[name] = true
			if !slices.Contains(documented, name) {
				t.Errorf("%s uses the value %s, which values.yaml does not have", path, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < len(documented) {
		t.Errorf("%d values are used, %d are documented", len(found), len(documented))
	}
}

// Wrong values are refused, with a message that names them.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	helm := newHelm(t, "")
	for values, want := range map[string]string{
		"replica: 2":                                      "'replica' not allowed",
		"metrics: {service: true}":                        "'service' not allowed",
		"replicas: -1":                                    "/replicas",
		"replicas: two":                                   "/replicas",
		"watchNamespaces: team-a":                         "/watchNamespaces",
		"watchNamespaces: [Team]":                         "/watchNamespaces/0",
		"watchNamespaces: [a, a]":                         "/watchNamespaces",
		"allowedAPIHosts: ['a,b']":                        "/allowedAPIHosts/0",
		"allowedProxyHosts: ['http://proxy.example.com']": "/allowedProxyHosts/0",
		"image: {digest: 'sha256:0123'}":                  "/image/digest",
		"image: {pullPolicy: Sometimes}":                  "/image/pullPolicy",
		"fullnameOverride: " + strings.Repeat("a", 37):    "/fullnameOverride",
		"podLabels: {a: 1}":                               "/podLabels/a",
		"extraArgs: [leader-elect]":                       "/extraArgs/0",
		"extraEnv: [{value: x}]":                          "/extraEnv/0",
		"extraEnv: [{name: X, value: 1}]":                 "/extraEnv/0/value",
		"extraEnv: [{name: X}, {name: X}]":                "extraEnv: X is there twice",
		"fullnameOverride: 1a":                            "/fullnameOverride",
		"nameOverride: Webex":                             "/nameOverride",
		"podDisruptionBudget: {maxUnavailable: few}":      "/podDisruptionBudget/maxUnavailable",

		"defaultSchedule: {enabled: true}":                                          "set defaultSchedule.namespaces",
		"defaultSchedule: {enabled: true, namespaces: [Team]}":                      "/defaultSchedule/namespaces/0",
		"defaultSchedule: {schedule: ''}":                                           "/defaultSchedule/schedule",
		"defaultSchedule: {schedule: 0 1 * *}":                                      "/defaultSchedule/schedule",
		"defaultSchedule: {spreadSeconds: 86401}":                                   "/defaultSchedule/spreadSeconds",
		"{watchNamespaces: [a], defaultSchedule: {enabled: true, namespaces: [b]}}": "b is not watched",

		"{extraCA: {configMap: roots}, extraEnv: [{name: SSL_CERT_DIR, value: /x}]}": "SSL_CERT_DIR is what extraCA sets",
		"metrics: {serviceMonitor: {interval: soon}}":                                "/metrics/serviceMonitor/interval",
		"leaderElection: {enabled: false}":                                           "several pods need leaderElection.enabled",
		"extraCA: {configMap: a, secret: b}":                                         "set one of configMap and secret",
		"shards: a":                                                                  "/shards",
		"shards: [A]":                                                                "/shards/0",
		"shards: [1]":                                                                "/shards/0",
		"shards: [a, a]":                                                             "/shards",
		"shards: [rest]":                                                             `"rest" is what customers are in that no shard has`,
		"shards: [" + strings.Repeat("a", 22) + "]":                                  "has 64 characters",

		"{shards: [a], replicas: 1, leaderElection: {enabled: false}}": "shards: need leaderElection.enabled",
		"{shards: [a], extraArgs: [--watch-label-selector=a=b]}":       "with shards the chart itself sets",
	} {
		t.Run(values, func(t *testing.T) {
			t.Parallel()
			_, err := helm.run(t.Context(), values, "template", release, chart)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		})
	}
}

// The linter finds nothing in the chart with the defaults and with each of its examples.
func TestLint(t *testing.T) {
	t.Parallel()
	helm := newHelm(t, "")
	examples, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	if err != nil || len(examples) < 2 {
		t.Fatalf("examples %v, %v", examples, err)
	}
	for _, name := range append(examples, filepath.Join(chart, "values.yaml")) {
		out, err := helm.run(t.Context(), "", "lint", "--strict", chart, "--values="+name)
		if err != nil || !strings.Contains(out, "0 chart(s) failed") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// valueNames are the dotted names of all values, sorted: what values.schema.json describes.
func valueNames(t *testing.T) []string {
	t.Helper()
	var names []string
	schema(t).walk("", func(name string, _ property) { names = append(names, name) })
	slices.Sort(names)
	return names
}

func schema(t *testing.T) (root property) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(chart, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

type property struct {
	Description          string              `json:"description"`
	Properties           map[string]property `json:"properties"`
	Type                 []string            `json:"type"`
	Pattern              string              `json:"pattern"`
	Enum                 []any               `json:"enum"`
	AdditionalProperties json.RawMessage     `json:"additionalProperties"`
	Items                json.RawMessage     `json:"items"`
}

func (p property) walk(path string, visit func(name string, value property)) {
	for key, child := range p.Properties {
		if child.Description != "" {
			visit(path+key, child)
			continue
		}
		child.walk(path+key+".", visit)
	}
}
