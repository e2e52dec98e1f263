# make demo    pictures and numbers of a trained agent in a maze, from nothing but Python 3.11
# make test    everything that protects us: format, types, tests, README
# make quick   the tests without notebooks, experiments, statistics, sweeps and the course
# make bench   speed, as ratios within one run
# make notebooks   run the notebooks of experiments/ and playground/ again and keep their outputs
# make docs    the documentation as a website, in build/docs
# make slides  the slides of the course on crops and humans, as PDF
#
# With PYTHON=python3.12 or python3.13, each has an environment of its own beside .venv.

ifeq ($(origin PYTHON),undefined)
PYTHON := python3
VENV := .venv
else
VENV = .venv-$(VERSION)
endif
VERSION := $(shell $(PYTHON) -c 'print("%d.%d" % __import__("sys").version_info[:2])')
CONSTRAINTS := constraints/python$(VERSION).txt
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# A thread for each worker is faster than two that wait for each other. Many tests start Python, so
# bytecode is kept.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal
LONG := test_notebooks.py benchmarks studies statistics sweeps

.PHONY: demo test quick format bench notebooks docs slides constraints clean

demo: $(INSTALLED)
	$(BIN)/procgen-tools demo

test: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST)

quick: $(INSTALLED)
	$(PYTEST) -rs $(addprefix --ignore tests/,$(LONG))

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED)
	$(BIN)/procgen-tools bench env
	$(BIN)/procgen-tools bench vfield
	$(BIN)/procgen-tools bench effects
	$(BIN)/procgen-tools bench train
	$(BIN)/procgen-tools bench step

notebooks: $(INSTALLED)
	$(BIN)/python scripts/run_notebooks.py

docs: $(INSTALLED)
	$(BIN)/python scripts/make_docs.py

slides: $(INSTALLED)
	$(BIN)/python scripts/make_slides.py

# Versions are pinned; a change of these files installs again.
$(INSTALLED): pyproject.toml setup.py $(wildcard $(CONSTRAINTS))
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	  sys.exit(None if (3, 11) <= v < (3, 14) else \
	  "Python %d.%d is not supported: use 3.11 to 3.13, for instance make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[lab,procgen,scale,app,docs,dev]'
	touch $@

# The CUDA libraries are pinned by torch itself, where it needs them.
constraints: $(INSTALLED)
	@{ echo "# Versions that the tests pass with. Made by 'make constraints PYTHON=python$(VERSION)'."; \
	  $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//' \
	  | grep -v -e '^nvidia-' -e '^cuda-' -e '^triton=' | sort -f; } > constraints.tmp
	@mv constraints.tmp $(CONSTRAINTS)

clean:
	rm -rf .venv .venv-3.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
