# One word per chore. Needs only Python 3.11+ and make; everything else goes into .venv.
PYTHON ?= python3
BIN = .venv/bin
CONFIG ?= config.toml

SCENES ?=

.PHONY: demo install run check-config check test bench pictures clean

demo: .venv/running  ## the bot and a chat page on made-up people, no account needed
	$(BIN)/python bot.py demo

install: .venv/running  ## what the bot needs, into .venv

run: .venv/running  ## the real bot, with config.toml
	$(BIN)/python bot.py migrate --config $(CONFIG)
	$(BIN)/python bot.py run --config $(CONFIG)

check-config: .venv/running  ## every mistake of config.toml, content and database
	$(BIN)/python bot.py check --config $(CONFIG)

check: .venv/developing  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: check  ## check, then all tests
	$(BIN)/python -m pytest -n $$($(BIN)/python -c "import os; print(1 + os.cpu_count())") --dist worksteal

bench: .venv/developing  ## the figures of docs/architecture.md; takes about an hour
	$(BIN)/python -m bench.reply  # 5 minutes
	$(BIN)/python -m bench.crash --clerks 3 --persons 12  # 10 minutes
	$(BIN)/python -m bench.broadcast  # 8 minutes
	$(BIN)/python -m bench.clock  # half an hour
	$(BIN)/python -m bench.monkey  # half an hour
	$(BIN)/python -m bench.questions  # seconds

pictures: .venv/developing  ## the staff guide's, from the demo; needs chromium; 8 minutes
	$(BIN)/python docs/pictures.py $(SCENES)

.venv/running: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/developing: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/running

clean:
	rm -rf .venv data/demo
