#!/usr/bin/env bash
# The engine's commands on the small lab under valgrind: no invalid access, nothing definitely lost.
set -euo pipefail
program=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$program" lab create "$dir/lab" --preset small --quiet
cd "$dir/lab"
failed=0
try() {
  local code=0
  valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$program" "$@" --quiet \
    >"$dir/out" 2>"$dir/err" || code=$?
  if [ "$code" = 99 ]; then
    failed=1
    cat "$dir/err"
  fi
  printf '%-8s exit %-2s %s\n' "$([ "$code" = 99 ] && echo FAILED || echo clean)" "$code" "$*"
}
try apply images/win10-1607-x86.wim --update updates/windows10.0-kb9000102-x86.msu --output out.wim
try image verify out.wim
try image verify images/defect-manifest-hash.wim
try plan images/win10-1607-x86.wim --update updates
try image packages out.wim --index 1
try image diff images/win10-1607-x86.wim out.wim --index 1
try update show updates
try image compact out.wim --output compact.wim
exit $failed
