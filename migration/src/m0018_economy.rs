//! `llm_questions`: calls that are given away in batches, from the question to its answer; `provider_batches`: the batches,
//! each with what is under way at the provider. `jobs.woken`: an answer came while the job was being looked at, so that it is
//! due again at once.
//!
//! * the open question of a job: `llm_questions_open` (partial, unique: the same is not asked twice at a time)
//! * those that wait to be given away: `llm_questions_waiting` (partial)
//! * those of a batch: `llm_questions_batch`; of a job, for pruning: `llm_questions_job`
//! * batches that something is to be done about: `provider_batches_due` (partial: `due_at` is empty once nothing is);
//!   those of a connection that are under way: `provider_batches_remote`

crate::migration!(
    "m0018_economy",
    up: "
    CREATE TABLE llm_questions (
        id {uuid} NOT NULL PRIMARY KEY,
        job_id {uuid} NOT NULL,
        stage TEXT NOT NULL,
        question TEXT NOT NULL,
        connection TEXT NOT NULL,
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        state TEXT NOT NULL,
        batch_id {uuid},
        reply TEXT,
        model_answered TEXT,
        error TEXT,
        created_at BIGINT NOT NULL
    );
    CREATE UNIQUE INDEX llm_questions_open ON llm_questions (job_id, stage, question) WHERE state <> 'read';
    CREATE INDEX llm_questions_waiting ON llm_questions (connection, model, created_at) WHERE state = 'waiting';
    CREATE INDEX llm_questions_batch ON llm_questions (batch_id, state) WHERE batch_id IS NOT NULL;
    CREATE INDEX llm_questions_job ON llm_questions (job_id);
    CREATE TABLE provider_batches (
        id {uuid} NOT NULL PRIMARY KEY,
        connection TEXT NOT NULL,
        model TEXT NOT NULL,
        state TEXT NOT NULL,
        upload_id TEXT,
        remote_id TEXT,
        begun_at BIGINT,
        due_at BIGINT,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        cancel_asked_at BIGINT,
        error_code TEXT,
        error_message TEXT,
        candidates TEXT,
        created_at BIGINT NOT NULL,
        ended_at BIGINT
    );
    CREATE INDEX provider_batches_open ON provider_batches (state) WHERE state NOT IN ('ended', 'failed');
    CREATE INDEX provider_batches_due ON provider_batches (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX provider_batches_remote ON provider_batches (connection, remote_id);
    CREATE INDEX provider_batches_ended ON provider_batches (ended_at) WHERE ended_at IS NOT NULL;
    ALTER TABLE jobs ADD COLUMN woken BOOLEAN NOT NULL DEFAULT FALSE;
    ",
    down: "
    ALTER TABLE jobs DROP COLUMN woken;
    DROP TABLE provider_batches;
    DROP TABLE llm_questions
    "
);
