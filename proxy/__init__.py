"""The reverse proxy. Bytes pass through unchanged; a copy is metered.

Read in this order:
- upstream, route     where a call may go: names, model patterns, the dialect, the default
- headers             which headers travel, both ways
- asked               what a request asks for: as much of its body as routing and metering need
- attribution         who pays: from headers, keys and rules
- sse, dialects/      sans-IO: bytes in, events and usage out; no sockets, no clock
- tap, inflate        listens to one answer; what it has learned so far, what must be kept from the client
- include_usage, json_edit   asking upstream for usage on the client's behalf, and hiding that we did
- record              one attempt's row, from open to end
- forward             the handler: a request in, attempts, an answer out
- relay               one answer from upstream to the client, in step with the ledger
- upstream_client, upstream_errors   the one door to upstreams; why nothing came back through it
- refusal             our own answers, in the shape of the API that was called"""
