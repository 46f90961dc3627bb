"""Tests of the counting, for `python -m unittest`."""

import unittest

from server import count


class CountTest(unittest.TestCase):
    def test_counts_words_in_any_case(self):
        self.assertEqual(count("A b a\nB a"), {"a": 3, "b": 2})

    def test_nothing_has_no_words(self):
        self.assertEqual(count(" \n"), {})


if __name__ == "__main__":
    unittest.main()
