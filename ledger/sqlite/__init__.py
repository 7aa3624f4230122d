"""The ledger in one SQLite file.

Read in this order:
- migrations/, schema   the tables, documented where they are made; is the file ours?
- connection            one connection writes, all others only read
- rows, names           an Entry as a row, and back
- store                 the writing side: rows and rollups in one transaction
- queries/, reader      the asking side
- health                is the file whole, and is this SQLite known to be safe"""
