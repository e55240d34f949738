# Faults made on purpose, with real processes. Sourced by ./dev.

cmd_faults() {
  ensure_packages build test faults
  configure release
  compile release attack_victim fault_load
  python3 tests/faults/run.py --build build/release "$@"
}
