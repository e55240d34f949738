#!/usr/bin/env bash
# Builds the project beside this script with rhei_generate, and checks what is made anew after which change, and what
# is said about mistakes.
#
#   compiler/generate_test/run.sh PLUGIN GENERATOR COMPILER [COMPILER_LAUNCHER]
#
# PLUGIN is protoc-gen-rhei, GENERATOR one of CMake's, such as Ninja. The test compiler_rhei_generate runs this.
set -euo pipefail
usage="usage: compiler/generate_test/run.sh PLUGIN GENERATOR COMPILER [COMPILER_LAUNCHER]"
plugin=${1:?$usage} generator=${2:?$usage} compiler=${3:?$usage} launcher=${4:-}
here=$(dirname "$(realpath "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Copies, which may be touched.
cp -r "$here" "$scratch/project"
cp "$plugin" "$scratch/plugin"
build=$scratch/build

fail() {
  cat "$scratch/log" >&2
  echo "generate_test: $*" >&2
  exit 1
}

configure() {
  cmake -S "$scratch/project" -B "$build" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DRHEI_SOURCE_DIR="$(realpath "$here/../..")" \
    -DPLUGIN="$scratch/plugin" -DCASE="$1" >"$scratch/log" 2>&1
}

build() { cmake --build "$build" --parallel 2 "$@" >"$scratch/log" 2>&1; }

# says CASE TEXT: what was said holds the text, however its lines are broken.
says() { tr -s ' \n' '  ' <"$scratch/log" | grep -qF -- "$2" || fail "the case $1 does not say: $2"; }

refused() {
  ! configure "$1" || fail "the case $1 configures"
  says "$1" "$2"
}

not_built() {
  configure "$1" || fail "the case $1 does not configure"
  ! build || fail "the case $1 builds"
  says "$1" "$2"
}

# expect_remade WHAT FILE yes|no: touches FILE, builds, and looks whether main.rhei.h was made anew.
expect_remade() {
  local header=$build/rhei_generate/api/main.rhei.h before after remade=yes
  before=$(stat -c %y "$header")
  [ -z "$2" ] || touch "$2"
  build --target generated || fail "it does not build again after a change of $1"
  after=$(stat -c %y "$header")
  [ "$before" != "$after" ] || remade=no
  [ "$remade" = "$3" ] || fail "after a change of $1: main.rhei.h was made anew: $remade, expected: $3"
}

configure good || fail "it does not configure"
build || fail "it does not build"
expect_remade "nothing" "" no
expect_remade "main.proto" "$scratch/project/protos/main.proto" yes
expect_remade "an imported file" "$scratch/project/protos/sub/imported.proto" yes
expect_remade "the plugin" "$scratch/plugin" yes
expect_remade "a source that is not generated" "$scratch/project/user.cc" no

not_built broken_proto 'broken.proto:6:26: "Absent" is not defined.'
not_built missing_import 'sub/imported.proto: File not found.'
refused missing_proto 'there is no file'
refused missing_proto 'protos/absent.proto'
refused unknown_target 'rhei_generate(absent): make the target first'
refused interface_target 'rhei_generate(other): name a library or an executable that this project compiles'
refused no_proto 'rhei_generate(api): name the .proto files'
refused missing_import_dir 'correct IMPORT_DIRS; there is no folder'
refused no_plugin 'rhei_generate(api): call find_package(rhei REQUIRED)'
