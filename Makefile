# Everything a user or developer types; `make` alone explains. Each target is one command that can also be typed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

MODEL ?= digits_mlp
BOARD ?= pynq-z2
MCU ?= rp2040
CORES ?= c,cortex-m4,riscv32
CORE := $(filter-out %.toml,$(filter cortex-% riscv32,$(MCU)))
COMMA := ,
RUN ?= runs/$(basename $(notdir $(MODEL)))
TO ?= onnx,qonnx,hls4ml
PYTHON ?=
JOBS ?= 2
ARGS ?=

BIN := .venv/bin
EDGEML := $(BIN)/edgeml
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
# Tests start hundreds of processes; where the environment forbids bytecode, each of them would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
# One stamp per Python asked for; it lies in .venv, so that a new .venv has none.
STAMP := .venv/.setup-$(or $(subst /,_,$(PYTHON)),any)

.PHONY: help setup demo train export hls check synth mcu mcu-presets explore report board test test-slow test-pythons test-brevitas test-wheel docs notebooks test-hgq2 test-all coverage fuzz prove-campaign bench bench-explore bench-front bench-streams lint format lock clean

help: ## this text
	@echo "make TARGET [MODEL=$(MODEL)] [BOARD=$(BOARD)] [MCU=$(MCU)] [RUN=runs/MODEL] [PYTHON=python3.12] [ARGS='more options']"
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Names for MODEL and BOARD: edgeml list presets, edgeml list boards (after: source .venv/bin/activate)"

setup: ## make .venv from requirements.lock and install edgeml into it; again: check and complete it
	@scripts/setup "$(PYTHON)"
	@touch $(STAMP)

$(STAMP): requirements.lock pyproject.toml edgeml/_version.py scripts/setup scripts/locked.py
	@scripts/setup "$(PYTHON)"
	@touch $@

demo: $(STAMP) ## train, emit, check and report the two digit classifiers: the whole tool in some minutes
	$(EDGEML) run digits_mlp
	$(EDGEML) run digits_cnn
	@printf '\nThe reports:\n'; ls runs/digits_mlp/report.* runs/digits_cnn/report.*

train: $(STAMP) ## train MODEL (a preset or a .py file) into RUN
	$(EDGEML) train $(MODEL) --out $(RUN) $(ARGS)

# The steps below need a trained run; one that is there is used as it is.
$(RUN)/model.keras: | $(STAMP)
	$(EDGEML) train $(MODEL) --out $(RUN)

export: $(STAMP) $(RUN)/model.keras ## emit TO=onnx,qonnx,hls4ml from RUN, for BOARD
	$(EDGEML) export $(RUN) --to $(TO) --board $(BOARD) $(ARGS)

hls: $(STAMP) $(RUN)/model.keras ## emit the hls4ml project of RUN for BOARD
	$(EDGEML) export $(RUN) --to hls4ml --board $(BOARD) $(ARGS)

check: $(STAMP) $(RUN)/model.keras ## run every artefact of RUN and compare the integers
	$(EDGEML) check $(RUN) $(ARGS)

synth: $(STAMP) $(RUN)/model.keras ## synthesize RUN for BOARD; open boards (ulx3s-85f, icebreaker) end in a bitstream
	$(EDGEML) synth $(RUN) --board $(BOARD) $(ARGS)

mcu: $(STAMP) $(RUN)/model.keras ## emit the C of RUN, say whether it fits MCU, and check it on CORES under QEMU; MCU may be a core
	$(EDGEML) export $(RUN) --to c $(if $(CORE),,--mcu $(MCU)) $(ARGS)
	$(EDGEML) check $(RUN) --with $(if $(CORE),c$(COMMA)$(CORE),$(CORES))

mcu-presets: $(STAMP) ## every preset on six emulated cores, every test sample (hours); written to docs/mcus-presets.md
	$(BIN)/python -m benchmarks.mcu_presets $(ARGS)

explore: $(STAMP) ## search for designs of MODEL for BOARD (ARGS='--max-lut 40% --max-accuracy-loss 0.5'), JOBS at a time
	$(EDGEML) explore $(MODEL) --board $(BOARD) --jobs $(JOBS) $(ARGS)

report: $(STAMP) $(RUN)/model.keras ## write RUN/report.html, .md and .json
	$(EDGEML) report $(RUN) $(ARGS)

board: $(STAMP) ## open TensorBoard on RUN/logs: http://localhost:6006
	$(BIN)/tensorboard --logdir $(RUN)/logs $(ARGS)

test: $(STAMP) ## the quick tests (some minutes), doctests included
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: $(STAMP) ## the other tests: training, compiled simulations, the wheel
	$(PYTEST) -m slow --durations=25 --durations-min=8 $(ARGS)

test-pythons: ## set-up, first model and quick tests on every Python 3.11 to 3.13 of this machine
	@JOBS=$(JOBS) scripts/test-pythons $(ARGS)

test-brevitas: $(STAMP) ## networks of Brevitas and PyTorch imported; both in .venv-brevitas, installed for it
	@scripts/test-brevitas $(ARGS)

test-wheel: $(STAMP) ## the built wheel in an empty environment: a first run and its report
	@scripts/test-wheel $(ARGS)

# Notebooks whose text and edgeml are those of the last time keep their outputs.
docs: $(STAMP) ## the documentation's site in docs/_build/html; warnings are errors, its links are checked
	$(BIN)/python scripts/notebooks.py --stale --jobs $(JOBS)
	$(BIN)/sphinx-build --builder html --fresh-env --jobs $(JOBS) --fail-on-warning --keep-going --quiet docs docs/_build/html
	$(BIN)/python scripts/links.py docs/_build/html

notebooks: $(STAMP) ## run every notebook of notebooks/, in folders of their own; outputs go to the site
	$(BIN)/python scripts/notebooks.py --jobs $(JOBS) $(ARGS)

test-hgq2: $(STAMP) ## networks of HGQ2 imported, against its own integers; it stands in .venv-hgq2, installed for it
	@scripts/test-hgq2 $(ARGS)

test-all: $(STAMP) ## all tests
	$(PYTEST) $(ARGS)

COVERED := fixed ir passes backends
coverage: $(STAMP) ## line coverage of the exact core by all of its tests; fails below 95 % (half an hour)
	$(PYTEST) $(wildcard $(COVERED:%=tests/%)) tests/traps $(COVERED:%=edgeml/%) $(COVERED:%=--cov=edgeml.%) \
	    --cov-report=json:.coverage.json $(ARGS)
	$(BIN)/python -m tests.covered .coverage.json

N ?= 1000
fuzz: $(STAMP) ## N=1000 random graphs, N/20 QKeras and imported models, N/100 hls4ml projects and Verilog designs
	$(BIN)/python -m tests.fuzz --graphs $(N) --models $$(($(N) / 20)) --hls4ml $$(($(N) / 100)) \
	    --verilog $$(($(N) / 100)) --imports $$(($(N) / 20)) $(ARGS)

EDITS ?= 40
prove-campaign: $(STAMP) ## EDITS=40 errors of one code in RUN's artefacts, each to be refuted with an input (0: all); ARGS="--with c"
	$(BIN)/python -m tests.prove.campaign --run $(RUN) --edits $(EDITS) $(ARGS)

bench: $(STAMP) ## speed against float32 ONNX Runtime and hls4ml, written to docs/benchmarks.md
	$(BIN)/python -m benchmarks.bench $(ARGS)

bench-explore: $(STAMP) ## figures of the search: overhead, two processes, front, a large study (ten minutes on two idle cores)
	$(BIN)/python -m benchmarks.explore $(ARGS)

DATASET ?= digits
bench-front: $(STAMP) ## accuracy and LUTs of DATASET's networks, learned widths beside HGQ2 and da4ml (.venv-hgq2)
	@scripts/hgq2-environment
	$(BIN)/python -m benchmarks.front --dataset $(DATASET) $(ARGS)

NETWORKS ?= ad01 kws resnet8 vww rn07
bench-streams: $(STAMP) ## Verilog streams of MLPerf Tiny's networks: emitted, simulated, estimated; ARGS='--fit --hls4ml'
	$(BIN)/python -m benchmarks.streams $(NETWORKS) $(ARGS)

lint: $(STAMP) ## style, types, dead code and layers; pre-commit and CI run the same
	@failed=; for tool in 'ruff check .' 'ruff format --check .' pyright vulture 'lint-imports --no-logo'; do \
	    echo "$$tool"; $(BIN)/$$tool || failed+="; $$tool"; done; \
	[[ -z $$failed ]] || { echo "make lint: failed$$failed" >&2; exit 1; }

format: $(STAMP) ## rewrite the sources in the project's style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: ## resolve requirements.lock anew (ARGS=--upgrade for the newest versions)
	scripts/lock $(ARGS)

clean: ## remove build products and caches; runs/ and .venv stay
	rm -rf dist docs/_build docs/notebooks docs/project docs/reference .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
