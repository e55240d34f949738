"""Tests of doxygen_filter.py."""

import unittest

from doxygen_filter import converted


class Filter(unittest.TestCase):
    def test_a_comment_before_a_declaration_is_its_documentation(self):
        self.assertIn("\n/// Does it.\nvoid F();\n", converted("#pragma once\n\n// Does it.\nvoid F();\n"))

    def test_the_first_comment_is_the_files(self):
        self.assertEqual(converted("// About it.\n#pragma once\n"), "/// \\file\n/// About it.\n#pragma once\n")

    def test_a_comment_behind_a_member_is_its_documentation(self):
        text = "#pragma once\nenum class E {\n  kA = 0,  // the first\n};\n"
        self.assertIn("kA = 0,  ///< the first", converted(text))

    def test_a_comment_alone_stays_as_it_is(self):
        text = "#pragma once\n// Of nothing.\n\nvoid F();\n"
        self.assertEqual(converted(text), text)

    def test_comments_within_functions_stay_as_they_are(self):
        text = ("#pragma once\nnamespace a {\ntemplate <typename T>\nclass [[nodiscard]] C : public B<T> {\n public:\n"
                "  explicit C(int i) : i_{i} {\n    // Why.\n    F();  // and why\n  }\n};\n}\n")
        self.assertEqual(converted(text), text)

    def test_members_of_classes_and_constrained_templates_are_documented(self):
        text = ("#pragma once\nnamespace a {\ntemplate <typename T>\n  requires std::derived_from<T, M>\n"
                "struct C<T> {\n  // Why.\n  int i;\n};\n}\n")
        self.assertIn("  /// Why.\n", converted(text))

    def test_rulers_are_no_documentation(self):
        text = "#pragma once\nstruct A {\n  // --- streams ------\n  int i;\n};\n"
        self.assertEqual(converted(text), text)

    def test_what_is_indented_is_code(self):
        text = "#pragma once\n// For example:\n//\n//     f<int>();\n//\n// Not code.\nvoid F();\n"
        self.assertIn("///\n/// \\code{.cpp}\n///     f<int>();\n/// \\endcode\n///\n/// Not code.\n", converted(text))

    def test_what_doxygen_would_take_for_its_own_is_escaped_but_not_in_backticks(self):
        text = "#pragma once\n// A Result<T> of 20 % in `Result<T>`.\nint i;\n"
        self.assertIn("/// A Result\\<T\\> of 20 \\% in `Result<T>`.\n", converted(text))

    def test_an_inline_namespace_in_a_qualified_name_is_left_out(self):
        self.assertIn("namespace rhei::runtime {", converted("#pragma once\nnamespace rhei::inline v0::runtime {\n}\n"))


if __name__ == "__main__":
    unittest.main()
