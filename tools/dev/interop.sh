# rhei beside gRPC in other languages. Sourced by ./dev.

# What tests/interop needs at least: go.mod, Cargo.toml, pom.xml and package.json say the same.
interop_go=1.26.0
interop_rust=1.88
interop_java=17
interop_node=18

# at_least MINIMUM COMMAND...: whether the command's output names a version that is new enough.
at_least() {
  local minimum=$1 version
  shift
  command -v "$1" >/dev/null || return 1
  version=$("$@" 2>&1 | grep -m 1 -oE '[0-9]+(\.[0-9]+)+') || return 1
  [ "$(printf '%s\n' "$minimum" "$version" | sort -V | head -n 1)" = "$minimum" ]
}

has_python() { python3 -c 'import ensurepip, venv' 2>/dev/null; }
has_node() { at_least "$interop_node" node --version && command -v npm >/dev/null; }
has_go() { at_least "$interop_go" go version; }
has_java() { at_least "$interop_java" javac -version && command -v mvn >/dev/null; }
has_rust() { at_least "$interop_rust" cargo --version && command -v rustc >/dev/null; }

# A distribution's Go may be too old for gRPC's. Any Go gets a newer one as a module, checked by Go's checksum database.
fetch_go() {
  local folder
  say "fetching Go $interop_go"
  folder=$(
    cd /  # outside any module, whose go.mod an old Go could not read
    GO111MODULE=on go mod download -json \
      "golang.org/toolchain@v0.0.1-go$interop_go.$(go env GOHOSTOS)-$(go env GOHOSTARCH)" |
      sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
  )
  [ -n "$folder" ] || return 1
  # Modules come without a right to execute.
  chmod -R u+w "$folder/bin" "$folder/pkg/tool"
  chmod -R a+x "$folder/bin" "$folder/pkg/tool"
  export PATH=$folder/bin:$PATH GOROOT=$folder GOTOOLCHAIN=local
}

# ensure_toolchain LANGUAGE: what builds its programs; from the distribution, if there is none that is new enough.
ensure_toolchain() {
  case "$1" in
    cpp) return ;;
    python | node | go | java | rust) ;;
    *) die "name languages among cpp, python, node, go, java and rust, not '$1'" ;;
  esac
  "has_$1" || ensure_packages "interop-$1"
  [ "$1" != go ] || has_go || fetch_go || say "install Go $interop_go or newer: Go could not fetch it"
  "has_$1" || die "put a newer toolchain on PATH for '$1', then run this again: what is there is too old" \
    "Needed are Go $interop_go, Rust $interop_rust, Java $interop_java with Maven, Node $interop_node with npm."
}

cmd_interop() {
  local argument languages=()
  for argument in "$@"; do
    case "$argument" in -*) ;; *) languages+=("$argument") ;; esac
  done
  [ ${#languages[@]} -gt 0 ] || languages=(cpp python node go java rust)
  ensure_packages build test
  for argument in "${languages[@]}"; do ensure_toolchain "$argument"; done
  configure release
  compile release interop_rhei_server interop_rhei_client interop_server interop_client
  exec python3 tests/interop/run.py --rhei build/release/tests/interop --work build/interop "$@"
}
