# `make` alone lists what there is to do. ARGS goes to the program at the end of a target: make demo ARGS=--help

ARGS ?=
# The executable that tests start, in whatever folder cargo builds into.
TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
WITH_SERVICES := tests/services/with-services.sh

.DEFAULT_GOAL := help
.PHONY: help demo build check fmt docs test test-quick chaos rolling contract audit bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the server with a Jira of its own and example stories: no service, no key
	cargo run -p cli --bin jqa -- demo $(ARGS)

build: ## Build everything (ARGS=--release for the real thing)
	cargo build --workspace $(ARGS)

check: ## Formatting, lints and documentation; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

fmt: ## Format the code
	cargo fmt --all

docs: ## Build the documentation of the code, private items too
	cargo doc --workspace --no-deps --document-private-items $(ARGS)

test: ## Every test, also those on real PostgreSQL and Redis (own servers, installed if missing)
	tests/services/services.sh install
	cargo build --workspace --all-targets
	JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" $(WITH_SERVICES) cargo test --workspace --no-fail-fast $(ARGS)

test-quick: ## The tests that need no service: SQLite and the queue in the process
	cargo build --workspace --all-targets
	env -u JQA_TEST_POSTGRES_URL -u JQA_TEST_REDIS_URL -u JQA_TEST_SERVICES -u JQA_TEST_SERVICES_DIR \
		JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" cargo test --workspace $(ARGS)

# One scenario after the other: how soon jobs run again is not to tell of the machine's other work.
chaos: ## The long chaos run: servers and workers die, nothing is lost (SEED=n repeats one)
	tests/services/services.sh install
	cargo build -p cli --bin jqa
	cargo test -p tests --test chaos --no-run
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; \
	echo "chaos: repeat this run by 'make chaos SEED=$$seed'"; \
	JQA_CHAOS=long JQA_CHAOS_SEED=$$seed RUST_TEST_THREADS=1 JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" \
		$(WITH_SERVICES) cargo test -p tests --test chaos -- --nocapture --include-ignored $(ARGS) \
		|| { status=$$?; echo "chaos: failed with SEED=$$seed"; exit $$status; }

rolling: ## Processes are replaced behind nginx, then killed, while clients work: nothing fails, is lost or done twice (ARGS=10 rounds)
	cargo build -p cli --bin jqa
	JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" tests/deploy/rolling.sh $(ARGS)
	JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" tests/deploy/killing.sh

contract: ## Programs of others look at us: signatures of webhooks, every operation of the OpenAPI document (installed below target)
	cargo build -p cli --bin jqa
	JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" tests/contract/standardwebhooks.sh
	JQA_TEST_BIN="$(TARGET_DIR)/debug/jqa" tests/contract/schemathesis.sh $(ARGS)

audit: ## Licences, bans and advisories of all dependencies (cargo-deny, installed if missing; advisories need the network)
	command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny check $(ARGS)

bench: ## Measure the release build, with servers of its own (ARGS=guard: under attack)
	cargo build --release -p cli --bin jqa
	cargo build --release -p tests --bin bench
	JQA_TEST_BIN="$(TARGET_DIR)/release/jqa" $(WITH_SERVICES) cargo run --release -p tests --bin bench -- $(ARGS)

clean: ## Remove what was built
	cargo clean
