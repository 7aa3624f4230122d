"""From measured demand to the month in which self-hosting pays off: pure arithmetic on the ledger's answers.

Read in this order:
- period         months of one length
- specs          what machines, models, quantisations and engines are; catalogue/ is what is known of them
- columns        the ledger's calls, as columns
- demand, sizes, arrivals   what a workload asks for: how much, how large, when, how many at once
- trend, forecast           what a short history says of the months to come
- backtest, families        how often the truth lay within what a forecast named
- rig, roofline  does it fit, and how fast: memory, bandwidth, arithmetic
- batching, replay, load, sizing   the user's own requests on machines not bought yet: waits, how many
- owning         what a machine costs, bought or rented
- finance, returns          the month that pays back, present values, rates of return; many paths at once"""
