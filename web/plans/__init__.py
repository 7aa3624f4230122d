"""Named plans: what was asked on the decision page, kept beside the ledger, opened, downloaded and deleted.

Read in this order:
- as_query    pure: a plan -> the query of an address that asks for the same
- routes      addresses; what changes anything is taken from our own pages only"""
