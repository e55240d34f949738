# Configuring, building and testing one preset of CMakePresets.json. Sourced by ./dev.

check_preset() {
  case "$1" in
    release | debug | asan | tsan) ;;
    *) die "choose a preset that exists: release, debug, asan or tsan, not '$1'" ;;
  esac
}

# configure PRESET [-DNAME=VALUE...]
configure() {
  local preset=$1 log
  shift
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  mkdir -p "build/$preset"
  log=build/$preset/configure.log
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
    say "mend what CMake names below, then run this again: the preset '$preset' does not configure"
    cat "$log" >&2
    exit 1
  fi
}

# compile PRESET [TARGET...]
compile() {
  local preset=$1
  shift
  say "building $preset ${*:+(}${*}${*:+)}"
  cmake --build "build/$preset" --parallel "$jobs" ${1:+--target "$@"} ||
    die "mend the first error above, then run this again: the preset '$preset' does not build"
}

# run_ctest PRESET [ctest arguments...]
run_ctest() {
  local preset=$1 wrapper=()
  shift
  # GCC 12's ThreadSanitizer cannot place its shadow memory where the kernel randomises addresses by more than 28 bits.
  if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then wrapper=(setarch -R); fi
  "${wrapper[@]}" ctest --preset "$preset" --parallel "$jobs" "$@"
}

cmd_build() {
  local preset=release
  if [ "${1:-}" = --preset ]; then
    preset=${2:?"name the preset: ./dev build --preset asan"}
    shift 2
  fi
  check_preset "$preset"
  ensure_packages build test
  configure "$preset"
  compile "$preset" "$@"
}

cmd_test() {
  local preset=release
  if [ "${1:-}" = --preset ]; then
    preset=${2:?"name the preset: ./dev test --preset asan"}
    shift 2
  fi
  check_preset "$preset"
  ensure_packages build test
  configure "$preset"
  compile "$preset"
  run_ctest "$preset" "$@"
}

cmd_demo() {
  local name=${1:-weather} program
  case "$name" in
    weather) program=examples/weather/demo ;;
    hello) program=examples/hello/demo.py ;;
    *) die "name a demo that exists: ./dev demo, or ./dev demo hello; not '$name'" ;;
  esac
  [ -x "$program" ] || die "fetch the whole repository: $program is missing"
  ensure_packages build test
  configure release
  compile release "${name}_demo_all"
  exec "$program" build/release
}

cmd_bench() {
  [ -f bench/run.py ] || die "fetch the whole repository: bench/run.py is missing"
  ensure_packages build test bench
  local language
  for language in go $(python3 bench/run.py --build build/benchmarks --languages "$@"); do
    ensure_toolchain "$language"
  done
  configure benchmarks
  compile benchmarks bench/all
  exec python3 bench/run.py --build build/benchmarks "$@"
}

cmd_clean() {
  local directory
  for directory in release benchmarks debug asan tsan fuzz bench interop docs tools; do rm -rf "build/$directory"; done
  rmdir build 2>/dev/null || true
}
