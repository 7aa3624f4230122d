"""Tests of the house itself: what may import what, what is named where, what must not be in the tree.
Read in this order:
- house          the packages, their modules, the files of the project
- test_imports   the contracts of pyproject.toml hold, and would notice
- test_maps      every package's docstring names what is in it
- test_files     how long a file may be, what no file may say
- test_queries   every query has a header that is true, and a reader
- test_tested    every module is imported by a test
- test_secrets   secrets are compared in a time that tells nothing of them
- test_skips     a skipped test fails in CI"""
