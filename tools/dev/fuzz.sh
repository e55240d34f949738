# Fuzzing. Sourced by ./dev.
#
# A target NAME is the program fuzz_NAME in build/fuzz/fuzz. Its seeds lie in fuzz/corpus/NAME. What it finds on the way
# stays in build/fuzz/corpus/NAME, a crash in build/fuzz/crashes.

fuzz_targets() {
  find build/fuzz/fuzz -maxdepth 1 -type f -executable -name 'fuzz_*' -printf '%f\n' | sed 's/^fuzz_//' | sort
}

# fuzz_one NAME SECONDS
fuzz_one() {
  local name=$1 seconds=$2 folders=("build/fuzz/corpus/$1")
  [ ! -d "fuzz/corpus/$name" ] || folders+=("fuzz/corpus/$name")
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/crashes
  say "fuzzing $name for $seconds s"
  "build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=128 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/crashes/$name-" "${folders[@]}" ||
    die "mend what is above; build/fuzz/fuzz/fuzz_$name FILE repeats it, with the file in build/fuzz/crashes" \
      "The fuzzer '$name' failed."
}

cmd_fuzz() {
  local wanted=${1:-} seconds=${2:-60} targets=() name
  if [[ $wanted =~ ^[0-9]+$ ]]; then
    seconds=$wanted
    wanted=
  fi
  [[ $seconds =~ ^[0-9]+$ ]] || die "give the time in whole seconds: ./dev fuzz TARGET 60, not '$seconds'"
  ensure_packages build test fuzz
  configure fuzz
  compile fuzz fuzz/all
  mapfile -t targets < <(fuzz_targets)
  if [ -n "$wanted" ]; then
    wanted=${wanted#fuzz_}
    [[ " ${targets[*]} " == *" $wanted "* ]] || die "choose one of: ${targets[*]}" "There is no fuzzer '$wanted'."
    targets=("$wanted")
  fi
  [ ${#targets[@]} -gt 0 ] || die "write a fuzzer in fuzz/ first: there is none"
  for name in "${targets[@]}"; do fuzz_one "$name" "$seconds"; done
}
