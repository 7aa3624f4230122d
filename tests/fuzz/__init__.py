"""Whatever the bytes, what reads them does not fall over: everything that parses, fed with spoilt examples.
Read in this order:
- mutate        spoils bytes, the same way at every run
- target        what is fed, with what, and what must hold whatever is fed
- campaign      feeds one target for a while; what it found
- seeds         good examples: bodies as they were recorded, and some written for this
- cutting       bytes in pieces; complaints that a program logs
- strict        an answer of HTTP, read by the letter
- targets/      all there is to feed, by theme
- test_mutate, test_campaign, test_strict   that spoiling spoils, and that what is wrong is found
- test_targets  every target for a moment, as tests; `make fuzz` feeds them for minutes"""
