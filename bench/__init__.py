"""The benchmark: what payback costs a call, an event, a machine; measured, not remembered.

`python -m bench all` runs everything (about twenty minutes), `python -m bench proxy` one load; see `--help`.
Every figure is taken from targets measured in turns (A B C A B C ...) in one run on one machine, because
absolute figures drift with the machine and the ratios do not. Linux only: it reads /proc.
Read in this order:
- errors       what ends a run
- table        results, verdicts, percentiles, and how they are printed; no I/O
- wire         the requests, the answer, and HTTP/1.1 taken apart; no sockets
- events       stream events that carry the time they were written; no sockets, no clock
- clock        an event loop that wakes to the microsecond
- processes    children: started, watched, ended
- nginx        the upstream that is never the bottleneck, and the yardstick
- targets      what is measured: direct, nginx, payback, any other proxy
- throughput   load "proxy": wrk at 32 connections, with chat.lua
- latency, openloop   load "latency": 2,000 requests/s whatever comes back; openloop is its process
- streams, upstream, listeners   load "streams": 256 streams x 50 events/s; the latter two are its processes
- metering, unmetered   load "metering": what listening takes; the latter is payback with its ears shut
- ledger       load "ledger": calls written in batches, reports over a million
- projection, projected   load "projection": a million calls of a workload; the latter is its process
- pages, year, visits, visitor   load "pages": all pages over ten million calls; a ledger of them, which
               addresses there are, and the process that opens them all the time
- memory       load "memory": resident memory, idle and under the streams
- capacity     computed against published speeds of machines; nothing runs; its own command line
- __main__     the command line"""
