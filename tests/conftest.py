"""Puts tests/ on the import path of the tests in its folders."""
