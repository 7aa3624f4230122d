"""What payback check looks at. Nothing here changes anything, and all of it works beside a running server.

Read in this order:
- finding       what a check says: ok, warn or FAIL, and a sentence
- ledger_file   the ledger, its sums, its writer, its spool, its SQLite
- machine       permissions, disk, clock, aiohttp
- client_keys   the keys that clients were given
- budgets       can each concern a call
- upstreams     can they be reached
- prices        how old is the catalogue, and which models have no price
- tokenizers    can tokens be estimated"""
