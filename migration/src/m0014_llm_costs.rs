//! What a model call cost, and for whom it was made.
//!
//! * `GET /usage` of one person: `llm_calls_owner`; of all: `llm_calls_age`

crate::migration!(
    "m0014_llm_costs",
    up: "
    ALTER TABLE llm_calls ADD COLUMN cached_tokens BIGINT;
    ALTER TABLE llm_calls ADD COLUMN cache_write_tokens BIGINT;
    ALTER TABLE llm_calls ADD COLUMN reasoning_tokens BIGINT;
    ALTER TABLE llm_calls ADD COLUMN cost_nano_usd BIGINT;
    ALTER TABLE llm_calls ADD COLUMN owner_id {uuid};
    ALTER TABLE llm_calls ADD COLUMN issue_key TEXT;
    CREATE INDEX llm_calls_owner ON llm_calls (owner_id, created_at);
    ",
    down: "
    DROP INDEX llm_calls_owner;
    ALTER TABLE llm_calls DROP COLUMN issue_key;
    ALTER TABLE llm_calls DROP COLUMN owner_id;
    ALTER TABLE llm_calls DROP COLUMN cost_nano_usd;
    ALTER TABLE llm_calls DROP COLUMN reasoning_tokens;
    ALTER TABLE llm_calls DROP COLUMN cache_write_tokens;
    ALTER TABLE llm_calls DROP COLUMN cached_tokens
    "
);
