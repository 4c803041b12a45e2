//! `workers`, `jobs`, `artifacts`, `job_events`, `idempotency_keys`: the job model.
//!
//! * claim, ring, direct take: `jobs_due` (partial: only queued rows are in it, so it stays small)
//! * reclaim, resynchronisation of a worker: `jobs_running` (partial)
//! * lists: `jobs_owner`, `jobs_issue`, the primary key (UUIDv7 = time order)
//! * prune: `jobs_ended` (partial), `idempotency_expiry`
//!
//! A worker's lease is one row in `workers`, not one value a job: a renewal costs the same for one job and for
//! thousands, and touches no index of `jobs`.

crate::migration!(
    "m0002_jobs",
    up: "
    CREATE TABLE workers (
        id TEXT NOT NULL PRIMARY KEY,
        lease_until BIGINT NOT NULL,
        started_at BIGINT NOT NULL
    );
    CREATE TABLE jobs (
        id {uuid} NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        stage TEXT NOT NULL,
        issue_key TEXT NOT NULL,
        issue_id TEXT,
        connection TEXT NOT NULL,
        request TEXT NOT NULL,
        owner_id {uuid} NOT NULL,
        request_id TEXT NOT NULL,
        lane TEXT NOT NULL,
        priority INTEGER NOT NULL,
        due_at BIGINT NOT NULL,
        ring_at BIGINT NOT NULL,
        deadline_at BIGINT NOT NULL,
        deadline_left BIGINT,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        attempt INTEGER NOT NULL,
        max_attempts INTEGER NOT NULL,
        crashes INTEGER NOT NULL,
        solo_crashes INTEGER NOT NULL,
        solo BOOLEAN NOT NULL,
        event_seq BIGINT NOT NULL,
        cancel_requested_at BIGINT,
        error_code TEXT,
        error_message TEXT,
        content_hash TEXT,
        approved_hash TEXT,
        approved_by {uuid},
        history_id {uuid},
        created_at BIGINT NOT NULL,
        started_at BIGINT,
        updated_at BIGINT NOT NULL,
        ended_at BIGINT
    );
    CREATE INDEX jobs_due ON jobs (lane, priority DESC, due_at) WHERE status = 'queued';
    CREATE INDEX jobs_running ON jobs (lease_owner) WHERE status = 'running';
    CREATE INDEX jobs_owner ON jobs (owner_id, id);
    CREATE INDEX jobs_issue ON jobs (issue_key, id);
    CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE artifacts (
        job_id {uuid} NOT NULL,
        stage TEXT NOT NULL,
        epoch BIGINT NOT NULL,
        data TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (job_id, stage)
    );
    CREATE TABLE job_events (
        job_id {uuid} NOT NULL,
        seq BIGINT NOT NULL,
        kind TEXT NOT NULL,
        at BIGINT NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (job_id, seq)
    );
    CREATE TABLE idempotency_keys (
        caller {uuid} NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        body_hash TEXT NOT NULL,
        job_id {uuid} NOT NULL,
        status INTEGER NOT NULL,
        response TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (caller, method, path, idempotency_key)
    );
    CREATE INDEX idempotency_expiry ON idempotency_keys (expires_at);
    ",
    down: "
    DROP TABLE idempotency_keys;
    DROP TABLE job_events;
    DROP TABLE artifacts;
    DROP TABLE jobs;
    DROP TABLE workers;
    "
);
