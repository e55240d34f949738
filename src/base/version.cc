#include "rhei/version.h"

namespace rhei::inline v0 {

template <>
void Version<kVersionMajor, kVersionMinor>::CompileThisWithTheRheiThatIsLinked() {}

}  // namespace rhei::inline v0
