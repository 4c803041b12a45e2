//! `batches`: many jobs from one JQL query or list of keys; `batch_items`: each story of a batch, in the order in which it was
//! found, with its job or why it has none. `jobs.batch_id`: the batch that a job is of.
//!
//! * the batch whose expansion is due longest: `batches_due` (partial: `due_at` is empty once it is expanded)
//! * those that have not ended, for the relay: `batches_open` (partial)
//! * lists: `batches_owner`, the primary key (UUIDv7 = time order); old ones, for pruning: `batches_ended` (partial)
//! * a story once in each batch: `batch_items_issue` (unique); pages of items: primary key of `batch_items`
//! * children by state and in their order, for top-ups, counters and the end: `jobs_batch` (partial)

crate::migration!(
    "m0022_batches",
    up: "
    CREATE TABLE batches (
        id {uuid} NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        connection TEXT NOT NULL,
        request TEXT NOT NULL,
        owner_id {uuid} NOT NULL,
        request_id TEXT NOT NULL,
        priority INTEGER NOT NULL,
        concurrency INTEGER NOT NULL,
        max_cost_nano_usd BIGINT,
        topped BIGINT NOT NULL,
        paused_at BIGINT,
        pause_code TEXT,
        cancelled_at BIGINT,
        found BIGINT NOT NULL,
        has_more BOOLEAN NOT NULL,
        page_token TEXT,
        due_at BIGINT,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        error_code TEXT,
        error_message TEXT,
        created_at BIGINT NOT NULL,
        expanded_at BIGINT,
        ended_at BIGINT,
        updated_at BIGINT NOT NULL
    );
    CREATE INDEX batches_due ON batches (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX batches_open ON batches (id) WHERE ended_at IS NULL;
    CREATE INDEX batches_owner ON batches (owner_id, id);
    CREATE INDEX batches_ended ON batches (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE batch_items (
        batch_id {uuid} NOT NULL,
        n BIGINT NOT NULL,
        issue_id TEXT NOT NULL,
        issue_key TEXT NOT NULL,
        job_id {uuid},
        skip TEXT,
        since BIGINT,
        PRIMARY KEY (batch_id, n)
    );
    CREATE UNIQUE INDEX batch_items_issue ON batch_items (batch_id, issue_id);
    ALTER TABLE jobs ADD COLUMN batch_id {uuid};
    CREATE INDEX jobs_batch ON jobs (batch_id, status, id) WHERE batch_id IS NOT NULL;
    ",
    down: "
    DROP INDEX jobs_batch;
    ALTER TABLE jobs DROP COLUMN batch_id;
    DROP TABLE batch_items;
    DROP TABLE batches
    "
);
