// A user's unit that calls a generated stub. See ../suite/compile_time.py.
#include "bench.rhei.h"

bool Call() {
  rhei::bench::Payload request;
  request.set_body("question");
  rhei::bench::Bench::Stub stub(rhei::Connect("dns:///bench:8090"));
  return stub.Unary(request).Wait().ok();
}
