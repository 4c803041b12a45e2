//! `budgets`: what may be spent on model calls. Few rows, read whole whenever `connection_defaults.revision` has changed. What is
//! left of one is nowhere stored: the ledger tells it, so that a process that dies leaks nothing.
//!
//! * calls since the period began, from the index alone, of all: `llm_calls_age`; of one account: `llm_calls_owner`; of one project: `llm_calls_project`

crate::migration!(
    "m0015_budgets",
    up: "
    CREATE TABLE budgets (
        id {uuid} NOT NULL PRIMARY KEY,
        scope TEXT NOT NULL,
        user_id {uuid},
        project TEXT,
        period TEXT NOT NULL,
        max_nano_usd BIGINT,
        max_calls BIGINT,
        allow_unknown_price BOOLEAN NOT NULL,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        created_by {uuid},
        updated_at BIGINT NOT NULL,
        updated_by {uuid}
    );
    CREATE UNIQUE INDEX budgets_of ON budgets (scope, COALESCE(user_id, {nil}), COALESCE(project, ''), period);
    ALTER TABLE llm_calls ADD COLUMN reserved_nano_usd BIGINT;
    DROP INDEX llm_calls_age;
    CREATE INDEX llm_calls_age ON llm_calls (created_at, state, cost_nano_usd, reserved_nano_usd);
    DROP INDEX llm_calls_owner;
    CREATE INDEX llm_calls_owner ON llm_calls (owner_id, created_at, state, cost_nano_usd, reserved_nano_usd);
    CREATE INDEX llm_calls_project ON llm_calls (rtrim(issue_key, '0123456789'), created_at, state, cost_nano_usd, reserved_nano_usd);
    ",
    down: "
    DROP INDEX llm_calls_project;
    DROP INDEX llm_calls_owner;
    CREATE INDEX llm_calls_owner ON llm_calls (owner_id, created_at);
    DROP INDEX llm_calls_age;
    CREATE INDEX llm_calls_age ON llm_calls (created_at);
    ALTER TABLE llm_calls DROP COLUMN reserved_nano_usd;
    DROP TABLE budgets
    "
);
