"""Tests of snippets.py and links.py."""

import pathlib
import tempfile
import unittest

import links
import snippets

PROGRAM = """int main() {
  First();
  if (true) {
    Second();
  }

  Third();
}
"""


def block(mark, kind, code):
    return f"<!-- {mark} -->\n```{kind}\n{code}\n```\n\n"


class PartsOfFiles(unittest.TestCase):
    def test_a_part_may_stand_at_any_indentation(self):
        self.assertTrue(snippets.is_part_of("if (true) {\n  Second();\n}\n", PROGRAM))

    def test_dots_stand_for_lines_that_are_left_out(self):
        self.assertTrue(snippets.is_part_of("First();\n...\nThird();\n", PROGRAM))
        self.assertFalse(snippets.is_part_of("First();\nThird();\n", PROGRAM))

    def test_a_line_that_differs_is_found(self):
        self.assertFalse(snippets.is_part_of("if (true) {\n  Third();\n}\n", PROGRAM))

    def test_indentation_within_the_part_counts(self):
        self.assertFalse(snippets.is_part_of("if (true) {\nSecond();\n}\n", PROGRAM))


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "program.cc").write_text(PROGRAM)

    def write(self, text):
        (self.root / "page.md").write_text(text)

    def test_a_block_that_differs_from_its_file_is_counted(self):
        self.write(block("part of: program.cc", "cpp", "First();") + block("file: program.cc", "cpp", "x"))
        self.assertEqual(snippets.compare(self.root, ["page.md"]), (2, 1))

    def test_an_output_block_belongs_to_the_block_that_is_run_before_it(self):
        self.write(block("run", "cpp", "f();") + block("output", "text", "hello") + block("run", "cpp", "g();"))
        expected = snippets.expected_outputs(self.root, ["page.md"])
        self.assertEqual(expected, {"page.md:3": "hello\n", "page.md:13": None})

    def test_an_output_block_alone_is_refused(self):
        self.write(block("output", "text", "hello"))
        with self.assertRaises(SystemExit):
            snippets.expected_outputs(self.root, ["page.md"])

    def test_an_unknown_mark_is_refused(self):
        self.write(block("statments", "cpp", "f();"))
        with self.assertRaises(SystemExit):
            snippets.generate(self.root, self.root / "out.cc", ["page.md"])

    def test_links_to_nothing_are_found(self):
        self.write("# A page\n[good](program.cc) [also](#a-page) [web](https://example.org/x)\n"
                   "[bad](nowhere.md) [bad](#nowhere)\n")
        broken = [target for target, _ in links.broken_links(self.root / "page.md")]
        self.assertEqual(broken, ["nowhere.md", "#nowhere"])


if __name__ == "__main__":
    unittest.main()
