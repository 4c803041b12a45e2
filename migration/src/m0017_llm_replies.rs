//! `llm_replies`: what models answered, by a hash of all that they were asked. The same question is not paid for twice while an
//! answer is kept. Found by its primary key; what is old leaves by `llm_replies_age`.

crate::migration!(
    "m0017_llm_replies",
    up: "
    CREATE TABLE llm_replies (
        question TEXT NOT NULL PRIMARY KEY,
        model TEXT NOT NULL,
        reply TEXT NOT NULL,
        created_at BIGINT NOT NULL
    );
    CREATE INDEX llm_replies_age ON llm_replies (created_at);
    ",
    down: "
    DROP TABLE llm_replies
    "
);
