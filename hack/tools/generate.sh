#!/usr/bin/env bash
# Writes all generated files.
#
#   hack/tools/generate.sh            write them
#   hack/tools/generate.sh --verify   the same, and fail if that changed one of them
#
# What counts is the state before the call, not the last commit: a tree with changes that
# are not committed yet passes as long as its generated files fit the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# All that is written here.
generated="api/v1alpha1/zz_generated.deepcopy.go api/v1alpha1/applyconfiguration config/crd/bases config/rbac/role.yaml docs/api-reference.md docs/reasons.md config/grafana headlamp/src/api/types.ts
	charts/webex-license-operator/files charts/webex-license-operator/README.md charts/webex-license-operator/values.schema.json"

# list prints a checksum and a name per generated file.
list() {
	local path
	for path in $generated; do
		[ ! -e "$path" ] || find "$path" -type f
	done | LC_ALL=C sort | while read -r path; do
		echo "$(git hash-object --no-filters "$path") $path"
	done
}

generate() {
	local header=hack/boilerplate.go.txt began
	mkdir -p bin config/crd/bases config/rbac docs headlamp/src/api
	began=$(mktemp bin/.generate.XXXXXX)
	# shellcheck disable=SC2064 # the name as it is now
	trap "rm -f '$began'" EXIT

	go tool controller-gen "object:headerFile=$header" "paths=./api/..."
	go tool controller-gen "applyconfiguration:headerFile=$header" "paths=./api/..."
	go tool controller-gen crd "paths=./api/..." output:crd:dir=config/crd/bases
	go run ./hack/strictcrds config/crd/bases/*.yaml
	if [ -d controllers ]; then
		go tool controller-gen rbac:roleName=manager-role "paths=./controllers/..." output:rbac:dir=config/rbac
	fi
	hack/tools/build.sh crd-ref-docs
	bin/tools/crd-ref-docs --source-path=api --config=hack/tools/crd-ref-docs.yaml --templates-dir=hack/tools/crd-ref-docs \
		--renderer=markdown --output-path=docs/api-reference.md --log-level=ERROR

	go run ./hack/reasons api/v1alpha1 docs/reasons.md

	go run ./hack/webtypes config/crd/bases api/v1alpha1 headlamp/src/api/types.ts

	go run ./hack/dashboards -grafana config/grafana

	# The generators write every file anew, so an older one belongs to a kind that is gone.
	find config/crd/bases api/v1alpha1/applyconfiguration -type f ! -newer "$began" -exec rm {} +
	chart
}

# chart gives the Helm chart copies of what it has in common with config/: a chart can read
# files of its own directory only.
chart() {
	local chart=charts/webex-license-operator
	rm -rf "$chart/files"
	mkdir -p "$chart/files/admission" "$chart/files/crds" "$chart/files/dashboards" "$chart/files/rbac"
	cp config/admission/written_by_operator_*.yaml "$chart/files/admission/"
	cp config/crd/bases/*.yaml "$chart/files/crds/"
	cp config/grafana/*.json "$chart/files/dashboards/"
	cp config/rbac/*role.yaml "$chart/files/rbac/"
	cp config/prometheus/prometheusrule.yaml "$chart/files/"
	cp config/network-policy/manager.yaml "$chart/files/networkpolicy.yaml"
	go run ./hack/chartdocs "$chart"
}

if [ "${1:-}" != --verify ]; then
	generate
	exit 0
fi
before=$(list)
generate
after=$(list)
if [ "$before" != "$after" ]; then
	{
		echo "These generated files were out of date (< as found, > as generated):"
		diff <(echo "$before") <(echo "$after") | sed -n 's/^\([<>]\) [0-9a-f]* /  \1 /p'
		echo "They are right now. Look at them, commit them, and call make verify again."
	} >&2
	exit 1
fi
