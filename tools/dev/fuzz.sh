# Fuzzing. Sourced by ./dev.
#
# Each target is a program in build/fuzz/fuzz. Its seeds are in fuzz/corpus/TARGET, its words in fuzz/TARGET.dict, both
# optional. What it finds on the way stays in build/fuzz/corpus/TARGET, a crash in build/fuzz/crashes.

fuzz_targets() { find build/fuzz/fuzz -maxdepth 1 -type f -executable -printf '%f\n' | sort; }

# fuzz_one TARGET SECONDS
fuzz_one() {
  local target=$1 seconds=$2 options=() folders=("build/fuzz/corpus/$1")
  [ ! -f "fuzz/$target.dict" ] || options+=("-dict=fuzz/$target.dict")
  [ ! -d "fuzz/corpus/$target" ] || folders+=("fuzz/corpus/$target")
  mkdir -p "build/fuzz/corpus/$target" build/fuzz/crashes
  say "fuzzing $target for $seconds s"
  "build/fuzz/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$target-" "${options[@]}" "${folders[@]}" ||
    die "repeat it with: build/fuzz/fuzz/$target build/fuzz/crashes/$target-…" "$target failed; what it printed stands above"
}

cmd_fuzz() {
  local wanted=${1:-} seconds=${2:-60} targets target
  if [[ $wanted =~ ^[0-9]+$ ]]; then
    seconds=$wanted
    wanted=
  fi
  [[ $seconds =~ ^[0-9]+$ ]] || die "give the time in whole seconds: ./dev fuzz TARGET 60, not '$seconds'"
  ensure_packages build fuzz
  configure fuzz
  compile fuzz
  mapfile -t targets < <(fuzz_targets)
  if [ -n "$wanted" ]; then
    [[ " ${targets[*]} " == *" $wanted "* ]] || die "choose one of: ${targets[*]}" "There is no fuzzer '$wanted'."
    targets=("$wanted")
  fi
  [ ${#targets[@]} -gt 0 ] || die "write a fuzzer in fuzz/ first: there is none"
  for target in "${targets[@]}"; do fuzz_one "$target" "$seconds"; done
}
