//! `policies`: what the organisation (`project` empty) and its projects say about generation. Each version is a row of its own and
//! stays, because results name the versions that they were made under; the latest of each are read whole whenever
//! `connection_defaults.revision` has changed, by `policies_of`.

crate::migration!(
    "m0016_policies",
    up: "
    CREATE TABLE policies (
        id {uuid} NOT NULL PRIMARY KEY,
        project TEXT NOT NULL,
        version BIGINT NOT NULL,
        terms TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        created_by {uuid}
    );
    CREATE UNIQUE INDEX policies_of ON policies (project, version);
    ",
    down: "
    DROP TABLE policies
    "
);
