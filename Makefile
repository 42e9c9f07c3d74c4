# Every target installs what it needs into .venv first; that takes a moment only when the requirements changed.
BOOT := sh supervise/find_python.sh -m supervise.bootstrap
DEV := $(BOOT) --dev
SERVICES := $(DEV) python -m supervise services --

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run logs stop reset test fast check lint types imports tidy migrations schema format bench bench-scoring bench-features \
	value-of-scores e2e foreign \
	contract docs lock dev

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run:  ## Start the exchange, sell one lead, leave it running (PORT, LISTEN, LEADWRIGHT_HOME, FOREGROUND=1)
	@$(BOOT) python -m supervise run

logs:  ## Follow the logs of all processes (Ctrl-C ends it)
	@$(BOOT) python -m supervise logs

stop:  ## Stop the exchange
	@$(BOOT) python -m supervise stop

reset:  ## Stop and delete all data of this home; .venv stays
	@$(BOOT) python -m supervise reset

test:  ## Run all tests that need no browser and no Node, on two processes; or some of them (T="path or pytest options")
	@$(SERVICES) python -m pytest $(or $(T),-p tests.lanes -n 2 --dist loadfile)

fast:  ## Run the tests that need no server, but for simulations: seconds
	@$(DEV) pytest tests/core -m "not simulation" $(T)

check: lint types imports tidy migrations schema  ## Run every gate that needs no server

lint:  ## Style and layout (ruff)
	@$(DEV) sh -c 'ruff check . && ruff format --check .'

types:  ## Types (mypy --strict)
	@$(DEV) mypy

imports:  ## Who may import whom (import-linter); what is required is used (deptry)
	@$(DEV) sh -c 'lint-imports && deptry --no-ansi .'

tidy:  ## House rules: sizes, names, owners of models
	@$(DEV) pytest -q tests/tidy

migrations:  ## No model without its migration (asked without a database: a running exchange's would refuse to tell)
	@$(DEV) env -u DATABASE_URL LEADWRIGHT_HOME=/nonexistent python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

schema:  ## openapi.yaml says what the code does
	@$(DEV) sh -c 'new=$$(mktemp) && python manage.py spectacular --validate --fail-on-warn --file "$$new" && diff -u openapi.yaml "$$new" \
		&& rm -f "$$new" && exit 0; echo "openapi.yaml and the code differ, or the schema has errors. Try: make docs" >&2; exit 1'

format:  ## Lay out the code (ruff)
	@$(DEV) sh -c 'ruff check --fix . ; ruff format .'

bench:  ## Measure against the bars of the design and print ratios (ARGS="--rounds 5")
	@$(DEV) python -m supervise services --durable -- python benchmarks/run.py $(ARGS)

bench-scoring:  ## Measure learning on public data sets against the bars of the design (DATA=folder)
	@$(DEV) python benchmarks/scoring.py $(or $(DATA),$(error DATA=folder is missing)) $(ARGS)

value-of-scores:  ## Measure what scores are worth to one buyer and to all; writes docs/algorithms/value-of-scores.md
	@$(DEV) python benchmarks/value_of_scores.py

bench-features:  ## Measure what a score costs a ping against its bar (ARGS="--rounds 30")
	@$(DEV) python benchmarks/features.py $(ARGS)

e2e:  ## Run the browser tests against a running exchange, or one of their own (needs Debian's chromium)
	@$(DEV) pytest tests/e2e $(T)

foreign:  ## Let clients that nobody here wrote sell through the exchange (needs Node; T="custom xml" runs those scenarios)
	@$(DEV) python tests/foreign/run.py $(if $(T),"$(T)")

contract:  ## Hold an exchange of its own to openapi.yaml: schemathesis, 10,000 fuzzed bodies, the client, the snippets (needs Node, PHP)
	@$(DEV) pytest tests/contract $(T)

docs:  ## Write what is generated again (openapi.yaml, .env.example, docs/reference, clients/python)
	@$(DEV) sh -c 'python manage.py spectacular --validate --fail-on-warn --file openapi.yaml && python -m config.reference \
		&& python -m exchange.core.reasons >docs/reference/reasons.md && python clients/python/generate.py'

lock:  ## Pin the requirements again, with hashes, for every platform
	@$(DEV) sh -c 'for name in requirements requirements-dev; do uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate "$$name.in" -o "$$name.txt" || exit 1; done'

dev:  ## Install the development packages into .venv
	@$(DEV)
