//! `api_keys`: what programs come in with. Only the hash of a key is kept.
//!
//! * each request: `api_keys_hash` (unique); open streams: the primary key
//! * somebody's keys: `api_keys_owner`; everybody's: the primary key (UUIDv7 = time order)

crate::migration!(
    "m0010_api_keys",
    up: "
    CREATE TABLE api_keys (
        id {uuid} NOT NULL PRIMARY KEY,
        user_id {uuid} NOT NULL,
        name TEXT NOT NULL,
        prefix TEXT NOT NULL,
        hash TEXT NOT NULL,
        permissions TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        last_used_at BIGINT,
        revoked_at BIGINT,
        revoked_by {uuid}
    );
    CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
    CREATE INDEX api_keys_owner ON api_keys (user_id, id);
    ",
    down: "DROP TABLE api_keys"
);
