"""From measured demand to the month in which self-hosting pays off: pure arithmetic on the ledger's answers.

Read in this order:
- period         months of one length
- specs          what machines, models, quantisations and engines are; catalogue/ is what is known of them
- columns        the ledger's calls, as columns
- traffic        the same with what each call was billed as: what a projection is made of
- demand, sizes, arrivals   what a workload asks for: how much, how large, when, how many at once
- trend, forecast           what a short history says of the months to come
- backtest, families        how often the truth lay within what a forecast named
- rig, roofline  does it fit, and how fast: memory, bandwidth, arithmetic
- batching, replay, sizing   the user's own requests on machines not bought yet: waits, how many
- owning         what a machine costs, bought or rented
- finance, returns, quantiles   the month that pays back, present values, rates of return; many paths at once
- price_columns, totals   the same calls at other prices, call by call and in all
- hosted, ladder          at others' APIs; with cheaper levers first
- outcome, fleet   what a projection answers, and what it needs to know of machines that serve a workload
- moving, asked             which calls could move to an open model, and what they ask of a machine
- fitting, ranking, candidates   which machines to look at: how a model is put on them, and at what cost
- curve, sized              how many copies the traffic takes, and what becomes of them at other volumes
- amounts, keys, assumptions, plan, plan_file   what somebody considers, and how a file states it
- draws          what the paths draw: assumptions, prices, volumes
- hosts, purchases, work, buying     machines around cards; what is bought when; what it costs
- moves, courses, machines           what each course costs, month by month, on every path
- case, hosting, ground, options, reckoning   which courses stand open to a workload, all on the same paths
- compare, sensitivity, verdict   one course against another; what the answer hangs on; a sentence
- project        all of it, for one workload and one plan
- volume         calls made up from a stated volume, for those without a ledger
- claim_text, claim         whether a speed that somebody claims is possible
- scenarios/     the cases of two articles as plans"""
