#!/usr/bin/env python3
"""Tests of code_sizes.py."""

import unittest

import code_sizes

TEXT = """namespace a {
class B {
 public:
  B() : x_{1}, y_(2) {
    if (x_) {
      y();
    }
  }
  int x_{0};
  int y_ = 3;
};
template <typename T>
void Free(T) {
  auto l = [] {
    return "}";  // }
  };
}
int table[] = {1, 2};
enum class Kind { kOne };
int Short() { return 1; }
}
"""


class Functions(unittest.TestCase):
    def test_finds_bodies_and_nothing_else(self):
        self.assertEqual([(3, 6), (12, 6), (20, 1)], list(code_sizes.functions(TEXT)))

    def test_describes_the_distribution(self):
        sizes = [(size, f"f{size}") for size in range(1, 101)]
        self.assertEqual("x: 100, median 51 lines, p90 91, max 100 (f100)", code_sizes.describe("x", sizes))
        self.assertEqual("x: none", code_sizes.describe("x", []))


if __name__ == "__main__":
    unittest.main()
