//! `generation_history`, `llm_calls`, `publish_targets`, `publications`: what was made, paid and written.
//!
//! * the latest accepted criteria of a story, and versions: `history_story`
//! * calls of a job: `llm_calls_job`
//! * the target of a publication: primary keys; those a job holds: `publish_targets_job`

crate::migration!(
    "m0003_results",
    up: "
    CREATE TABLE generation_history (
        id {uuid} NOT NULL PRIMARY KEY,
        job_id {uuid} NOT NULL,
        connection TEXT NOT NULL,
        issue_id TEXT NOT NULL,
        issue_key TEXT NOT NULL,
        kind TEXT NOT NULL,
        version BIGINT NOT NULL,
        accepted BOOLEAN NOT NULL,
        acceptance_criteria_json TEXT,
        test_scenarios_json TEXT,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        prompt_version TEXT NOT NULL,
        source_hash TEXT NOT NULL,
        sources_json TEXT NOT NULL,
        usage_json TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        created_by {uuid} NOT NULL,
        created_at BIGINT NOT NULL
    );
    CREATE UNIQUE INDEX history_job ON generation_history (job_id);
    CREATE INDEX history_story ON generation_history (connection, issue_id, version);
    CREATE INDEX history_issue ON generation_history (issue_key, id);
    CREATE INDEX history_creator ON generation_history (created_by, id);
    CREATE TABLE llm_calls (
        id {uuid} NOT NULL PRIMARY KEY,
        job_id {uuid} NOT NULL,
        stage TEXT NOT NULL,
        epoch BIGINT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        state TEXT NOT NULL,
        reserved_tokens BIGINT NOT NULL,
        input_tokens BIGINT,
        output_tokens BIGINT,
        created_at BIGINT NOT NULL,
        settled_at BIGINT
    );
    CREATE INDEX llm_calls_job ON llm_calls (job_id);
    CREATE TABLE publish_targets (
        connection TEXT NOT NULL,
        issue_id TEXT NOT NULL,
        mode TEXT NOT NULL,
        job_id {uuid} NOT NULL,
        epoch BIGINT NOT NULL,
        held_until BIGINT NOT NULL,
        PRIMARY KEY (connection, issue_id, mode)
    );
    CREATE INDEX publish_targets_job ON publish_targets (job_id);
    CREATE TABLE publications (
        connection TEXT NOT NULL,
        issue_id TEXT NOT NULL,
        mode TEXT NOT NULL,
        what TEXT NOT NULL,
        marker TEXT NOT NULL,
        state TEXT NOT NULL,
        action TEXT NOT NULL,
        remote_id TEXT,
        written_hash TEXT,
        intent_hash TEXT NOT NULL,
        send_by BIGINT NOT NULL,
        job_id {uuid} NOT NULL,
        epoch BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (connection, issue_id, mode, what)
    );
    CREATE INDEX publications_job ON publications (job_id);
    ",
    down: "
    DROP TABLE publications;
    DROP TABLE publish_targets;
    DROP TABLE llm_calls;
    DROP TABLE generation_history;
    "
);
