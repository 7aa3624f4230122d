-- Sums by day and by month: those of a year, by hundreds of names, are read in hundredths of a second.

-- How far rollup_hour is summed up: one row, which the writer moves on when hours are over.
CREATE TABLE rollup_folded (
    hour  INTEGER NOT NULL  -- hours since the Unix epoch: those before it are; what is told of them is added to all sums
) STRICT;
INSERT INTO rollup_folded (hour) VALUES (0);

-- rollup_hour summed up, of the hours before rollup_folded.hour: the last day may be a part of itself. Days and
-- months are UTC's, and are called by their first hour. The columns are those of rollup_hour (payback check proves it).
CREATE TABLE rollup_day (
    dimension                 TEXT    NOT NULL,
    hour                      INTEGER NOT NULL,  -- hours since the Unix epoch: the day's first
    label_id                  INTEGER NOT NULL,
    calls                     INTEGER NOT NULL,
    input_tokens              INTEGER NOT NULL,
    cache_read_tokens         INTEGER NOT NULL,
    cache_write_tokens        INTEGER NOT NULL,
    output_tokens             INTEGER NOT NULL,
    reasoning_tokens          INTEGER NOT NULL,
    list_cost_nusd            INTEGER NOT NULL,
    unpriced_calls            INTEGER NOT NULL,
    self_hosted_calls         INTEGER NOT NULL,
    not_billed_calls          INTEGER NOT NULL,
    estimated_calls           INTEGER NOT NULL,
    interrupted_calls         INTEGER NOT NULL,
    failed_calls              INTEGER NOT NULL,
    upstream_cost_nusd        INTEGER NOT NULL,
    upstream_cost_list_nusd   INTEGER NOT NULL,
    estimated_list_cost_nusd  INTEGER NOT NULL,
    PRIMARY KEY (dimension, hour, label_id)
) STRICT, WITHOUT ROWID;

-- rollup_day summed up, of the days before the one of rollup_folded.hour: so may the last month be.
CREATE TABLE rollup_month (
    dimension                 TEXT    NOT NULL,
    hour                      INTEGER NOT NULL,  -- hours since the Unix epoch: the month's first
    label_id                  INTEGER NOT NULL,
    calls                     INTEGER NOT NULL,
    input_tokens              INTEGER NOT NULL,
    cache_read_tokens         INTEGER NOT NULL,
    cache_write_tokens        INTEGER NOT NULL,
    output_tokens             INTEGER NOT NULL,
    reasoning_tokens          INTEGER NOT NULL,
    list_cost_nusd            INTEGER NOT NULL,
    unpriced_calls            INTEGER NOT NULL,
    self_hosted_calls         INTEGER NOT NULL,
    not_billed_calls          INTEGER NOT NULL,
    estimated_calls           INTEGER NOT NULL,
    interrupted_calls         INTEGER NOT NULL,
    failed_calls              INTEGER NOT NULL,
    upstream_cost_nusd        INTEGER NOT NULL,
    upstream_cost_list_nusd   INTEGER NOT NULL,
    estimated_list_cost_nusd  INTEGER NOT NULL,
    PRIMARY KEY (dimension, hour, label_id)
) STRICT, WITHOUT ROWID;
