#!/usr/bin/env bash
# Prints the section of CHANGELOG.md about a version, or fails if there is none.
#
#   hack/release/notes.sh v0.1.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

notes=$(awk -v heading="## [${1#v}]" '
	/^## / { inside = (index($0, heading) == 1); next }
	inside
' CHANGELOG.md)
if [ -z "$(tr -d '[:space:]' <<<"$notes")" ]; then
	echo "hack/release/notes.sh: CHANGELOG.md has no section $1" >&2
	exit 1
fi
echo "$notes"
