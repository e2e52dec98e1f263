# make demo    pictures and numbers of a trained agent in a maze, from nothing but Python 3.11
# make test    everything that protects us: format, types, tests, README
# make bench   speed, as ratios within one run
# make notebooks   run the notebooks of experiments/ again and keep their outputs
# make slides  the slides of the course on crops and humans, as PDF

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.PHONY: demo test format bench notebooks slides constraints clean

demo: $(INSTALLED)
	$(BIN)/procgen-tools demo

test: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal  # a thread for each worker

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED)
	$(BIN)/procgen-tools bench env
	$(BIN)/procgen-tools bench vfield
	$(BIN)/procgen-tools bench effects
	$(BIN)/procgen-tools bench train

notebooks: $(INSTALLED)
	$(BIN)/python scripts/run_notebooks.py

slides: $(INSTALLED)
	$(BIN)/python scripts/make_slides.py

# Versions are pinned; a changed pyproject.toml or constraints.txt installs again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	  sys.exit(None if (3, 11) <= v < (3, 14) else \
	  "Python %d.%d is not supported: use 3.11 to 3.13, for instance make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[lab,procgen,scale,dev]'
	touch $@

constraints: $(INSTALLED)
	@{ echo "# Versions that the tests pass with. Made by 'make constraints'."; \
	  $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//' | sort -f; } > constraints.tmp
	@mv constraints.tmp constraints.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
