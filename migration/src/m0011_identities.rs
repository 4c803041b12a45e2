//! `identities`: who an account is at an identity provider. `sign_ins`: sign-ins that were completed in a browser and wait to be
//! exchanged for tokens; only the hash of their code is kept.
//!
//! * each sign-in: the primary keys; what an account is known by: `identities_user`; forgotten codes: `sign_ins_age`

crate::migration!(
    "m0011_identities",
    up: "
    CREATE TABLE identities (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        user_id {uuid} NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (issuer, subject)
    );
    CREATE INDEX identities_user ON identities (user_id);
    CREATE TABLE sign_ins (
        hash TEXT NOT NULL PRIMARY KEY,
        user_id {uuid} NOT NULL,
        expires_at BIGINT NOT NULL
    );
    CREATE INDEX sign_ins_age ON sign_ins (expires_at);
    ",
    down: "DROP TABLE sign_ins; DROP TABLE identities"
);
