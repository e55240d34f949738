# Everything about the code that needs no run of it. Sourced by ./dev.

# lint_part WHAT-TO-DO COMMAND...: runs one check to its end, and remembers its failure.
lint_part() {
  local advice=$1 start=$SECONDS
  shift
  if "$@"; then
    say "lint: $1 ${2:-} passed ($((SECONDS - start)) s)"
  else
    lint_failures+=("$advice")
  fi
}

# Our C++ files. The golden files of the compiler are its output and keep its format.
own_cpp_files() {
  git ls-files --cached --others --exclude-standard --deduplicate -- '*.h' '*.cc' | grep -v '^compiler/testdata/' |
    while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}

# Compares with what clang-format writes; its own --dry-run complains of the comment that closes an inline namespace.
check_format() {
  own_cpp_files | xargs -r -P "$jobs" -I{} bash -c \
    'clang-format-16 "$1" | diff -U0 --label "$1" --label "$1, formatted" "$1" -' format {}
}

check_shell() {
  local script good=0
  for script in dev .ci/run $(git ls-files --cached --others --exclude-standard -- '*.sh'); do
    [ ! -f "$script" ] || bash -n "$script" || good=1
  done
  return $good
}

# The golden files of compiler/testdata equal what the plugin generates now.
check_generated_code() {
  cmake --build build/release --parallel "$jobs" --target protoc-gen-rhei &&
    ctest --preset release -R '^compiler_golden$'
}

check_headers() {
  cmake --build build/release --parallel "$jobs" --target rhei_protobuf_objects >/dev/null &&
    python3 tools/check_headers.py --jobs "$jobs" --generated build/release/src/protobuf/generated
}

# check_warnings needs the files that the build generates, such as *.pb.h.
check_clang_warnings() {
  compile release && python3 tools/check_warnings.py --jobs "$jobs" --build build/release
}

cmd_lint() {
  local lint_failures=()
  ensure_packages build test lint docs
  configure release
  lint_part "run './dev format'" check_format
  lint_part "see the breaches of layers or law above" python3 tools/check_layers.py
  lint_part "see the shell errors above" check_shell
  lint_part "see the headers above" check_headers
  lint_part "see what Doxygen says of the comments above" make_reference
  lint_part "see Clang's warnings above" check_clang_warnings
  lint_part "if the change of generated code is right, build the target refresh_golden" check_generated_code
  python3 tools/code_sizes.py
  [ ${#lint_failures[@]} -eq 0 ] || die "${lint_failures[@]}" "lint failed: ${#lint_failures[@]} of its checks"
  say "lint passed"
}

cmd_format() {
  ensure_packages lint
  own_cpp_files | xargs -r clang-format-16 -i
}
