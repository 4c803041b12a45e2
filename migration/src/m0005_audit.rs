//! `audit_logs`: who did what to what; rows are only added.
//!
//! * by resource: `audit_resource`; prune by age: the primary key (UUIDv7 = time order)

crate::migration!(
    "m0005_audit",
    up: "
    CREATE TABLE audit_logs (
        id {uuid} NOT NULL PRIMARY KEY,
        at BIGINT NOT NULL,
        user_id {uuid},
        action TEXT NOT NULL,
        resource_type TEXT NOT NULL,
        resource_id TEXT NOT NULL,
        details TEXT NOT NULL,
        ip TEXT,
        user_agent TEXT,
        request_id TEXT
    );
    CREATE INDEX audit_resource ON audit_logs (resource_type, resource_id);
    ",
    down: "DROP TABLE audit_logs"
);
