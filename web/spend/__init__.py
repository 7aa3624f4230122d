"""The overview: what a month has cost, on what, and what it will come to.

Read in this order:
- answers     the questions to the ledger
- remembered  sums of days that are over, read once
- forecast    pure: days that are over -> what the month comes to, with a range
- comparison  pure: against the month before
- hosting     pure: self-hosted beside cloud
- breakdowns  pure: sums by name -> rows with shares, links and what is to be known of them
- days        pure: spend by day and model, as a chart and as a table
- page        answers -> everything that the template prints
- routes      the addresses"""
