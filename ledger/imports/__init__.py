"""Other people's records as calls.

Read in this order:
- azure_trace   arrival times and token counts, as Microsoft publishes them
- keep          into the ledger, so that keeping twice adds nothing"""
