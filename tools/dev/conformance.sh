# The conformance suites of HTTP/2, and the attacks behind them. Sourced by ./dev.

# Builds h2spec and h2specd into build/tools/, from the versions and checksums pinned in tools/go/h2spec.
build_h2spec() {
  command -v go >/dev/null || die "install Go 1.18 or newer, then run this again: the testers are Go programs"
  local output=$PWD/build/tools commands=github.com/summerwind/h2spec/cmd stamp
  stamp=$(cat tools/go/h2spec/go.mod tools/go/h2spec/go.sum | sha256sum)
  [ "$(cat "$output/h2spec.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  say "building h2spec and h2specd"
  mkdir -p "$output"
  (
    cd tools/go/h2spec
    go build -mod=readonly -o "$output/" "$commands/h2spec" "$commands/h2specd"
  ) || die "give Go access to its module proxy, then run this again: h2spec does not build"
  echo "$stamp" >"$output/h2spec.stamp"
}

cmd_conformance() {
  local summaries=build/release/conformance/summaries.log suites=() attacks=() failed=0
  case "${1:-}" in
    --quick) suites=(--quick) attacks=(--quick) ;;
    --quick-attacks) attacks=(--quick) ;;
    "") ;;
    *) die "run './dev conformance', with --quick or --quick-attacks if you like; it does not know $1" ;;
  esac
  ensure_packages build test attacks
  build_h2spec
  configure release
  compile release conformance_server conformance_client attack_victim attack_grpc_victim
  mkdir -p "${summaries%/*}"
  python3 tests/conformance/run.py --build build/release --testers build/tools "${suites[@]}" | tee "$summaries" || failed=1
  python3 tests/attacks/run.py --build build/release "${attacks[@]}" || failed=1
  # h2spec's summary stays the last line.
  tail -n 1 "$summaries"
  return "$failed"
}
