# Everything works from a fresh clone: each target makes .venv when there is none.
PYTHON ?= python3
BIN := .venv/bin
# numba's cache does not notice when a helper in another file has changed; one named after both files' contents does.
KERNELS := $(CURDIR)/.venv/numba-$(shell cat arena/kernels.py arena/learn/kernels.py | cksum | cut -d ' ' -f 1)

.PHONY: install demo test check bench pictures clean
install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: install  ## the tournament of the shipped scenarios, and its report
	$(BIN)/turncoat tournament docs/demo.yaml --out runs/demo
	@echo "Open runs/demo/report.html in a browser."

test: install  ## every test but the long studies
	NUMBA_CACHE_DIR=$(KERNELS) $(BIN)/python -m pytest -n auto -m "not study"

check: install  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: install  ## speed, both sides of every ratio in one run
	$(BIN)/turncoat bench

pictures:  ## the picture of the README, from the demo's report
	$(BIN)/python docs/pictures.py

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
