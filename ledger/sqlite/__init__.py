"""The ledger in one SQLite file.

Read in this order:
- migrations/, schema   the tables, documented where they are made; is the file ours?
- connection            one connection writes, all others only read
- rows, names           an Entry as a row, and back
- spans, summing        hours, days, months: which sums answer for which hours; how they are kept
- store                 the writing side: rows and rollups in one transaction
- reader, moment, query   the asking side: one transaction for each question; the SQL is in queries/
- rollups, recount      sums, read from rollups; the proof that they are those of the calls
- conditions, search    which calls, and a search for them that ends in time
- calls, upstreams      lists of calls; how upstreams have been doing
- health                is the file whole, and is this SQLite known to be safe
- names_lately          what was named lately, whatever the size of the ledger
- backup                a checked copy, beside a running server
- salvage               what can be read of a damaged ledger, as a new one"""
