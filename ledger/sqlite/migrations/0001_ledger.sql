-- The ledger: calls, the prices they were charged at, and hourly rollups that reports are read from.

-- Text that is repeated in millions of rows: names of models, upstreams, workloads, reasons.
CREATE TABLE label (
    label_id  INTEGER PRIMARY KEY,
    text      TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO label (label_id, text) VALUES (0, '');  -- in a rollup: the calls that have no such name

-- A price list's rates for one model, as they were used. Never changed: other rates are another row.
CREATE TABLE price (
    price_id      INTEGER PRIMARY KEY,
    fingerprint   BLOB    NOT NULL UNIQUE,   -- sha256 of the price as JSON
    provider      TEXT    NOT NULL,
    model         TEXT    NOT NULL,          -- as the price list names it
    service_tier  TEXT    NOT NULL,
    rates         TEXT    NOT NULL,          -- JSON: [{meter, usd, per, tiers: [{above_input_tokens, usd}]}]
    source        TEXT    NOT NULL,          -- genai-prices and its version, or configuration
    source_url    TEXT,
    since         TEXT                       -- first day the source gives; NULL: it gives none
) STRICT;

-- One row per attempt to reach an upstream. Its id sorts by time, so the table is its own time index.
-- Columns that end in _label name a row of label.
CREATE TABLE call (
    call_id                BLOB    PRIMARY KEY,  -- ours, UUIDv7
    logical_call_id        BLOB    NOT NULL,     -- first attempt's id
    retry_number           INTEGER NOT NULL,
    state                  INTEGER NOT NULL,     -- 0 open, 1 tokens known, 2 ended
    started_us             INTEGER NOT NULL,     -- Unix epoch, UTC; so are all _us
    first_byte_us          INTEGER,              -- NULL: no answer came
    ended_us               INTEGER,              -- NULL: not ended, or interrupted
    upstream_label         INTEGER NOT NULL,
    provider_label         INTEGER,              -- whose prices apply; NULL: nobody's
    operation_label        INTEGER NOT NULL,     -- gen_ai.operation.name
    http_request_label     INTEGER,              -- method and path, of an operation that is not metered
    request_model_label    INTEGER,              -- gen_ai.request.model
    response_model_label   INTEGER,              -- gen_ai.response.model; this one is priced first
    service_tier_label     INTEGER,
    stream                 INTEGER NOT NULL,
    http_status            INTEGER,
    outcome                TEXT,                 -- NULL until state 2
    problem_label          INTEGER,
    upstream_request_id    TEXT,
    input_tokens           INTEGER,              -- total; NULL: no usage is known
    cache_read_tokens      INTEGER,              -- part of input; NULL: not said. So are all parts below
    cache_write_tokens     INTEGER,              -- part of input
    cache_write_1h_tokens  INTEGER,              -- part of cache_write_tokens
    input_audio_tokens     INTEGER,              -- part of input
    output_tokens          INTEGER,              -- total
    reasoning_tokens       INTEGER,              -- part of output
    output_audio_tokens    INTEGER,              -- part of output
    usage_basis            TEXT    NOT NULL,
    pricing                TEXT,                 -- NULL until tokens are known or the call has ended
    list_cost_nusd         INTEGER,              -- nano-USD; NULL: not priced
    price_id               INTEGER,
    unpriced_reason_label  INTEGER,
    workload_label         INTEGER,
    project_label          INTEGER,
    user_label             INTEGER,
    key_label              INTEGER,              -- keyed hash of the credential
    client_label           INTEGER,
    session                TEXT,
    tags                   TEXT,                 -- k=v,k=v
    CHECK (length(call_id) = 16 AND length(logical_call_id) = 16),
    CHECK (state IN (0, 1, 2)),
    CHECK (stream IN (0, 1)),
    CHECK (outcome IN ('ok', 'upstream_error', 'upstream_broke', 'timeout', 'client_left', 'interrupted')),
    CHECK ((outcome IS NOT NULL) = (state = 2)),
    CHECK (usage_basis IN ('reported', 'estimated', 'partial', 'none')),
    CHECK ((input_tokens IS NULL) = (usage_basis = 'none')),
    CHECK ((output_tokens IS NULL) = (usage_basis = 'none')),
    CHECK (input_tokens BETWEEN 0 AND 9007199254740991),
    CHECK (output_tokens BETWEEN 0 AND 9007199254740991),
    CHECK (coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) <= coalesce(input_tokens, 0)),
    CHECK (coalesce(reasoning_tokens, 0) <= coalesce(output_tokens, 0)),
    CHECK (pricing IN ('priced', 'unpriced', 'self_hosted', 'not_billed')),
    CHECK ((list_cost_nusd IS NOT NULL) = (pricing IS NOT NULL AND pricing = 'priced')),
    CHECK ((price_id IS NOT NULL) = (pricing IS NOT NULL AND pricing = 'priced')),
    CHECK ((unpriced_reason_label IS NOT NULL) = (pricing IS NOT NULL AND pricing = 'unpriced'))
) STRICT, WITHOUT ROWID;
CREATE INDEX call_unfinished ON call (call_id) WHERE state < 2;  -- serves: recovery, reports on a live ledger
CREATE INDEX call_unpriced ON call (call_id, unpriced_reason_label)
    WHERE unpriced_reason_label IS NOT NULL;                     -- serves: why calls have no cost

-- Sums by UTC hour and one dimension; always equal to the sum of the calls (payback check proves it).
CREATE TABLE rollup_hour (
    dimension           TEXT    NOT NULL,  -- total, model, workload, project, user, key or upstream
    hour                INTEGER NOT NULL,  -- hours since the Unix epoch, UTC, of the call's start
    label_id            INTEGER NOT NULL,  -- the dimension's value; 0: calls without one, and total
    calls               INTEGER NOT NULL,
    input_tokens        INTEGER NOT NULL,
    cache_read_tokens   INTEGER NOT NULL,
    cache_write_tokens  INTEGER NOT NULL,
    output_tokens       INTEGER NOT NULL,
    reasoning_tokens    INTEGER NOT NULL,
    list_cost_nusd      INTEGER NOT NULL,  -- of the priced calls
    unpriced_calls      INTEGER NOT NULL,
    self_hosted_calls   INTEGER NOT NULL,
    not_billed_calls    INTEGER NOT NULL,
    estimated_calls     INTEGER NOT NULL,
    interrupted_calls   INTEGER NOT NULL,
    failed_calls        INTEGER NOT NULL,  -- upstream_error, upstream_broke, timeout
    PRIMARY KEY (dimension, hour, label_id)
) STRICT, WITHOUT ROWID;

-- What belongs to the ledger as a whole.
CREATE TABLE setting (
    name   TEXT PRIMARY KEY,  -- key_secret: the key of the hashes that stand for credentials
    value  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- For people with a SQL prompt: calls with their names. Money stays in nano-USD, exact.
CREATE VIEW call_named AS
SELECT lower(hex(call_id)) AS call_id,
       strftime('%Y-%m-%dT%H:%M:%S', started_us / 1000000, 'unixepoch') || 'Z' AS started_at,
       upstream.text AS upstream, operation.text AS operation,
       request_model.text AS request_model, response_model.text AS response_model,
       http_status, outcome, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
       usage_basis, pricing, list_cost_nusd, reason.text AS unpriced_reason,
       workload.text AS workload, project.text AS project, user.text AS user, key.text AS key
  FROM call
  JOIN label AS upstream ON upstream.label_id = upstream_label
  JOIN label AS operation ON operation.label_id = operation_label
  LEFT JOIN label AS request_model ON request_model.label_id = request_model_label
  LEFT JOIN label AS response_model ON response_model.label_id = response_model_label
  LEFT JOIN label AS reason ON reason.label_id = unpriced_reason_label
  LEFT JOIN label AS workload ON workload.label_id = workload_label
  LEFT JOIN label AS project ON project.label_id = project_label
  LEFT JOIN label AS user ON user.label_id = user_label
  LEFT JOIN label AS key ON key.label_id = key_label;
