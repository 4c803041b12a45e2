//! `jira_configurations`, `llm_configurations`: connections that administrators keep here, their secrets sealed.
//! `connection_defaults`: one row that every change of a connection counts up, which is how processes notice it, and
//! that names the defaults, so that there is one of each at most. It is found by its primary key, and connections by
//! theirs or by their name (unique index); lists for people go along the primary key.

crate::migration!(
    "m0012_connections",
    up: "
    CREATE TABLE jira_configurations (
        id {uuid} NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        base_url TEXT NOT NULL,
        email TEXT NOT NULL,
        token_sealed TEXT NOT NULL,
        options TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        created_by {uuid},
        updated_at BIGINT NOT NULL,
        updated_by {uuid},
        tested_at BIGINT,
        test_result TEXT
    );
    CREATE UNIQUE INDEX jira_configurations_name ON jira_configurations (name);
    CREATE TABLE llm_configurations (
        id {uuid} NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        provider TEXT NOT NULL,
        base_url TEXT NOT NULL,
        model TEXT NOT NULL,
        api_key_sealed TEXT,
        options TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        created_by {uuid},
        updated_at BIGINT NOT NULL,
        updated_by {uuid},
        tested_at BIGINT,
        test_result TEXT
    );
    CREATE UNIQUE INDEX llm_configurations_name ON llm_configurations (name);
    CREATE TABLE connection_defaults (
        id {uuid} NOT NULL PRIMARY KEY,
        revision BIGINT NOT NULL,
        jira_id {uuid},
        llm_id {uuid}
    );
    INSERT INTO connection_defaults (id, revision) VALUES ({nil}, 0);
    ",
    down: "
    DROP TABLE connection_defaults;
    DROP TABLE llm_configurations;
    DROP TABLE jira_configurations;
    "
);
