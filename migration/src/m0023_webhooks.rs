//! `webhook_endpoints`: where a user is told what happens, ten at most (`slot`). `webhook_targets`: how each place that is told
//! something fares, endpoints and the hosts of callbacks alike. `webhook_deliveries` tells of more than jobs from now on: it
//! has an owner, a kind, a target, and for what is no job its words. What an older version writes meanwhile has the target ''
//! and takes owner and kind from its job.
//!
//! * who is told of an event: `webhook_endpoints_slot` (unique, partial)
//! * the oldest due delivery of a target: `deliveries_due` (partial); those under way: `deliveries_sent` (partial)
//! * those a lapsed worker held: `deliveries_running` (partial)
//! * the log of an endpoint: `deliveries_endpoint`; of a job: `deliveries_job`; old ones: `deliveries_ended` (partial)

crate::migration!(
    "m0023_webhooks",
    up: "
    CREATE TABLE webhook_endpoints (
        id {uuid} NOT NULL PRIMARY KEY,
        owner_id {uuid} NOT NULL,
        slot INTEGER NOT NULL,
        name TEXT NOT NULL,
        url TEXT NOT NULL,
        target TEXT NOT NULL,
        events TEXT NOT NULL,
        enabled BOOLEAN NOT NULL,
        disabled_at BIGINT,
        disabled_why TEXT,
        secret_sealed TEXT,
        old_secret_sealed TEXT,
        old_secret_until BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        deleted_at BIGINT
    );
    CREATE UNIQUE INDEX webhook_endpoints_slot ON webhook_endpoints (owner_id, slot) WHERE deleted_at IS NULL;
    CREATE TABLE webhook_targets (
        id TEXT NOT NULL PRIMARY KEY,
        failures BIGINT NOT NULL,
        failing_since BIGINT
    );
    CREATE TABLE deliveries_before AS SELECT * FROM webhook_deliveries;
    DROP TABLE webhook_deliveries;
    CREATE TABLE webhook_deliveries (
        id {uuid} NOT NULL PRIMARY KEY,
        owner_id {uuid},
        endpoint_id {uuid},
        target TEXT NOT NULL DEFAULT '',
        url TEXT,
        kind TEXT,
        job_id {uuid},
        event_seq BIGINT,
        data TEXT,
        status TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        due_at BIGINT NOT NULL,
        ring_at BIGINT NOT NULL,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        tried_at BIGINT,
        last_status INTEGER,
        last_error TEXT,
        last_answer TEXT,
        created_at BIGINT NOT NULL,
        ended_at BIGINT
    );
    INSERT INTO webhook_deliveries (id, owner_id, target, url, kind, job_id, event_seq, status, attempt, due_at, ring_at,
        lease_owner, epoch, last_status, last_error, created_at, ended_at)
        SELECT d.id, j.owner_id, '', d.url, e.kind, d.job_id, d.event_seq, d.status, d.attempt, d.due_at, d.ring_at,
        d.lease_owner, d.epoch, d.last_status, d.last_error, d.created_at, d.ended_at FROM deliveries_before d
        JOIN jobs j ON j.id = d.job_id JOIN job_events e ON e.job_id = d.job_id AND e.seq = d.event_seq;
    INSERT INTO webhook_targets (id, failures) VALUES ('', 0);
    DROP TABLE deliveries_before;
    CREATE INDEX deliveries_due ON webhook_deliveries (target, due_at) WHERE status = 'queued';
    CREATE INDEX deliveries_sent ON webhook_deliveries (target) WHERE status = 'running';
    CREATE INDEX deliveries_running ON webhook_deliveries (lease_owner) WHERE status = 'running';
    CREATE INDEX deliveries_endpoint ON webhook_deliveries (endpoint_id, id) WHERE endpoint_id IS NOT NULL;
    CREATE INDEX deliveries_job ON webhook_deliveries (job_id);
    CREATE INDEX deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
    ",
    down: "
    CREATE TABLE deliveries_before AS SELECT * FROM webhook_deliveries WHERE job_id IS NOT NULL AND url IS NOT NULL;
    DROP TABLE webhook_deliveries;
    DROP TABLE webhook_targets;
    DROP TABLE webhook_endpoints;
    CREATE TABLE webhook_deliveries (
        id {uuid} NOT NULL PRIMARY KEY,
        job_id {uuid} NOT NULL,
        event_seq BIGINT NOT NULL,
        url TEXT NOT NULL,
        status TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        due_at BIGINT NOT NULL,
        ring_at BIGINT NOT NULL,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        last_status INTEGER,
        last_error TEXT,
        created_at BIGINT NOT NULL,
        ended_at BIGINT
    );
    INSERT INTO webhook_deliveries (id, job_id, event_seq, url, status, attempt, due_at, ring_at, lease_owner, epoch, last_status,
        last_error, created_at, ended_at) SELECT id, job_id, event_seq, url, status, attempt, due_at, ring_at, lease_owner, epoch,
        last_status, last_error, created_at, ended_at FROM deliveries_before;
    DROP TABLE deliveries_before;
    CREATE INDEX deliveries_due ON webhook_deliveries (due_at) WHERE status = 'queued';
    CREATE INDEX deliveries_running ON webhook_deliveries (lease_owner) WHERE status = 'running';
    CREATE INDEX deliveries_job ON webhook_deliveries (job_id);
    CREATE INDEX deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL
    "
);
