# Everything starts here: `make help` lists the targets. Each sets up what it needs in .venv and is quick when that is done.

PYTHON ?= python3
BENCH ?= *
# Where test-torch takes PyTorch from: pip's own index, whose Linux build carries CUDA (6 GB, and works without a GPU), or
# a page with CPU builds, such as https://download.pytorch.org/whl/cpu.
TORCH_INDEX ?=
FUZZ_SECONDS ?= 300

VENV := .venv
TORCH_VENV := .venv-torch
BIN := $(VENV)/bin
# One pip for every install; quiet, so that what a target prints is its own.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUST := Cargo.toml Cargo.lock $(shell find rust/core rust/python rust/run \( -name '*.rs' -o -name Cargo.toml \))
C_RUST := $(shell find rust/abi rust/capi rust/micro rust/micro-c -type f)
AARCH64 := aarch64-unknown-linux-gnu
# Targets of pysnn-run, each linked statically.
EDGE_HOST := $(shell uname -m)-unknown-linux-gnu
EDGE_TARGETS := aarch64-unknown-linux-musl armv7-unknown-linux-gnueabihf riscv64gc-unknown-linux-gnu
EDGE := dist/edge
# Processors without a system that the library for microcontrollers is tried on, and those that the engine must compile for.
MICRO_TARGETS := thumbv6m-none-eabi thumbv7em-none-eabi riscv32imac-unknown-none-elf
FUZZ := rust/fuzz

export PYTHONDONTWRITEBYTECODE ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup quickstart test test-fast test-rust test-python test-torch test-interop check check-targets format bench peers bench-peers wheels wheel-trial sdist-trial edge-native edge-c edge-micro edge-wasm edge test-edge test-wasm test-micro docs tutorial-outputs test-site test-aarch64 sanitize fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The virtual environment: the tools are there, and Python is new enough.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "pysnn needs Python 3.11 or newer: $(PYTHON) was not found (make PYTHON=/path/to/python3)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "pysnn needs Python 3.11 or newer: $$($(PYTHON) --version) is too old (make PYTHON=/path/to/python3)"; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PIP) install --upgrade 'pip>=25.1'

# The package, in place (edits of Python files take effect at once), with its Rust core in release mode.
$(VENV)/.package: pyproject.toml $(RUST) | $(BIN)/python
	$(call install,--editable '.[plot]')
	@touch $@

# The same, with what works on the tree: every extra, the test runner, the linters.
$(VENV)/.dev: pyproject.toml $(RUST) | $(BIN)/python
	$(call install,--editable '.[all]' --group dev)
	@touch $(VENV)/.package $@

define install
@command -v cargo >/dev/null || { echo "building pysnn needs Rust: cargo was not found on the PATH (https://rustup.rs)"; exit 1; }
@echo "building pysnn and installing it in $(VENV) (a few minutes the first time)"
@$(PIP) install $(1)
endef

setup: $(VENV)/.dev ## make .venv with the package, its extras and the development tools

quickstart: $(VENV)/.package ## set everything up and run the main job on real digits
	@$(BIN)/pysnn quickstart

test: test-rust test-python ## set everything up and pass the tests

test-fast: $(VENV)/.dev ## pass the quick Python tests, without real data, in under a minute
	$(BIN)/python -m pytest -q -m "not slow and not data" --deselect pysnn/quickstart.py

test-rust: $(VENV)/.dev
	cargo test --quiet -p pysnn-core -p pysnn-run -p pysnn-abi -p pysnn-capi -p pysnn-micro

test-python: $(VENV)/.dev $(EDGE)/pysnn-run $(EDGE)/c/bin/suite
	PYSNN_REQUIRE_RUST=1 $(BIN)/python -m pytest

# PyTorch is large, so it has an environment of its own, and only the tests that need it run there.
$(TORCH_VENV)/.ready: pyproject.toml $(RUST) | $(BIN)/python
	@command -v cargo >/dev/null || { echo "building pysnn needs Rust: cargo was not found on the PATH (https://rustup.rs)"; exit 1; }
	@echo "making $(TORCH_VENV) with PyTorch (up to 6 GB; TORCH_INDEX=$(or $(TORCH_INDEX),pip's own))"
	@$(BIN)/python -m venv $(TORCH_VENV)
	@$(TORCH_VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(TORCH_VENV)/bin/python -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) \
		--editable '.[torch]' --group torch-test
	@touch $@

test-torch: $(TORCH_VENV)/.ready ## test what needs PyTorch (import, training), with it in an environment of its own
	$(TORCH_VENV)/bin/python -m pytest tests/unit/importers/torch tests/unit/finetune pysnn/finetune

# The libraries whose networks are imported, at the versions of benchmarks/peers/requirements.txt, in one environment with PyTorch.
.venv-peers/.interop: pyproject.toml benchmarks/peers/requirements.txt $(RUST)
	@PYTHON=$(PYTHON) TORCH_INDEX=$(TORCH_INDEX) sh benchmarks/peers/make_env.sh .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@.venv-peers/bin/python -m pip install --quiet --editable '.[nir,events,plot]' --group torch-test
	@touch $@

test-interop: .venv-peers/.interop ## test imports from snnTorch, SpikingJelly, sinabs and Norse, with these in an environment of their own
	.venv-peers/bin/python -m pytest tests/unit/importers/spiking tests/unit/importers/nir tests/data/test_interop.py tests/meta/test_tutorials.py

check: $(VENV)/.dev ## what CI runs: format, lints, types, then the tests
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	@$(MAKE) --no-print-directory check-targets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory test

# Processors of 32 bits, with a system and without: what is not installed is named and left out.
check-targets: ## check that the engine compiles for armv7 and wasm32, and the library for microcontrollers for thumbv7em
	@for words in "armv7-unknown-linux-gnueabihf pysnn-core" "wasm32-unknown-unknown pysnn-core" "thumbv7em-none-eabi pysnn-micro" "thumbv7em-none-eabi pysnn-micro --no-default-features"; do \
		set -- $$words; \
		if rustc --print target-libdir --target $$1 | xargs test -d; then \
			echo "checking $$2 for $$1 $$3"; cargo check --quiet -p $$2 --target $$1 $$3 || exit 1; \
		else \
			echo "not checked for $$1: rustup target add $$1"; \
		fi; \
	done

format: $(VENV)/.dev ## format the sources and mend what the linters can mend
	cargo fmt --all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.docs: $(VENV)/.dev
	@$(PIP) install --group docs
	@touch $@

# The site goes to its place when it is whole. A second build of the same package runs only the tutorials that have changed.
docs: $(VENV)/.docs ## build the documentation site into site/, run its tutorials, check its links
	$(BIN)/sphinx-build -q -W --keep-going -b html -d build/docs/doctrees docs build/docs/html
	@rm -rf site && cp -R build/docs/html site
	$(BIN)/python -m scripts.check_site site

# Where the libraries are that these tutorials need.
tutorial-outputs: .venv-peers/.interop ## run the tutorials that need PyTorch, and keep their outputs for the site
	@.venv-peers/bin/python -m pip install --quiet --group docs
	.venv-peers/bin/python -m scripts.keep_tutorial_outputs

$(VENV)/.test-site: $(VENV)/.docs
	@$(PIP) install --group test-site
	@touch $@

test-site: docs $(VENV)/.test-site ## open the site in a browser without a window (apt install chromium chromium-driver)
	PYSNN_SITE=$(CURDIR)/site $(BIN)/python -m pytest -q tests/site

bench: $(VENV)/.dev ## check the claims of docs/performance.md, or one: make bench BENCH=import_time
	@for script in $$(grep -l __main__ benchmarks/claims/$(BENCH).py); do \
		echo "== $$script"; $(BIN)/python -m benchmarks.claims.$$(basename $$script .py) || exit 1; \
	done

peers: ## make .venv-peers with the libraries that pysnn is compared with
	@PYTHON=$(PYTHON) TORCH_INDEX=$(TORCH_INDEX) sh benchmarks/peers/make_env.sh .venv-peers

bench-peers: $(VENV)/.dev ## measure pysnn beside other libraries, and write the tables of docs/performance.md
	$(BIN)/python -m benchmarks.peers
	$(BIN)/python -m benchmarks.peers.page

$(VENV)/.wheels: $(VENV)/.dev
	@$(PIP) install --group wheels
	@touch $@

wheels: $(VENV)/.wheels ## build the platform wheel, the pure-Python wheel and the sdist into dist/
	$(BIN)/python scripts/build_wheels.py

wheel-trial: wheels ## install each wheel in an empty environment without Rust and run it there
	$(BIN)/python scripts/try_wheels.py

sdist-trial: wheels ## build a wheel from the sdist, as pip does where no wheel fits, and run it
	$(BIN)/python scripts/try_wheels.py --sdist

edge-native: $(EDGE)/pysnn-run ## build dist/edge/pysnn-run, a static program that runs exported networks without Python

$(EDGE)/pysnn-run: $(RUST)
	@command -v cargo >/dev/null || { echo "building pysnn-run needs Rust: cargo was not found on the PATH (https://rustup.rs)"; exit 1; }
	@echo "building $@"
	@sh scripts/build_edge.sh $(EDGE_HOST) $@

edge-c: $(EDGE)/c/bin/suite ## build dist/edge/c, the C library with its header

$(EDGE)/c/bin/suite: $(RUST) $(C_RUST)
	@command -v cargo >/dev/null || { echo "building the C library needs Rust: cargo was not found on the PATH (https://rustup.rs)"; exit 1; }
	@echo "building $(EDGE)/c"
	@sh scripts/build_capi.sh $(EDGE)/c

edge-micro: ## build dist/edge/micro, the C library for microcontrollers
	@for target in $(MICRO_TARGETS); do for kind in "" -dense; do sh scripts/build_micro.sh $$target $(EDGE)/micro/$$target$$kind.a || exit 1; done; done

edge-wasm: ## build dist/edge/pysnn-run.wasm, the program for WebAssembly
	@sh scripts/build_edge.sh wasm32-wasip1 $(EDGE)/pysnn-run.wasm

edge: $(EDGE)/pysnn-run ## build it for aarch64, armv7 and riscv64 too
	@for target in $(EDGE_TARGETS); do sh scripts/build_edge.sh $$target $(EDGE)/pysnn-run-$${target%%-*} || exit 1; done

test-edge: edge edge-c ## test pysnn-run of the other processors under qemu-user, and the C library under valgrind
	@command -v qemu-aarch64 >/dev/null || { echo "this needs an emulator: apt install qemu-user"; exit 1; }
	PYSNN_RUN="qemu-aarch64 $(EDGE)/pysnn-run-aarch64" $(BIN)/python -m pytest -q tests/parity/test_pysnn_run.py tests/parity/test_pysnn_run_first_spike.py
	PYSNN_RUN="qemu-arm $(EDGE)/pysnn-run-armv7" $(BIN)/python -m pytest -q tests/parity/test_pysnn_run.py tests/parity/test_pysnn_run_first_spike.py
	PYSNN_RUN="qemu-riscv64 $(EDGE)/pysnn-run-riscv64gc" $(BIN)/python -m pytest -q tests/parity/test_pysnn_run.py tests/parity/test_pysnn_run_first_spike.py
	@command -v valgrind >/dev/null || { echo "this needs valgrind: apt install valgrind"; exit 1; }
	PYSNN_SUITE="valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite $(EDGE)/c/bin/suite" $(BIN)/python -m pytest -q tests/parity/test_c_library.py
	@command -v cmake >/dev/null || { echo "this needs CMake: apt install cmake pkg-config"; exit 1; }
	cmake -S rust/abi/examples -B build/examples -DCMAKE_PREFIX_PATH=$(CURDIR)/$(EDGE)/c && cmake --build build/examples

test-wasm: edge-wasm ## test pysnn-run for WebAssembly in Node
	@command -v node >/dev/null || { echo "this needs Node.js 20 or newer: apt install nodejs"; exit 1; }
	PYSNN_RUN="node --no-warnings $(CURDIR)/rust/run/wasi.mjs $(EDGE)/pysnn-run.wasm" $(BIN)/python -m pytest -q tests/parity/test_pysnn_run.py tests/parity/test_pysnn_run_first_spike.py tests/parity/test_wasm.py

# Boards whose emulator or compiler is missing are skipped by name.
test-micro: edge-micro ## test the library for microcontrollers on emulated boards
	PYSNN_MICRO=1 $(BIN)/python -m pytest -q -rs tests/parity/test_micro.py

test-aarch64: ## test the Rust core as aarch64 code under qemu-user
	@command -v qemu-aarch64 >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null \
		|| { echo "this needs an emulator and a linker: apt install qemu-user gcc-aarch64-linux-gnu"; exit 1; }
	@rustc --print target-libdir --target $(AARCH64) | xargs test -d \
		|| { echo "this needs Rust's aarch64 library: rustup target add $(AARCH64)"; exit 1; }
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
		cargo test --quiet -p pysnn-core --target $(AARCH64)

# Miri is a part of nightly toolchains alone, and a thread sanitiser without a standard library that was built for it takes
# every join for a race. What the pool's one transmute promises, that no helper holds the work of a caller that has left, is a
# matter of lifetimes: the address sanitiser sees every use of a stack frame that is gone.
sanitize: ## test the thread pool, and what runs on it, with the address sanitiser
	RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer" \
	ASAN_OPTIONS=detect_stack_use_after_return=1 CARGO_TARGET_DIR=target/sanitize \
		cargo test --quiet -p pysnn-core --lib --target $(shell rustc -vV | sed -n 's/host: //p')

fuzz: ## fuzz the readers of .psnn files, of plans and of exported networks, FUZZ_SECONDS for each of four targets
	@cargo fuzz --version >/dev/null 2>&1 || { echo "this needs cargo-fuzz: cargo install cargo-fuzz"; exit 1; }
	@mkdir -p $(FUZZ)/corpus/read_psnn $(FUZZ)/corpus/read_psnn_built $(FUZZ)/corpus/read_plan $(FUZZ)/corpus/read_exported
	cd rust && RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz read_plan fuzz/corpus/read_plan fuzz/seeds_plan \
		-- -max_len=8192 -timeout=10 -rss_limit_mb=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1
	cd rust && RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz read_exported fuzz/corpus/read_exported ../tests/golden \
		-- -max_len=8192 -timeout=10 -rss_limit_mb=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1
	cd rust && RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz read_psnn fuzz/corpus/read_psnn fuzz/seeds ../tests/golden \
		-- -dict=fuzz/psnn.dict -max_len=4096 -timeout=10 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1
	cd rust && RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz read_psnn_built fuzz/corpus/read_psnn_built \
		-- -max_len=512 -timeout=10 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1

clean: ## remove .venv and everything built
	rm -rf $(VENV) $(TORCH_VENV) .venv-peers target dist build site docs/api/pages pysnn/_core*.so rust/fuzz/target
