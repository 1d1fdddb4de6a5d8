#!/usr/bin/env bash
# Builds tools of hack/tools/go.mod, and of hack/tools/release/go.mod, into bin/tools/, unless
# they are up to date.
#
#   hack/tools/build.sh NAME...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../.." && pwd)/bin/tools
# Binaries for this machine, whatever the caller builds for, and from go.mod alone.
export CGO_ENABLED=0 GOWORK=off GOOS='' GOARCH=''

# of tells what a tool is built from: of the module in that directory.
of() {
	{
		(cd "$1" && go env GOVERSION GOHOSTOS GOHOSTARCH)
		cat "$1/go.mod" "$1/go.sum" "$here"/*/*.go "$here/build.sh"
	} | git hash-object --stdin
}

build_pid=
tmp=
cleanup() {
	if [ -n "$build_pid" ]; then # the process group: the go command and its compilers
		kill -INT -- "-$build_pid" 2>/dev/null || true
		wait "$build_pid" 2>/dev/null || true
	fi
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT # 128 + the signal's number, as shells do
trap 'exit 143' TERM
trap 'exit 129' HUP

for name in "$@"; do
	module=$here
	case $name in
	actionlint) module=$here/release package=github.com/rhysd/actionlint/cmd/actionlint time="some seconds" ;;
	cyclonedx-gomod) module=$here/release package=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod time="about a minute the first time" ;;
	govulncheck) module=$here/release package=golang.org/x/vuln/cmd/govulncheck time="some seconds" ;;
	golangci-lint) package=./golangci-lint time="about 3 minutes the first time" ;;
	crd-ref-docs) package=github.com/elastic/crd-ref-docs time="about a minute the first time" ;;
	helm) module=$here/helm package=helm.sh/helm/v4/cmd/helm time="about 2 minutes the first time" ;;
	kustomize) package=sigs.k8s.io/kustomize/kustomize/v5 time="about a minute the first time" ;;
	*)
		echo "hack/tools/build.sh: unknown tool $name" >&2
		exit 2 # as for any usage error
		;;
	esac
	want=$(of "$module")
	stamp=$out/.$name.stamp
	if [ -x "$out/$name" ] && [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
		continue
	fi
	echo "tools: building $name, $time" >&2
	# Two calls at once build the same thing twice and do no harm: each has files of its
	# own and renames them in the end. The second takes nearly all from the build cache.
	tmp=$out/.$name.tmp.$$
	mkdir -p "$tmp"
	# In the background and in a process group of its own, so that cleanup can end it.
	set -m
	(cd "$module" && GOTMPDIR=$tmp exec go build -trimpath -ldflags "-s -w" -o "$tmp/$name" "$package") </dev/null &
	build_pid=$!
	set +m
	wait "$build_pid"
	build_pid=
	echo "$want" >"$tmp/stamp"
	mv -f "$tmp/$name" "$out/$name"
	mv -f "$tmp/stamp" "$stamp"
	rm -rf "$tmp"
done
