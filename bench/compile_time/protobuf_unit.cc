// What a user's unit with messages alone is; user_unit.cc is the same with a call. See ../suite/compile_time.py.
#include "bench.pb.h"

bool Call() {
  rhei::bench::Payload request;
  request.set_body("question");
  return request.IsInitialized();
}
