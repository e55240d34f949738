#!/usr/bin/env bash
# Compares what protoc-gen-rhei writes with the files that lie beside the .proto files in testdata/, or renews those.
#
#   compiler/golden.sh check   PLUGIN PROTOC
#   compiler/golden.sh refresh PLUGIN PROTOC
#
# A folder of testdata/ is a case: its .proto files, what is generated for each, options.txt with what goes to
# --rhei_opt, and stderr.txt with what protoc is to say. The build runs this as the test compiler_golden and as the
# target refresh_golden; where that is at hand, use those.
set -euo pipefail
usage="usage: compiler/golden.sh check|refresh PLUGIN PROTOC"
mode=${1:?$usage} plugin=$(realpath "${2:?$usage}") protoc=${3:?$usage}
testdata=$(dirname "$(realpath "$0")")/testdata
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# generate CASE: the files of a case, into a folder of the same name under $scratch.
generate() {
  local folder=$testdata/$1 output=$scratch/$1 options=()
  mkdir -p "$output"
  if [ -f "$folder/options.txt" ]; then options=("--rhei_opt=$(cat "$folder/options.txt")"); fi
  if ! (
    cd "$folder"
    "$protoc" -I. --plugin=protoc-gen-rhei="$plugin" --rhei_out="$output" "${options[@]}" ./*.proto
  ) 2>"$output/stderr.txt"; then
    cat "$output/stderr.txt" >&2
    echo "golden: see protoc's message above: the case $1 does not generate" >&2
    return 1
  fi
  [ -s "$output/stderr.txt" ] || rm "$output/stderr.txt"
}

check() {
  diff -u --recursive --new-file --exclude='*.proto' --exclude=options.txt "$testdata/$1" "$scratch/$1"
}

refresh() {
  rm -f "$testdata/$1"/*.rhei.h "$testdata/$1"/*.rhei.cc "$testdata/$1/stderr.txt"
  cp "$scratch/$1"/* "$testdata/$1/"
}

failed=()
for folder in "$testdata"/*/; do
  case=$(basename "$folder")
  generate "$case" && "$mode" "$case" || failed+=("$case")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "golden: fix the generator, or build the target refresh_golden if the change is meant" >&2
  echo "golden: these cases differ: ${failed[*]}" >&2
  exit 1
fi
