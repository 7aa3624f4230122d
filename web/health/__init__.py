"""How the ledger and the upstreams are doing.

Read in this order:
- page        pure: the ledger's facts, the writer's and the upstreams' -> what the page says
- routes      the address"""
