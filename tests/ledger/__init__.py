"""The ledger's tests: one file for each module.

- made_up   entries made up for them, and hypothesis strategies
- kept      ledgers to keep entries in, and a plain dict that says what should be there"""
