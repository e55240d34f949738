// Comments of a .proto as comments of C++.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rhei::inline v0::compiler {

// The text of a comment, as protobuf hands it over, as lines that begin with "//". Whatever the text holds, the lines
// stay comments and give no compiler a reason to warn: control characters, broken UTF-8 and the characters
// that turn the direction of writing are made visible, and no line ends with a backslash. Empty text gives no line.
std::vector<std::string> CommentLines(std::string_view text);

// One line of text made safe in the same way, to be put behind "//".
std::string SafeInComment(std::string_view line);

}  // namespace rhei::inline v0::compiler
