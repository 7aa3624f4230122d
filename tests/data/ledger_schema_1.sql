-- A ledger of schema 1 as sqlite3's .dump gives it: calls 1 and 2 ended, call 3 left open (tests/ledger/made_up.py).
PRAGMA application_id = 1885436258;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
INSERT INTO "call" VALUES(X'01A1998E440070048000000000000001',X'01A1998E440070048000000000000001',0,2,1793577600000001,NULL,1793577600000010,1,1,2,NULL,3,NULL,NULL,0,200,'ok',NULL,NULL,10,NULL,NULL,NULL,NULL,2,NULL,NULL,'reported','priced',60000,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "call" VALUES(X'01A1998E440070088000000000000002',X'01A1998E440070088000000000000002',0,2,1793577600000002,NULL,1793577600000011,1,1,2,NULL,3,NULL,NULL,0,200,'ok',NULL,NULL,10,NULL,NULL,NULL,NULL,2,NULL,NULL,'reported','priced',60000,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "call" VALUES(X'01A1998E4400700C8000000000000003',X'01A1998E4400700C8000000000000003',0,0,1793577600000003,NULL,NULL,1,1,2,NULL,3,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE label (
    label_id  INTEGER PRIMARY KEY,
    text      TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO "label" VALUES(0,'');
INSERT INTO "label" VALUES(1,'anthropic');
INSERT INTO "label" VALUES(2,'chat');
INSERT INTO "label" VALUES(3,'claude-sonnet-4-5');
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
INSERT INTO "price" VALUES(1,X'4DB8E1D5408E4F64C4630BD3D918518AF39710B4AFA200C7129DD416BEFE1B69','anthropic','claude-sonnet-4-5','standard','[{"meter":"input","usd":"3","per":1000000,"tiers":[]},{"meter":"cache_read","usd":"0.30","per":1000000,"tiers":[]},{"meter":"output","usd":"15","per":1000000,"tiers":[]}]','configuration',NULL,NULL);
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
INSERT INTO "rollup_hour" VALUES('key',498216,0,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('model',498216,3,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('project',498216,0,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('total',498216,0,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('upstream',498216,1,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('user',498216,0,2,20,0,0,4,0,120000,0,0,0,0,0,0);
INSERT INTO "rollup_hour" VALUES('workload',498216,0,2,20,0,0,4,0,120000,0,0,0,0,0,0);
CREATE TABLE setting (
    name   TEXT PRIMARY KEY,  -- key_secret: the key of the hashes that stand for credentials
    value  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "setting" VALUES('key_secret',X'0000000000000000000000000000000000000000000000000000000000000000');
CREATE INDEX call_unfinished ON call (call_id) WHERE state < 2;
CREATE INDEX call_unpriced ON call (call_id, unpriced_reason_label)
    WHERE unpriced_reason_label IS NOT NULL;
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
COMMIT;
