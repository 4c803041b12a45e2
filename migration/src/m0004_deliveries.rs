//! `webhook_deliveries`: one webhook to one address, with its tries.
//!
//! * due ones: `deliveries_due` (partial)
//! * those a lapsed worker held: `deliveries_running` (partial)

crate::migration!(
    "m0004_deliveries",
    up: "
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
    CREATE INDEX deliveries_due ON webhook_deliveries (due_at) WHERE status = 'queued';
    CREATE INDEX deliveries_running ON webhook_deliveries (lease_owner) WHERE status = 'running';
    CREATE INDEX deliveries_job ON webhook_deliveries (job_id);
    CREATE INDEX deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
    ",
    down: "DROP TABLE webhook_deliveries"
);
