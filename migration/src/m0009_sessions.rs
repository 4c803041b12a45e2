//! `sessions`: what refresh tokens belong to; `invites`; `login_failures`.
//!
//! * the sessions of an account, and the addresses it came from: `sessions_user`
//! * prune: `sessions_expiry`, `invites_expiry`, `login_failures_forget`
//! * an invitation by its token: `invites_token` (unique)
//!
//! An account without a password has an empty `password_hash`. Nothing that is kept here lets anybody in without the
//! secret key: refresh tokens are computed from a session's seed and the key, invitations are kept as hashes.

crate::migration!(
    "m0009_sessions",
    up: "
    CREATE TABLE sessions (
        id {uuid} NOT NULL PRIMARY KEY,
        user_id {uuid} NOT NULL,
        method TEXT NOT NULL,
        generation BIGINT NOT NULL,
        key_id TEXT NOT NULL,
        seed TEXT NOT NULL,
        ip TEXT,
        user_agent TEXT,
        created_at BIGINT NOT NULL,
        refreshed_at BIGINT NOT NULL,
        idle_until BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        ended_at BIGINT,
        ended_reason TEXT
    );
    CREATE INDEX sessions_user ON sessions (user_id, created_at);
    CREATE INDEX sessions_expiry ON sessions (expires_at);
    CREATE TABLE invites (
        id {uuid} NOT NULL PRIMARY KEY,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        invited_by {uuid},
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at BIGINT
    );
    CREATE UNIQUE INDEX invites_token ON invites (token_hash);
    CREATE INDEX invites_expiry ON invites (expires_at);
    CREATE TABLE login_failures (
        name TEXT NOT NULL PRIMARY KEY,
        failures INTEGER NOT NULL,
        wait_until BIGINT NOT NULL,
        forget_at BIGINT NOT NULL
    );
    CREATE INDEX login_failures_forget ON login_failures (forget_at);
    ",
    down: "
    DROP TABLE login_failures;
    DROP TABLE invites;
    DROP TABLE sessions;
    "
);
