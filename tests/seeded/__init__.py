"""Bugs that are planted, one at a time, in a copy of payback: the tests that are to see each must fail.
Read in this order:
- mutant        one bug: where, what stood there, what stands there now, what it breaks, who must see it
- tree          a copy of the project in which a bug can be planted and taken out again
- runner        the tests of one mutant, run on a copy; whether all of them have seen it
- mutants/      the bugs, by theme
- test_mutants  each can be planted, and the tests that it names are there; `make seeded` runs them"""
