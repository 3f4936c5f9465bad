"""Puts tests/ itself on the path of the tests in its folders."""
