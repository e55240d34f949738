#!/usr/bin/env python3
"""docs/security.md names what there is: each test, row and scenario that it names, and each limit with its default."""

import pathlib
import re
import unittest

import rows

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
SCENARIOS = (ROOT / "tests" / "faults" / "scenarios.py").read_text(encoding="utf-8")
LIMITS = (ROOT / "include" / "rhei" / "limits.h").read_text(encoding="utf-8")


def tests_of_the_tree():
    """All tests as Suite.Test."""
    for folder in ("src", "tests", "testing"):
        for path in (ROOT / folder).rglob("*_test.cc"):
            for suite, name in re.findall(r"\bTEST(?:_F)?\((\w+),\s*(\w+)\)", path.read_text(encoding="utf-8")):
                yield f"{suite}.{name}"


class SecurityPage(unittest.TestCase):
    def test_each_test_that_it_names_exists(self):
        named = set(re.findall(r"`(\w+Test\.\w+)`", PAGE))
        self.assertGreater(len(named), 20)
        self.assertEqual(set(), named - set(tests_of_the_tree()))

    def test_each_row_that_it_names_exists(self):
        known = {row.name.split()[0] for row in rows.ROWS}
        named = set(re.findall(r"\b[A-G]\d[a-z]?\b", " ".join(re.findall(r"\brows? [^|`.:]*", PAGE))))
        self.assertGreater(len(named), 20)
        self.assertEqual(set(), named - known)

    def test_each_scenario_that_it_names_exists(self):
        known = set(re.findall(r'Scenario\("(\w\d+) ', SCENARIOS))
        named = set(re.findall(r"\b[A-GS]\d+\b", " ".join(re.findall(r"\bscenarios? [^|`.:]*", PAGE))))
        self.assertGreater(len(named), 5)
        self.assertEqual(set(), named - known)

    def test_each_limit_is_on_the_page(self):
        limits = re.findall(r"^  (?:std::\w+|Duration) (\w+) = ", LIMITS, re.MULTILINE)
        self.assertGreater(len(limits), 20)
        self.assertEqual([], [limit for limit in limits if f"`{limit}`" not in PAGE])

    def test_plain_defaults_are_those_of_the_header(self):
        defaults = dict(re.findall(r"^  std::uint32_t (\w+) = (\d+);", LIMITS, re.MULTILINE))
        for names, values in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|", PAGE, re.MULTILINE):
            for name, value in zip(re.findall(r"`(\w+)`", names), values.split(", ")):
                number = re.fullmatch(r"(\d+)(?: bytes)?", value)
                if number and name in defaults:
                    self.assertEqual(defaults[name], number.group(1), name)


if __name__ == "__main__":
    unittest.main()
