"""The ledger: what a call was, what it cost, what was written down. Knows nothing of HTTP.

Read in this order:
- usage, units, timings, needs   the one place where "input includes cached" is decided; what is told beside
- call            the facts of one call
- money, meter    nano-USD; what is charged for
- price, catalogue, pricebook, pricelist   who says what a token costs, for a call and for those who ask
- rating, judgement   usage x price -> Charge or Unpriced; facts in, the ledger's entry out
- rollup, tally   what an entry adds to the sums that reports are read from; sums on the way
- store, asking   what an engine must do, what pages ask of it; sqlite/ is the one that is built in
- keeper, journal, waiting   group commit; where entries are first when they come faster than that
- spool, aside, after_kill   what happens when the disk will not have it, or nobody lives who would write it
- scribe, scribe_process   the process that this happens in
- writer, line, parcels   the event loop's side of it, and what passes between the two
- lock            one writing process for each ledger
- period, ids     spans of time; ids that sort by time
- exports/        months as files; imports/ other people's records as calls
- as_json         the answers as other people's programs read them
- errors          the tree of what can be wrong"""
