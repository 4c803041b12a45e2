//! The one table of settings. The README shows it; a test compares the two.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in the environment; in a file, the same in lower case without `JQA_`.
    pub name: &'static str,
    /// Its default, as it would be written.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

const fn plain(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, help, secret: false }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", help, secret: true }
}

/// All of them, in the order in which the README shows them.
pub const SETTINGS: &[Setting] = &[
    plain("JQA_DATA_DIR", "./jqa-data", "folder of the embedded database, its lock file and the generated secret key"),
    plain("JQA_DATABASE_URL", "", "`postgres://…` or `sqlite://…`; empty = SQLite in the data folder"),
    plain("JQA_DATABASE_POOL", "16", "connections to PostgreSQL, or readers of SQLite"),
    plain("JQA_DATABASE_ACQUIRE_TIMEOUT", "3s", "how long to wait for a free database connection"),
    plain("JQA_REDIS_URL", "", "`redis://…` or `rediss://…`; empty = queue and events within the process"),
    plain("JQA_REDIS_PREFIX", "jqa", "prefix of our keys and channels in Redis"),
    plain("JQA_QUEUE_BOUND", "500", "messages in the queue, for each lane"),
    plain("JQA_QUEUE_POLL", "100ms", "how often an idle worker looks into Redis without being rung for"),
    plain("JQA_BIND", "127.0.0.1:8000", "address of the API"),
    plain(
        "JQA_OPS_BIND",
        "",
        "address of `/metrics`, `/healthz` and `/readyz`; empty = on the API's address (`serve`, `api`), or 127.0.0.1:8001 (`worker`)",
    ),
    plain("JQA_PUBLIC_URL", "", "where people reach the API, for links; empty = from the address"),
    plain("JQA_MAX_CONNECTIONS", "10000", "HTTP connections at once"),
    plain(
        "JQA_MAX_CONNECTIONS_PER_IP",
        "1000",
        "the same from one address (IPv6: from one /64); trusted proxies may have any number",
    ),
    plain("JQA_HEADER_TIMEOUT", "10s", "time a client has to send a request's headers"),
    plain("JQA_KEEP_ALIVE", "75s", "how long a connection is kept between requests; longer than a proxy in front keeps it"),
    plain(
        "JQA_LIMIT_LOGIN",
        "30/1m+30",
        "logins and the like from one address, such as `30/1m`, with a burst `30/1m+30`; `off` = no limit",
    ),
    plain("JQA_LIMIT_SUBMIT", "600/1m+10000", "requests of one account that create jobs, change something or ask Jira"),
    plain("JQA_LIMIT_READ", "6000/1m+10000", "other requests of one account"),
    plain("JQA_LIMIT_HOOK", "6000/1m+10000", "webhooks of Jira from one address"),
    plain("JQA_LIMIT_IP", "12000/1m+20000", "requests to the API from one address, to one process"),
    plain(
        "JQA_TRUSTED_PROXIES",
        "",
        "proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count, as CIDR blocks separated by commas",
    ),
    plain(
        "JQA_CORS_ORIGINS",
        "",
        "web pages that may call the API from a browser, such as `https://qa.example.com`, separated by commas; empty = none",
    ),
    plain(
        "JQA_TLS_CERT_FILE",
        "",
        "certificate and its chain in PEM; with it the API speaks HTTPS; read again when the file changes",
    ),
    plain("JQA_TLS_KEY_FILE", "", "its private key in PEM"),
    secret(
        "JQA_SECRET_KEY",
        "at least 32 characters, the same for every process; signs tokens and seals secrets; `jqa keys generate` makes one; empty = generated into the data folder (`serve` only)",
    ),
    secret(
        "JQA_SECRET_KEYS_OLD",
        "the secret keys before it, separated by commas: they still open and verify, until `jqa keys rotate` has run",
    ),
    plain("JQA_ACCESS_TOKEN_LIFE", "15m", "how long an access token is good for"),
    plain("JQA_TOKEN_ALGORITHM", "EdDSA", "how access tokens are signed: `EdDSA` or `HS256`"),
    plain("JQA_SESSION_IDLE", "14d", "a login that is not renewed for so long is over"),
    plain("JQA_SESSION_LIFE", "90d", "a login is over after so long, however often it is renewed"),
    plain("JQA_API_KEY_LONGEST", "365d", "how long an API key may be good for; `unlimited` = also for ever"),
    plain(
        "JQA_OIDC_ISSUER",
        "",
        "identity provider for single sign-on, by its issuer, such as `https://id.acme.example/realms/acme`; empty = none",
    ),
    plain("JQA_OIDC_CLIENT_ID", "", "our name there"),
    secret("JQA_OIDC_CLIENT_SECRET", "our secret there; empty = a public client"),
    plain("JQA_OIDC_SCOPES", "openid email profile", "what we ask to be told"),
    plain(
        "JQA_OIDC_ROLE_CLAIM",
        "roles",
        "claim with roles or groups; dots lead into nested claims, such as `realm_access.roles`",
    ),
    plain("JQA_OIDC_ROLES", "", "what they are here, such as `jqa-admins=admin,jqa-testers=qa`"),
    plain("JQA_OIDC_DEFAULT_ROLE", "", "role of everybody else there; empty = they do not get in"),
    plain(
        "JQA_OIDC_LINK_BY_EMAIL",
        "false",
        "`true` = an account that is here already is linked if the provider has checked the e-mail",
    ),
    plain("JQA_ADMIN_EMAIL", "", "first administrator, created or updated at start"),
    secret("JQA_ADMIN_PASSWORD", "their password"),
    plain("JQA_REGISTRATION", "closed", "who may make an account for themselves: `closed`, `invite`, `domain` or `open`"),
    plain("JQA_REGISTRATION_DOMAINS", "", "domains of e-mail addresses for `domain`, separated by commas"),
    plain("JQA_JIRA_NAME", "default", "name of the Jira connection given here"),
    plain(
        "JQA_JIRA_URL",
        "",
        "base URL of Jira, such as `https://acme.atlassian.net`, or `https://jira.acme.example/jira` with its context path",
    ),
    plain(
        "JQA_JIRA_EMAIL",
        "",
        "account the connection acts as: its e-mail, or its user name in a data centre; empty with a personal access token",
    ),
    secret("JQA_JIRA_TOKEN", "its API token, password or personal access token"),
    plain("JQA_JIRA_DEPLOYMENT", "auto", "where Jira runs: `cloud`, `data_center` (Server, too) or `auto` = it is asked"),
    plain(
        "JQA_JIRA_AUTH",
        "auto",
        "how the connection proves whose it is: `basic` (account and token), `bearer` (token alone) or `auto` = `basic` if there is an account",
    ),
    plain("JQA_JIRA_CA_FILE", "", "certificates in PEM of who vouches for Jira, besides those whom the system trusts"),
    plain("JQA_JIRA_TIMEOUT", "30s", "time limit of a call to Jira"),
    plain("JQA_JIRA_MAX_IN_FLIGHT", "16", "calls to Jira at once, for each process"),
    plain(
        "JQA_JIRA_CRITERIA_FIELD",
        "",
        "custom field that holds acceptance criteria, by id or name; empty = common names in six languages",
    ),
    plain(
        "JQA_JIRA_OPTIONS_FILE",
        "",
        "JSON with further options of the connection given here, as `options` of `POST /jira-configurations` takes them: sub-tasks, custom fields, Xray, Zephyr",
    ),
    secret("JQA_XRAY_CLIENT_SECRET", "client secret of Xray Cloud; its `xray.client_id` stands in JQA_JIRA_OPTIONS_FILE"),
    secret("JQA_ZEPHYR_TOKEN", "API token of Zephyr Scale Cloud"),
    secret(
        "JQA_JIRA_WEBHOOK_SECRET",
        "what Jira signs its webhooks to `/api/v1/hooks/jira/{connection}` with, 16 characters at least; empty = they are refused",
    ),
    plain("JQA_JIRA_POLL_JQL", "", "issues that Jira is asked about where its webhooks do not come; empty = none"),
    plain("JQA_JIRA_POLL_EVERY", "5m", "how often: 1m at least"),
    plain("JQA_JIRA_EVENTS_TICK", "1s", "how often a worker looks for what Jira told, and for polls that are due"),
    plain("JQA_LLM_PROVIDER", "offline", "who writes: `offline`, `openai`, `claude`, `gemini` or `openai_compatible`"),
    plain(
        "JQA_LLM_BASE_URL",
        "",
        "base URL of an `openai_compatible` server, such as `http://localhost:11434/v1`; of others, if not their own",
    ),
    secret("JQA_LLM_API_KEY", "its API key, when it wants one"),
    plain("JQA_LLM_MODEL", "", "the model to ask for; empty = the provider's usual one"),
    plain(
        "JQA_LLM_EFFORT",
        "",
        "how much it should think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`; empty = as it does by itself",
    ),
    plain("JQA_LLM_TIMEOUT", "5m", "time limit of a model call, up to 30m"),
    plain(
        "JQA_LLM_FIRST_BYTE_TIMEOUT",
        "60s",
        "time limit of the first byte of a streamed answer, where the provider says something before its model has thought",
    ),
    plain(
        "JQA_LLM_IDLE_TIMEOUT",
        "3m",
        "time limit of silence within a streamed answer, and before it where the provider is silent while its model thinks",
    ),
    plain(
        "JQA_LLM_STREAM",
        "auto",
        "whether answers are asked for as streams: `auto`, `on`, `off`; `auto` = of providers and servers that are known to stream",
    ),
    plain("JQA_LLM_MAX_OUTPUT_TOKENS", "16000", "token limit of a reply, reasoning included"),
    plain("JQA_LLM_MAX_IN_FLIGHT", "64", "model calls at once, for each process"),
    plain("JQA_LLM_CALLS_AT_ONCE", "", "model calls at once, of all workers together; empty = any number"),
    plain("JQA_LLM_REQUESTS_PER_MINUTE", "", "model calls in a minute, of all workers together; empty = any number"),
    plain(
        "JQA_LLM_TOKENS_PER_MINUTE",
        "",
        "tokens in a minute, question and answer, of all workers together; empty = any number",
    ),
    plain("JQA_LLM_FALLBACK", "", "names of model connections, with commas between, that are asked while this one is overloaded"),
    plain("JQA_LLM_REUSE", "24h", "how long a model's answer stands in for the same question, word by word; `off` = never"),
    plain("JQA_ECONOMY_GATHER", "5m", "how long questions of economy jobs are gathered for a batch of the model's provider"),
    plain("JQA_ECONOMY_BATCH", "1000", "calls of such a batch at most; so many are given away at once"),
    plain("JQA_ECONOMY_POLL", "1m", "shortest time between two looks at a batch; the longest is ten times that"),
    plain("JQA_ECONOMY_TICK", "5s", "how often a worker looks for questions and batches"),
    plain("JQA_LLM_STRUCTURED", "json_schema", "how the reply's form is asked for: `json_schema`, `json_object` or `none`"),
    plain(
        "JQA_LLM_SERVER",
        "",
        "what an `openai_compatible` server is: `openai`, `azure`, `openrouter`, `mistral`, `ollama`, `vllm`, `litellm`, `other`; empty = known by its address",
    ),
    plain(
        "JQA_LLM_TOKEN_PARAM",
        "",
        "name of the token limit there: `max_tokens` or `max_completion_tokens`; empty = by the server",
    ),
    plain("JQA_LLM_TEMPERATURE", "", "sampling temperature, for models that take one; empty = not sent"),
    plain("JQA_LLM_ANTHROPIC_VERSION", "2026-10-21", "version of Anthropic's API; some proxies want `2023-06-01`"),
    plain("JQA_LLM_MODELS_FILE", "", "file with rows of models before ours: what they take and cost (docs/models.md)"),
    plain("JQA_LEASE", "15s", "how long a worker owns its jobs after a heartbeat"),
    plain("JQA_HEARTBEAT", "", "how often it renews; empty = a third of the lease"),
    plain("JQA_RELAY_TICK", "500ms", "how often the relay looks for due and orphaned rows"),
    plain("JQA_RING_AGAIN", "15s", "after how long the bell rings again for a row that nobody took"),
    plain("JQA_DIRECT_AFTER", "2s", "how long a row may be due before workers take it straight from the database"),
    plain("JQA_RETRY_BASE", "1s", "first back-off of a failed stage"),
    plain("JQA_RETRY_CAP", "5m", "longest back-off"),
    plain("JQA_MAX_ATTEMPTS", "8", "tries of a stage"),
    plain("JQA_DEADLINE", "24h", "time from submission until a job fails for good"),
    plain("JQA_DEADLINE_BULK", "7d", "the same for jobs of batches"),
    plain("JQA_CONCURRENCY_INTERACTIVE", "1000", "jobs in flight, for each worker"),
    plain("JQA_CONCURRENCY_BULK", "500", "the same for jobs of batches"),
    plain("JQA_CONCURRENCY_WEBHOOK", "64", "webhook deliveries in flight, for each worker"),
    plain("JQA_GRACE", "25s", "time that calls in flight have to end at shutdown"),
    plain("JQA_DRAIN", "5s", "time the API goes on accepting after it reports not ready"),
    plain("JQA_PUBLISH_MARGIN", "30s", "how long after a lost call a write may still appear in Jira"),
    plain("JQA_KEEP_IDEMPOTENCY", "24h", "how long an Idempotency-Key is remembered"),
    plain("JQA_KEEP_JOBS", "30d", "how long ended jobs are kept"),
    plain("JQA_KEEP_HISTORY", "365d", "how long results are kept"),
    plain("JQA_KEEP_AUDIT", "365d", "how long audit entries are kept"),
    plain("JQA_KEEP_LEDGER", "365d", "how long the record of model calls and their tokens is kept; 32d at least"),
    secret("JQA_CALLBACK_SECRET", "`whsec_…`; signs callbacks; empty = derived from the secret key"),
    plain("JQA_OUTBOUND_ALLOW", "", "private addresses that callbacks may go to, as CIDR blocks separated by commas"),
    plain(
        "JQA_CONNECTIONS_ALLOW",
        "",
        "private addresses that connections made through the API may lead to, as CIDR blocks separated by commas",
    ),
    plain("JQA_LOG", "info,sqlx=warn,sea_orm_migration=warn", "log filter, such as `warn` or `info,worker=debug`"),
    plain("JQA_LOG_FORMAT", "auto", "`json`, `text`, or `auto`: text on a terminal"),
];
