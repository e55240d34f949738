# What ./dev needs from the distribution, and how it gets there. Sourced by ./dev.

# The packages of each group. tools/versions.txt records the versions that this was tested with.
packages_of() {
  case "$1" in
    build)
      echo g++ cmake ninja-build pkg-config protobuf-compiler libprotobuf-dev libprotoc-dev libasio-dev libc-ares-dev
      ;;
    test)
      echo python3 libgtest-dev libgmock-dev libnghttp2-dev libgrpc++-dev protobuf-compiler-grpc valgrind
      echo ccache dpkg-dev file
      ;;
    attacks) echo nghttp2-server ;;
    faults) echo libfaketime iproute2 ;;
    bench)
      echo python3 libgrpc++-dev protobuf-compiler-grpc nghttp2-server nghttp2-client libbenchmark-dev valgrind
      echo libcpp-httplib-dev nlohmann-json3-dev librsvg2-bin fonts-dejavu-core
      ;;
    lint) echo python3 git clang-format-16 clang-16 ;;
    docs) echo python3 doxygen ;;
    fuzz) echo clang-16 libclang-rt-16-dev ;;
    interop-python) echo python3-venv ca-certificates ;;
    interop-node) echo nodejs npm ca-certificates ;;
    interop-go) echo golang-go ca-certificates ;;
    interop-java) echo default-jdk-headless maven ca-certificates ;;
    interop-rust) echo cargo-web rustc-web ca-certificates ;;
    *)
      die "name a package group that exists, not '$1'" \
        "There are build, test, attacks, faults, bench, lint, docs, fuzz and interop-LANGUAGE."
      ;;
  esac
}

is_installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# ensure_packages GROUP...: installs what is missing of the groups. Without a missing package it touches nothing and
# needs neither the network nor any right.
ensure_packages() {
  local group package wanted=() missing=()
  for group in "$@"; do
    for package in $(packages_of "$group"); do wanted+=("$package"); done
  done
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian system: nothing is installed, the build uses what it finds of: ${wanted[*]}"
    return
  fi
  for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  install_packages "${missing[@]}"
}

install_packages() {
  local as_root=() log
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "as root, run: apt-get install --no-install-recommends $*" \
      "These packages are missing, and there is neither root nor sudo here to install them."
    as_root=(sudo)
  fi
  say "installing $*"
  log=$(mktemp)
  if ! {
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
  } >"$log" 2>&1; then
    say "make apt-get work, then run this again: it could not install $*; it said:"
    tail -n 20 "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
}
