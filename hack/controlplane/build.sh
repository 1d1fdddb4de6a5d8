#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager and kubectl from Go modules into
# bin/controlplane/. Needs Go, git and bash (3.2 or newer). Does nothing when they are up
# to date; a second call at the same time waits for the first.
#
#   hack/controlplane/build.sh [NAME...]
#
# With KUBEBUILDER_ASSETS set nothing is built; the call then only checks that the NAMEs
# (by default the three that envtest needs) are there.
#
# CONTROLPLANE_SKIP_DISK_CHECK=1 builds even if the disk looks too small.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "$here/../.." && pwd)/bin
out=$bin/controlplane
stamp=$out/.stamp
lock=$bin/.controlplane.lock
tmp=$bin/.controlplane.tmp.$$

programs="etcd kube-apiserver kube-controller-manager kubectl"

# In MiB, measured with Go 1.26 on linux/amd64 and rounded up by about a tenth. A cold build
# leaves 913 in the module cache and 3807 in the build cache, most of it before it is linked
# into the 139 that end up in bin/. On the way bin/ also holds what the current step has
# compiled: 1582 in the largest one.
MODULES_MIB=1000
CACHE_MIB=4200
WORK_MIB=1750
BIN_MIB=150

say() { printf 'controlplane: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# ---- assets that are provided elsewhere -------------------------------------------------

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	[ $# -gt 0 ] || set -- etcd kube-apiserver kubectl
	for name in "$@"; do
		[ -x "$KUBEBUILDER_ASSETS/$name" ] || die "KUBEBUILDER_ASSETS is set to $KUBEBUILDER_ASSETS, but there is no $name in it." \
			"Put it there, or unset KUBEBUILDER_ASSETS: everything is then built from source."
	done
	exit 0
fi

# ---- is there anything to do? -----------------------------------------------------------

command -v go >/dev/null || die "go is not in the PATH. Install Go ($(sed -n 's/^go //p' "$here/go.mod") or newer) and call this again."
command -v git >/dev/null || die "git is not in the PATH. Install git and call this again."

# Binaries for this machine, whatever the caller builds for, and from go.mod alone.
export CGO_ENABLED=0 GOWORK=off GOOS='' GOARCH=''

version=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' "$here/go.mod")
etcd_version=$(awk '$1 == "go.etcd.io/etcd/server/v3" { print $2 }' "$here/go.mod")
major_minor=$(echo "${version#v}" | cut -d. -f1,2)

# As in Kubernetes' own releases: no paths of this machine, no symbols for a debugger.
ldflags="-s -w"
ldflags="$ldflags -X k8s.io/component-base/version.gitVersion=$version"
ldflags="$ldflags -X k8s.io/component-base/version.gitMajor=${major_minor%.*}"
ldflags="$ldflags -X k8s.io/component-base/version.gitMinor=${major_minor#*.}"
# The commit is not known to a build from modules; left alone it would read "$Format:%H$".
ldflags="$ldflags -X k8s.io/component-base/version.gitCommit="
ldflags="$ldflags -X k8s.io/component-base/version.gitTreeState=clean"

# Everything that decides what the binaries are. git hash-object is the one checksum that
# every machine with the stated requirements has.
fingerprint() {
	{
		(cd "$here" && go env GOVERSION GOHOSTOS GOHOSTARCH)
		echo "$ldflags"
		cat "$here"/*.go "$here"/go.mod "$here"/go.sum
	} | git hash-object --stdin
}

up_to_date() {
	[ -r "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] || return 1
	for name in $programs; do
		[ -x "$out/$name" ] || return 1
	done
}

want=$(fingerprint)
if up_to_date; then
	exit 0
fi
mkdir -p "$bin" 2>/dev/null || die "cannot create $bin. Is the disk full, or the directory not yours?"

# ---- one build at a time ----------------------------------------------------------------

# start_of prints when a process started. With it a lock still names its owner after the
# operating system has given the pid to another process.
start_of() {
	if [ -r "/proc/$1/stat" ]; then
		# Field 22 of /proc/<pid>/stat; the first two (pid and name, which may hold blanks) are cut off.
		sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20
	else
		ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_'
	fi
}

# The lock is a symbolic link "<pid>:<start>": ln makes it and its content in one step, so
# there is no moment at which a lock without an owner can be seen.
me=$$:$(start_of $$)

owner_alive() {
	kill -0 "${1%%:*}" 2>/dev/null && [ "$(start_of "${1%%:*}")" = "${1#*:}" ]
}

# break_stale_lock removes the lock of a dead owner. Only one call at a time may do this,
# or the slower of two would remove the lock that the faster one has just taken.
break_stale_lock() {
	if ! mkdir "$lock.breaking" 2>/dev/null; then
		# Held for milliseconds; after a minute its owner was killed in just that moment.
		[ -z "$(find "$lock.breaking" -prune -mmin +1 2>/dev/null)" ] || rmdir "$lock.breaking" 2>/dev/null || true
		return 0
	fi
	local owner
	owner=$(readlink "$lock" 2>/dev/null || true)
	if [ -n "$owner" ] && ! owner_alive "$owner"; then
		say "the build with process id ${owner%%:*} ended without tidying up; taking over"
		rm -f "$lock"
	fi
	rmdir "$lock.breaking"
}

take_lock() {
	local said='' owner
	until ln -s "$me" "$lock" 2>/dev/null; do
		owner=$(readlink "$lock" 2>/dev/null || true)
		if [ -z "$owner" ]; then
			# Gone again between the two lines, or it could not be made at all.
			[ -w "$bin" ] || die "cannot write to $bin"
			free_mib "$bin" | grep -qx 0 && die "cannot write to $bin: the disk is full. Free some space and call this again."
		elif ! owner_alive "$owner"; then
			break_stale_lock
			continue
		elif [ "$said" != "$owner" ]; then
			say "another build (process id ${owner%%:*}) is under way; waiting for it"
			said=$owner
		fi
		sleep 0.5
	done
}

# ---- the disk ---------------------------------------------------------------------------

existing_dir() { # the directory itself or its nearest ancestor that exists
	local d=$1
	while [ ! -d "$d" ]; do d=$(dirname "$d"); done
	echo "$d"
}

# df -P prints one line per file system: device, blocks, used, available (KiB), ...
free_mib() { df -Pk "$(existing_dir "$1")" | awk 'NR == 2 { print int($4 / 1024) }'; }
device_of() { df -Pk "$(existing_dir "$1")" | awk 'NR == 2 { print $1 ":" $NF }'; }

# check_disk adds up what each file system must take, and says which one is too small.
check_disk() {
	[ -z "${CONTROLPLANE_SKIP_DISK_CHECK:-}" ] || return 0
	local gocache gomodcache modules=$MODULES_MIB
	gocache=$(go env GOCACHE)
	gomodcache=$(go env GOMODCACHE)
	# The largest module by far. If it is there the others are, but for a rest not worth counting.
	[ ! -d "$gomodcache/k8s.io/kubernetes@$version" ] || modules=0

	local report
	report=$(
		{
			echo "$modules $(free_mib "$gomodcache") $(device_of "$gomodcache") $gomodcache (GOMODCACHE)"
			echo "$CACHE_MIB $(free_mib "$gocache") $(device_of "$gocache") $gocache (GOCACHE)"
			echo "$((WORK_MIB + BIN_MIB)) $(free_mib "$bin") $(device_of "$bin") $bin"
		} | awk '{
			need[$3] += $1; free[$3] = $2
			line = $4; for (i = 5; i <= NF; i++) line = line " " $i
			dirs[$3] = dirs[$3] sprintf("\n    %5d MiB in %s", $1, line)
		}
		END { for (d in need) if (free[d] < need[d]) printf "  %d MiB are free and up to %d MiB needed:%s\n", free[d], need[d], dirs[d] }'
	)
	[ -z "$report" ] || die "the disk is too small for the first build of the control plane:
$report
  Free that much, or set the variable named after a directory to one on a larger disk.
  If Go's build cache holds most of this build already, less will do: CONTROLPLANE_SKIP_DISK_CHECK=1."
}

# ---- the build --------------------------------------------------------------------------

build_pid=
cleanup() {
	if [ -n "$build_pid" ]; then
		# The whole process group: the go command and the compilers it has started. Only an
		# interrupt, unlike a termination, lets go remove its temporary directory.
		kill -INT -- "-$build_pid" 2>/dev/null || true
		local i=0
		while kill -0 "$build_pid" 2>/dev/null && [ $i -lt 50 ]; do # 50 * 0.1 s = 5 s
			i=$((i + 1))
			sleep 0.1
		done
		kill -KILL -- "-$build_pid" 2>/dev/null || true
		wait "$build_pid" 2>/dev/null || true
		build_pid=
	fi
	rm -rf "$tmp"
	if [ "$(readlink "$lock" 2>/dev/null || true)" = "$me" ]; then rm -f "$lock"; fi
}
interrupted() {
	trap '' INT TERM HUP # a second Ctrl-C must not cut the tidying up short
	cleanup
	trap - EXIT
	say "interrupted; what was compiled so far is kept in Go's build cache"
	exit "$1"
}
trap cleanup EXIT
trap 'interrupted 130' INT # 128 + the signal's number, as shells do
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

# run_go TEXT ARGS... runs go in the background and prints a line about it now and then.
run_go() {
	local text=$1 began=$SECONDS next=30 status=0 count elapsed
	shift
	[ -z "$text" ] || say "$text"
	# Monitor mode gives the background job a process group of its own, so that cleanup
	# can end the compilers too.
	set -m
	# With its working directory in ours, nothing stays behind even if go has to be killed.
	(cd "$here" && GOTMPDIR=$tmp exec go "$@") </dev/null >"$tmp/log" 2>&1 &
	build_pid=$!
	set +m
	while kill -0 "$build_pid" 2>/dev/null; do
		sleep 0.2 &
		wait $! || true # unlike sleep itself, wait is ended by a signal at once
		elapsed=$((SECONDS - began))
		if [ $elapsed -ge $next ]; then # a sign of life every 30 s
			next=$((next + 30))
			count=$(grep -vc '^go: ' "$tmp/log" || true)
			say "  $((elapsed / 60)) min $((elapsed % 60)) s$([ "$count" = 0 ] || echo ", $count packages so far")"
		fi
	done
	wait "$build_pid" || status=$?
	build_pid=
	[ $status = 0 ] && return 0

	grep -v '^[a-z0-9.]*/[^ :]*$' "$tmp/log" | tail -n 40 >&2 || true # without the package names of -v
	if grep -qiE 'no space left on device|disk quota exceeded' "$tmp/log"; then
		say "the disk is full. Free about $((MODULES_MIB + CACHE_MIB + WORK_MIB + BIN_MIB)) MiB (go clean -cache frees Go's build cache)," \
			"or set GOCACHE and GOMODCACHE to directories on a larger disk; then call this again."
	elif grep -qE 'dial tcp|no such host|i/o timeout|proxyconnect' "$tmp/log"; then
		say "a Go module could not be downloaded. Check the network and GOPROXY ($(go env GOPROXY)); then call this again."
	elif grep -qE 'signal: killed' "$tmp/log"; then
		say "a compiler was killed, most likely for want of memory: the link step needs about 3 GiB."
	fi
	# Shells report the end by a signal as 128 + its number.
	[ $status -le 128 ] || say "go was ended from outside, by signal $((status - 128)); call this again."
	die "the build failed."
}

take_lock
want=$(fingerprint)
if up_to_date; then # the call that was waited for has done it
	exit 0
fi
check_disk
rm -rf "$bin"/.controlplane.tmp.* # of builds that were killed
mkdir -p "$tmp" "$out"

began=$SECONDS
# Every package goes through the build cache, so the steps before the last one lose
# nothing; they are there to say what is happening. The API server comes first: most of the
# time goes into it, and most of what it needs the others need too. It comes in two parts,
# since go keeps all that a step compiles in its working directory until the step ends.
run_go "fetching Go modules" list -deps .
run_go "building kube-apiserver $major_minor, about 10 minutes the first time" build -v -trimpath k8s.io/apiserver/pkg/server/options
run_go "" build -v -trimpath k8s.io/kubernetes/cmd/kube-apiserver/app
run_go "building kube-controller-manager $major_minor" build -v -trimpath k8s.io/kubernetes/cmd/kube-controller-manager/app
run_go "building etcd ${etcd_version#v}" build -v -trimpath go.etcd.io/etcd/server/v3/etcdmain
run_go "building kubectl $major_minor" build -v -trimpath k8s.io/kubectl/pkg/cmd
run_go "linking" build -v -trimpath -ldflags "$ldflags" -o "$tmp/controlplane" .

# A reader of this directory meanwhile sees the old executable or the new one.
rm -f "$stamp"
mv -f "$tmp/controlplane" "$out/controlplane"
for name in $programs; do
	[ "$(readlink "$out/$name" 2>/dev/null || true)" = controlplane ] || ln -sf controlplane "$out/$name"
done
echo "$want" >"$tmp/stamp"
mv -f "$tmp/stamp" "$stamp"
say "ready after $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s: bin/controlplane/{${programs// /,}}"
