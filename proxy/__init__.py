"""The reverse proxy. Bytes pass through unchanged; a copy is metered.

Read in this order:
- upstream, route     where a call may go: names, model patterns, the dialect, the default
- headers             which headers travel, both ways
- asked, upload, form, decoding  what a request asks for: as much of its body as routing and metering need
- top, needs, needs_ollama, needs_completions   the members of that body; what it needs of a model beside text
- attribution         who pays: from headers, body, keys and rules
- aliases, body_names, tags     what a call says of itself, in our words and in those of others
- client_key, gate, permission, models_named   who is let in, and what the key of a client allows
- credential, workload_rule     the label of a key; the rules of the configuration
- bounds, distinct    how long names may be, and how many
- lenient, json_text  decoding JSON that may be none; what a string in it is
- sse, ndjson, outline, dialects/   sans-IO: bytes in, events and usage out; no sockets, no clock
- tap, inflate, learned         listens to one answer; what it has learned so far
- untold              an answer that is no stream by its head, and one by its first bytes
- listening           which tap an answer gets
- kept, estimate/, estimator    tokens of calls whose upstream reports none
- include_usage, json_edit   asking for usage on the client's behalf, and hiding that we did
- record, call_ids, call_name, watch   one attempt's row, from open to end; its id, and name in the log;
  who counts it
- retries             which attempts are one call
- reported            what upstream wrote of its usage, as a row keeps it: the numbers
- plan                all that is decided before the first attempt
- request, outlet     a request as it is seen here; its answer, framed for the client
- forward, attempts, sending    the handler: a request in, an answer out; the attempts of a call; one of them
- answer_body         the body of an answer, and who broke it; inflated where it is edited
- relay               one answer from upstream to the client, in step with the ledger
- handshake, websocket          who may open a WebSocket; what passes over it, and what is metered of that
- websocket_frames, inbox, silence   its frames, sans-IO; what came and was not passed on yet; its idle limit
- upstream_client, upstream_errors   the one door to upstreams; why nothing came back through it
- wire, upgrade, upstream_protocol   one connection behind that door, for calls or a WebSocket; where answers
  end, and what comes unasked
- departure, hang_up          a client that leaves while its upload waits; an end that upstream hears of now
- budget, expected    how much calls may cost, and have; what one may cost, from its request alone
- hold, spending      what a call tells budgets; those without room are refused
- room                whether one more call has the open files that it needs
- refusal             our own answers, in the shape of the API that was called"""
