# The reference of the public API, by Doxygen. Sourced by ./dev.

# make_reference: writes build/docs/html. Fails at the first warning, such as a comment that Doxygen cannot read.
make_reference() {
  mkdir -p build/docs
  if ! doxygen docs/Doxyfile >build/docs/doxygen.log 2>&1; then
    cat build/docs/doxygen.log >&2
    return 1
  fi
}

cmd_docs() {
  ensure_packages docs
  make_reference || die "mend the comments that Doxygen names above, then run this again"
  say "the reference is in build/docs/html/index.html, the guides are in docs/README.md"
}
