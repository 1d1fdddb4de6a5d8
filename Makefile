# What to do with this repository. It needs Go, make (GNU make 3.81 or newer) and git; all
# else is built from Go modules into bin/, once.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# Recipes are sequences of steps that use both cores anyway, and the targets that they call
# write into the same directories.
.NOTPARALLEL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# Pure Go: the requirements do not include a C compiler. The race detector needs one.
export CGO_ENABLED ?= 0
RACE ?=
ifneq ($(filter-out 0 false no,$(RACE)),)
export CGO_ENABLED := 1
race := -race
endif

# Whether a switch is on.
on = $(filter-out 0 false no,$(1))

# Where envtest and test/controlplane find etcd and kube-apiserver. Only the recipes that
# need it export it, because build.sh asks whether the caller has set it.
ASSETS := $(if $(KUBEBUILDER_ASSETS),$(KUBEBUILDER_ASSETS),$(CURDIR)/bin/controlplane)

build_flags := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

##@ Try it

.PHONY: help
help: ## Show this text.
	@awk 'BEGIN { FS = ":.*## "; print "make TARGET [VARIABLE=value]" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## Show the operator with a simulated Webex, in a cluster of its own or, with CLUSTER=current, in that of kubectl. ONCE=1 leaves after printing; YES=1 does not ask; WEB=1 serves the licences to a browser.
	@$(if $(CLUSTER),,hack/controlplane/build.sh etcd kube-apiserver kube-controller-manager kubectl)
	@go build -o bin/run-demo ./hack/demo
	@exec env $(if $(CLUSTER),,KUBEBUILDER_ASSETS='$(ASSETS)') bin/run-demo -cluster='$(CLUSTER)' $(if $(call on,$(ONCE)),-once) $(if $(call on,$(YES)),-yes) $(if $(call on,$(WEB)),-web='$(CURDIR)/bin/headlamp/host')

.PHONY: e2e
e2e: bin/tools/helm ## Install the chart, add a customer, upgrade, uninstall; the rows are still there.
	@hack/controlplane/build.sh etcd kube-apiserver kube-controller-manager kubectl
	@go build -o bin/run-e2e ./hack/e2e
	@exec env KUBEBUILDER_ASSETS='$(ASSETS)' bin/run-e2e

##@ Work on it

# Tests that depend on one of these start an API server.
servers := /test/controlplane|/pkg/envtest
dependencies = go list -test -f '{{.ImportPath}}|{{join .Deps " "}}' $(1) | grep -F '.test|'

.PHONY: test
ifeq ($(PKG),)
test: controlplane bin/tools/helm ## Run all tests against a real API server, or those of PKG="./internal/rows ./controllers". RACE=1 adds the race detector (needs a C compiler).
	@# Reconcilers read the caches without copies: a change of what is in one ends the tests.
	KUBEBUILDER_ASSETS='$(ASSETS)' KUBE_CACHE_MUTATION_DETECTOR=true go test -timeout 20m $(race) $(TESTFLAGS) ./...
	@# What these read is outside of their module, where Go's cache of results does not look.
	cd test/alerts && go test -count=1 $(TESTFLAGS) ./...
	cd test/kubestatemetrics && go test -count=1 $(TESTFLAGS) ./...
else
test:
	@if $(call dependencies,$(PKG)) | grep -qE '$(servers)'; then hack/controlplane/build.sh && hack/tools/build.sh helm; fi
	KUBEBUILDER_ASSETS='$(ASSETS)' KUBE_CACHE_MUTATION_DETECTOR=true go test -timeout 20m $(race) $(TESTFLAGS) $(PKG)
endif

.PHONY: test-fast
test-fast: ## Run the tests that need neither an API server nor the whole operator, in about a minute.
	@packages=$$($(call dependencies,./...) | grep -vE '$(servers)|/webex-license-operator/controllers( |$$)' | sed 's/\.test|.*//') && \
		env -u KUBEBUILDER_ASSETS KUBE_CACHE_MUTATION_DETECTOR=true go test $(race) $(TESTFLAGS) $$packages

.PHONY: alerts
alerts: ## Run the unit tests of the alerts. Needs promtool, which packages called prometheus have.
	promtool check rules test/alerts/rules.yaml
	promtool test rules test/alerts/rules_test.yaml test/alerts/trend_test.yaml

# Debian's package of that name has it; its service need not run.
PROMETHEUS ?= prometheus

.PHONY: prometheus
prometheus: controlplane ## Let each alert fire and resolve under a real Prometheus, PROMETHEUS, at 150 times the speed.
	KUBEBUILDER_ASSETS='$(ASSETS)' PROMETHEUS="$$(command -v '$(PROMETHEUS)')" go test $(race) -count=1 -timeout 15m $(TESTFLAGS) ./test/prometheus/...

.PHONY: browser
browser: ## Look at the pages of kubectl webex report in a headless browser. Needs chromium; CHROMIUM=path names another.
	@rm -rf bin/pages
	go run ./cmd/kubectl-webex/internal/report/samples bin/pages
	cd test/browser && go test -count=1 $(TESTFLAGS) . -pages '$(CURDIR)/bin/pages' -chromium '$(or $(CHROMIUM),chromium)'

# The short forms of both are part of make test.
.PHONY: soak
soak: controlplane ## Run the long proofs: SOAK_RUNS (500) runs under faults, then whole days. SOAK_SEED, DAY_SEED repeat one.
	KUBEBUILDER_ASSETS='$(ASSETS)' SOAK_RUNS=$(or $(SOAK_RUNS),500) SOAK_SEED=$(or $(SOAK_SEED),0) go test $(race) -count=1 -v -timeout 4h $(TESTFLAGS) ./test/soak
	DAY_HOURS=$(or $(DAY_HOURS),24) DAY_SEED=$(or $(DAY_SEED),0) go test $(race) -count=1 -v -timeout 2h $(TESTFLAGS) ./test/day

.PHONY: bench
bench: controlplane ## Run the benchmarks. BENCH=regexp selects.
	KUBEBUILDER_ASSETS='$(ASSETS)' go test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -timeout 30m $(TESTFLAGS) ./internal/... ./controllers

# make test holds the simulator against our own description. A published one, such as
# https://github.com/webex/webex-openapi-specs has, is given here by its path.
.PHONY: contract
contract: ## Hold each reply of the simulator against a description of the API in OpenAPI 3. OPENAPI=file.
	OPENAPI='$(abspath $(OPENAPI))' go test -count=1 -v -run '^TestContract$$' $(TESTFLAGS) ./test/webexsim

# Its packages come from npm, in the versions of its lock file, which names no registry.
side_by_side := bin/side-by-side

.PHONY: side-by-side
side-by-side: $(side_by_side)/node_modules/.package-lock.json ## Walk one organization with the official JavaScript SDK and with the operator's client; compare. Needs node, npm and Linux. SIDEBYSIDEFLAGS="-people 2000".
	go build $(build_flags) -o $(side_by_side)/ ./hack/webexsim ./test/sidebyside ./test/sidebyside/walker
	@$(side_by_side)/sidebyside -simulator $(side_by_side)/webexsim -walker $(side_by_side)/walker \
		-script test/sidebyside/walk.js -modules '$(CURDIR)/$(side_by_side)/node_modules' $(SIDEBYSIDEFLAGS)

$(side_by_side)/node_modules/.package-lock.json: test/sidebyside/package.json test/sidebyside/package-lock.json
	@mkdir -p $(side_by_side)
	cp test/sidebyside/package.json test/sidebyside/package-lock.json $(side_by_side)
	cd $(side_by_side) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# What the web view is built with comes from npm, in the versions of its lock file, which names no
# registry.
headlamp/node_modules/.package-lock.json: headlamp/package.json headlamp/package-lock.json
	cd headlamp && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

headlamp/dist/main.js: headlamp/node_modules/.package-lock.json $(shell find headlamp/src -type f 2>/dev/null)
	cd headlamp && npm run build

bin/headlamp/host/index.html: headlamp/node_modules/.package-lock.json $(wildcard headlamp/host/*)
	cd headlamp && npm run host

.PHONY: bin/headlamp
bin/headlamp: headlamp/dist/main.js bin/headlamp/host/index.html

.PHONY: headlamp
headlamp: bin/headlamp ## Check, test and build the web view, and look at it in a headless browser as several people. Needs npm and chromium; CHROMIUM=path names another.
	cd headlamp && npm run tsc && npm run lint && CI=true npm test
	@hack/controlplane/build.sh etcd kube-apiserver kube-controller-manager kubectl
	@rm -rf bin/headlamp/pictures && mkdir -p bin/headlamp/pictures
	cd test/browser && KUBEBUILDER_ASSETS='$(ASSETS)' go test -count=1 -v $(TESTFLAGS) ./headlamp -root '$(CURDIR)' -pictures '$(CURDIR)/bin/headlamp/pictures' -chromium '$(or $(CHROMIUM),chromium)'

# Its results are in bin/perf/results, a line for each run.
.PHONY: bench-fleet
bench-fleet: controlplane ## Measure a fleet, and fail if a figure is over its limit. SCENARIOS=a,b RUNS=5 PROFILE=1 CALIBRATE=1 REPORT=1
	KUBEBUILDER_ASSETS='$(ASSETS)' go run ./test/perf -scenarios '$(SCENARIOS)' -runs $(or $(RUNS),1) \
		$(if $(call on,$(PROFILE)),-profile) $(if $(call on,$(CALIBRATE)),-calibrate) $(if $(call on,$(REPORT)),-report) -check

# go test -fuzz takes one fuzz test of one package at a time.
.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME (10s).
	@git ls-files -co --exclude-standard -- '*_test.go' | xargs grep -n '^func Fuzz' /dev/null | \
		sed 's|^\(.*\)/[^/]*_test\.go:[0-9]*:func \(Fuzz[A-Za-z0-9_]*\).*|\1 \2|' | \
		while read -r dir name; do \
			echo "== $$name in $$dir"; \
			go test "./$$dir" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(or $(FUZZTIME),10s) || exit 1; \
		done

.PHONY: build
build: ## Build the manager and the kubectl plugin into bin/.
	go build $(build_flags) -o bin/manager .
	go build $(build_flags) -o bin/kubectl-webex ./cmd/kubectl-webex
	@cp cmd/kubectl-webex/kubectl_complete-webex bin/

.PHONY: generate
generate: ## Write all generated files: deepcopy, apply configurations, CRDs, RBAC, API reference, dashboards, chart, types of the web view.
	@hack/tools/generate.sh

.PHONY: lint
lint: bin/tools/golangci-lint bin/tools/actionlint ## Run the linters of .golangci.yml, and that of workflows. LINTFLAGS=--fix repairs what it can.
	bin/tools/golangci-lint run $(LINTFLAGS) ./...
	@# Without what may or may not be installed beside it.
	bin/tools/actionlint -shellcheck= -pyflakes=

.PHONY: verify
verify: ## Fail if a generated file is out of date or a linter complains.
	@hack/tools/generate.sh --verify
	@$(MAKE) --no-print-directory lint
	go vet ./...
	@# The modules of their own: only their form. Vetting them would analyse all of
	@# Kubernetes, 7 minutes for 200 lines; the build compiles them anyway.
	bin/tools/golangci-lint fmt --diff hack/controlplane hack/tools test/alerts test/browser test/kubestatemetrics

.PHONY: clean
clean: ## Remove what was built. Go's caches stay.
	rm -rf bin dist cover.out

##@ Put it into a cluster

KUBECTL ?= kubectl
# The name that config/manager/kustomization.yaml gives the image.
IMG ?= webex-license-operator:dev

.PHONY: manifests
manifests: bin/tools/kustomize ## Write dist/crds.yaml and, with the image IMG, dist/install.yaml.
	@mkdir -p dist
	bin/tools/kustomize build config/crd -o dist/crds.yaml
	bin/tools/kustomize build config/default -o dist/install.yaml
	@sed 's|image: webex-license-operator:dev$$|image: $(IMG)|' dist/install.yaml > dist/install.tmp
	@mv dist/install.tmp dist/install.yaml

.PHONY: install
install: manifests ## Apply the CRDs to the cluster of the current kubeconfig.
	$(KUBECTL) apply --server-side -f dist/crds.yaml

.PHONY: deploy
deploy: manifests ## Apply the operator with the image IMG to that cluster.
	$(KUBECTL) apply --server-side -f dist/install.yaml

.PHONY: undeploy
undeploy: manifests ## Remove the operator, its CRDs and with them all of its objects.
	$(KUBECTL) delete --ignore-not-found -f dist/install.yaml

##@ Release it

# What a release of a commit holds is the same wherever and whenever it is built: times are
# that of the commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
RELEASE_IMAGE := ghcr.io/webex-operator/webex-license-operator

release_image = $(if $(filter file,$(origin IMG)),$(RELEASE_IMAGE):$(VERSION),$(IMG))

# The web view is a part of it where npm can build it.
web_view := $(if $(shell command -v npm),headlamp)

.PHONY: release-artifacts
release-artifacts: bin/tools/cyclonedx-gomod bin/tools/helm $(web_view:%=%/dist/main.js) ## Write what the release VERSION consists of into dist/: manifests, schemas, chart, plugins, bills of materials. IMG=image:tag@digest.
	@$(if $(web_view),,echo 'Without the web view: there is no npm.')
	rm -rf dist
	@$(MAKE) --no-print-directory manifests IMG='$(release_image)'
	go run ./hack/release -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -image '$(release_image)' -web '$(web_view)'

.PHONY: vex
vex: bin/tools/govulncheck ## Write dist/webex-license-operator.openvex.json. Needs vuln.go.dev, or VULNDB=file:///directory.
	go run ./hack/release -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -image '$(release_image)' \
		-govulncheck bin/tools/govulncheck -database '$(VULNDB)'

.PHONY: vulncheck
vulncheck: bin/tools/govulncheck ## Fail if a known vulnerability is called. Needs vuln.go.dev, or VULNDB=file:///directory.
	bin/tools/govulncheck $(if $(VULNDB),-db '$(VULNDB)') ./...

##@ Parts of the above

.PHONY: controlplane
controlplane: ## Build etcd, kube-apiserver, kube-controller-manager and kubectl, unless KUBEBUILDER_ASSETS is set.
	@hack/controlplane/build.sh

.PHONY: tools
tools: bin/tools/golangci-lint bin/tools/crd-ref-docs bin/tools/helm bin/tools/kustomize ## Build the pinned tools.

# The script knows whether a tool is up to date by content; modification times change with
# every checkout.
.PHONY: bin/tools/golangci-lint bin/tools/crd-ref-docs bin/tools/helm bin/tools/kustomize bin/tools/actionlint bin/tools/cyclonedx-gomod bin/tools/govulncheck
bin/tools/golangci-lint bin/tools/crd-ref-docs bin/tools/helm bin/tools/kustomize bin/tools/actionlint bin/tools/cyclonedx-gomod bin/tools/govulncheck:
	@hack/tools/build.sh $(@F)
