# staleline: the commands of a working day. `make` alone lists them.
#
#   PREFIX, DESTDIR     where `make install` puts things (/usr/local)
#   BUILD               where the package is built        (.build)
#   SOURCE_DATE_EPOCH   the date of manual pages and of the Debian package (that of the last commit)

SHELL := /bin/bash
PREFIX ?= /usr/local
BUILD ?= .build
SWIFT ?= swift
SOURCES := Sources Tests Benchmarks/Package.swift Benchmarks/Sources Package.swift
LIBRARIES := Quantities Operations Events MemoryModel Machines Traces Symbols DMAMapping Statistics \
             Hazards Experiments Stepping Reports Lessons Results

# Debian packages: what a build needs, and what `make bench` needs beside it.
BUILD_PACKAGES := libzstd-dev zlib1g-dev liblzma-dev liblz4-dev libelf-dev libdw-dev libsqlite3-dev pkg-config
BENCH_PACKAGES := gcc libc6-dev binutils valgrind zstd python3 python3-venv
# What `make plugin` needs, and what `make test-capture` and `make capture-example` need beside it.
PLUGIN_PACKAGES := gcc libc6-dev libzstd-dev zlib1g-dev
CAPTURE_PACKAGES := $(PLUGIN_PACKAGES) qemu-user qemu-system-arm gcc-arm-none-eabi gcc-arm-linux-gnueabihf \
                    libc6-dev-armhf-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# What `make test-studio` needs beside a build; Playwright comes from PyPI.
STUDIO_PACKAGES := chromium fonts-dejavu-core python3 python3-venv
# What `make deb` needs beside a build, and what `make test-deb` looks at the result with.
DEB_PACKAGES := dpkg-dev binutils gcc libc6-dev
TEST_DEB_PACKAGES := $(DEB_PACKAGES) man-db mandoc lintian
# What `make test-learn` needs.
LEARN_PACKAGES := tmux procps
APT := apt-get -o DPkg::Lock::Timeout=550

# The backtracer of a crashed process can take minutes; a crash in a test should end the run instead.
export SWIFT_BACKTRACE := enable=no

.DEFAULT_GOAL := help
.PHONY: help setup setup-bench setup-capture setup-kernel-capture setup-learn build plugin demo check test test-long soak \
        test-fix test-docs test-faults test-compare test-sweep test-slurm test-learn test-capture test-studio test-deb test-sanitized coverage fuzz fuzz-corpus \
        capture-example bench \
        bench-peers memcheck docs manual completions format check-format install deb clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# Installs those of $(1) that are missing, without a question; does nothing and asks for no rights if none is.
define install_packages
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6 is needed: https://www.swift.org/install/"; exit 1; }
	@command -v dpkg-query >/dev/null || { \
	    echo "Not a Debian system: needed are what Debian calls $(1)."; exit 0; }; \
	missing=; \
	for package in $(1); do \
	    [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] \
	        || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	become=; \
	if [ "$$(id -u)" != 0 ]; then \
	    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then become="sudo -n"; else \
	        echo "Debian packages are missing, and installing them needs root. Please run:"; \
	        echo "    apt-get update && apt-get install -y --no-install-recommends$$missing"; exit 1; \
	    fi; \
	fi; \
	echo "installing$$missing"; \
	$$become $(APT) update -q && \
	$$become env DEBIAN_FRONTEND=noninteractive $(APT) install -y -q --no-install-recommends$$missing
endef

setup: ## install the Debian packages that a build needs and that are missing
	$(call install_packages,$(BUILD_PACKAGES))

setup-bench:
	$(call install_packages,$(BUILD_PACKAGES) $(BENCH_PACKAGES))

build: setup ## build the command line, optimised
	$(SWIFT) build -c release --scratch-path $(BUILD) --product staleline

PLUGIN := $(BUILD)/plugin/libstaleline-capture.so
PLUGIN_SOURCES := $(wildcard tools/qemu-plugin/*.c)

plugin: ## build the plugin with which `staleline capture` records under QEMU
	$(call install_packages,$(PLUGIN_PACKAGES))
	@$(MAKE) --no-print-directory $(PLUGIN)

$(PLUGIN): $(PLUGIN_SOURCES) $(wildcard tools/qemu-plugin/*.h)
	@mkdir -p $(dir $@)
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -o $@ $(PLUGIN_SOURCES) -lzstd -lz -lpthread

setup-capture:
	$(call install_packages,$(BUILD_PACKAGES) $(CAPTURE_PACKAGES))

setup-kernel-capture: plugin
	$(call install_packages,$(BUILD_PACKAGES) qemu-system-arm device-tree-compiler kmod cpio xz-utils)

test-capture: setup-capture plugin build ## record programs under QEMU and hold the traces to what they did
	BUILD=$(BUILD) tools/test-capture.sh

capture-example: setup-capture plugin build ## record the bundled driver under QEMU anew, and check it
	BUILD=$(BUILD) Traces/programs/pl330-ring/capture.sh

demo: build ## build, and take the tour on bundled traces
	$(BUILD)/release/staleline demo

# What it leaves out, tools/check.sh says.
check: setup ## format, a build without warnings, all of `make test`, the reference: one line per step
	tools/check.sh

test: setup check-format ## check the format and run all tests
	BUILD="$(BUILD)" SWIFT="$(SWIFT)" tools/test.sh

# 100,000 random worlds and all 4 x 9^6 short sequences on both models, 200,000 random traces and 100,000 drivers with
# a fault each through the detector and the search: some minutes on two idle cores, and a build.
LONG_TEST = $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path $(BUILD)-long --filter

test-long: setup ## hold the model to the second one, and the detector to the search, at length
	STALELINE_SEEDS=$(or $(STALELINE_SEEDS),100000) $(LONG_TEST) ReferenceTests
	STALELINE_SEEDS=$(or $(STALELINE_SEEDS),200000) $(LONG_TEST) FoundationTests
	STALELINE_SEEDS=$(or $(STALELINE_SEEDS),100000) $(LONG_TEST) SimulationTests

# Two cores of 2026 do some 2,000 programs a second. Ends with the first difference, in words and as soak.slt.
soak: build ## hold models, laws and the detector to each other on random programs (MINUTES=60 SEED=1)
	$(BUILD)/release/staleline soak --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) -o soak.slt

setup-learn:
	$(call install_packages,$(BUILD_PACKAGES) $(LEARN_PACKAGES))

test-learn: setup-learn build ## drive the course on a terminal's screen
	tools/test-learn.sh $(BUILD)/release/staleline

# All violating traces on all their machines, and each operation taken out of each clean trace: a minute or two, and a build.
test-fix: setup ## mend every violating trace, and every operation that a clean one lacks
	STALELINE_FIX=all $(SWIFT) test --scratch-path $(BUILD) --filter FixTests

# Every command of every page of the documentation with the optimised program, sweeps of the real trace among them: some
# minutes, and two builds. `make test` leaves out what Tests/DocumentationTests/exclusions.txt calls slow.
test-docs: build ## run every command that the documentation tells to type
	STALELINE_DOCS=all STALELINE_PROGRAM=$(abspath $(BUILD))/release/staleline \
	    $(SWIFT) test --scratch-path $(BUILD) --filter DocumentationTests

# Faults of disks and processes that take long, or root for a small disk: a minute or two, and a build.
test-faults: setup ## meet full disks and killed processes at length
	STALELINE_FAULTS=all $(SWIFT) test --scratch-path $(BUILD) --filter FaultTests

# All tests under a sanitizer, optimised, with the checks of a debug build: half an hour for the build on two busy cores, and as
# long for the tests. What Swift's own runtime never gives back is no leak of ours.
test-sanitized: setup ## run all tests under a sanitizer (SANITIZER=thread or address)
	STALELINE_SANITIZED=$(or $(SANITIZER),thread) TSAN_OPTIONS=suppressions=$(CURDIR)/tools/thread.supp ASAN_OPTIONS=detect_leaks=0 \
	    $(SWIFT) test --sanitize=$(or $(SANITIZER),thread) -Xswiftc -O \
	    --scratch-path $(BUILD)-$(or $(SANITIZER),thread)

# A build of its own, and all tests: half an hour on two busy cores.
coverage: setup ## say which lines the tests reach, of each target
	BUILD="$(BUILD)" tools/coverage.sh

# A build with libFuzzer and AddressSanitizer, some minutes, then SECONDS for each target. Findings: .build-fuzz/found.
fuzz: setup ## feed every reader of outside bytes with what libFuzzer makes up (SECONDS=60 TARGET=all)
	tools/fuzz.sh "$(or $(TARGET),all)" $(or $(SECONDS),60)

fuzz-corpus: setup ## copy into Tests/Fuzz/corpus what fuzzing reached beyond it
	tools/fuzz.sh --merge

# 14 workloads on 23 machines under 17 strategies: some minutes, and a build.
test-compare: setup ## compare every bundled workload on every machine, as they are
	STALELINE_COMPARE=all $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path $(BUILD)-long \
	    --filter MachinesByWorkloadsTests

# A page in a headless Chromium: a minute, and a release build. Screenshots go to $(BUILD)/studio-test.
test-studio: build ## click through the studio in a headless Chromium (needs PyPI)
	$(call install_packages,$(STUDIO_PACKAGES))
	BUILD=$(BUILD) tools/studio-test/run.sh

# 20 kills, and every access of the real traces: some minutes, and a build.
test-sweep: setup ## kill a sweep at 20 random moments, and hold one pass to separate replays on whole traces
	STALELINE_KILLS=20 STALELINE_SWEEP=all $(SWIFT) test -c release -Xswiftc -enable-testing \
	    --scratch-path $(BUILD)-long --filter 'SweepKillTests|RealTraceTests'

SLURM_PACKAGES := slurm-wlm

# Installs a Slurm, but starts one of its own below /tmp; needs root.
test-slurm: setup build ## run 64 shards of a sweep under a Slurm of its own, kill two, and compare with a local run
	$(call install_packages,$(SLURM_PACKAGES))
	BUILD=$(abspath $(BUILD)) tools/slurm/test.sh

bench: setup-bench build ## measure speed and instructions against thresholds
	BUILD=$(BUILD) tools/bench.sh

bench-peers: setup-bench build ## compare counts and speed with other simulators (needs PyPI)
	BUILD=$(BUILD) tools/bench-peers.py

memcheck: setup-bench build ## run the optimised program under valgrind's memory checker
	tools/memcheck.sh $(BUILD)/release/staleline

docs: setup ## build the reference of the libraries into .build-docs/
	@for module in $(LIBRARIES); do $(SWIFT) build --scratch-path $(BUILD) --target $$module || exit 1; done
	@rm -rf .build-docs
	@docc=$$(command -v docc || true); \
	for module in $(LIBRARIES); do \
	    mkdir -p .build-docs/symbols/$$module; \
	    $(SWIFT) symbolgraph-extract -module-name $$module -I $(BUILD)/debug/Modules \
	        -target $$(uname -m)-unknown-linux-gnu -minimum-access-level public -skip-synthesized-members \
	        -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap \
	        -Xcc -fmodule-map-file=Sources/CZstd/module.modulemap \
	        -Xcc -fmodule-map-file=Sources/CLzma/module.modulemap \
	        -Xcc -fmodule-map-file=Sources/CLz4/module.modulemap \
	        -Xcc -fmodule-map-file=Sources/CElfutils/module.modulemap \
	        -Xcc -fmodule-map-file=$(BUILD)/checkouts/Yams/Sources/CYaml/include/module.modulemap \
	        -Xcc -fmodule-map-file=$(BUILD)/checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap \
	        -output-dir .build-docs/symbols/$$module || exit 1; \
	    [ -n "$$docc" ] || continue; \
	    "$$docc" convert --additional-symbol-graph-dir .build-docs/symbols/$$module \
	        --fallback-display-name $$module --fallback-bundle-identifier staleline.$$module \
	        --hosting-base-path $$module --output-path .build-docs/$$module || exit 1; \
	done; \
	if [ -n "$$docc" ]; then echo "one site for each library in .build-docs/"; else \
	    echo "docc is not in PATH: symbol graphs are in .build-docs/symbols/, no pages were made."; \
	fi

format: ## format all sources in place
	$(SWIFT) format -i -r $(SOURCES)

check-format: ## say where the format differs from .swift-format
	@if $(SWIFT) format --version >/dev/null 2>&1; then \
	    $(SWIFT) format lint --strict -r $(SOURCES); \
	else \
	    echo "swift format is not there: the format was not checked."; \
	fi

# The date is that of the last commit, so that the same sources give the same bytes. Asked for once.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
endif
export SOURCE_DATE_EPOCH

# The generator is built for itself, not optimised: a minute.
$(BUILD)/manual/staleline.1: $(BUILD)/release/staleline tools/manual.sh
	$(SWIFT) build --scratch-path $(BUILD) --product generate-manual
	tools/manual.sh $(BUILD)/debug/generate-manual $(abspath $(BUILD))/release/staleline $(BUILD)/manual

manual: ## write a manual page for each subcommand into manual/ where the package is built
	@test -x $(BUILD)/release/staleline || $(MAKE) build
	@$(MAKE) --no-print-directory $(BUILD)/manual/staleline.1

$(BUILD)/completions/staleline.bash: $(BUILD)/release/staleline
	@mkdir -p $(BUILD)/completions
	for shell in fish zsh bash; do \
	    $< --generate-completion-script $$shell >$(BUILD)/completions/staleline.$$shell || exit 1; \
	done

completions: ## write completions for bash, zsh and fish into completions/ there
	@test -x $(BUILD)/release/staleline || $(MAKE) build
	@$(MAKE) --no-print-directory $(BUILD)/completions/staleline.bash

# Where zsh looks; Debian's own packages use another folder.
ZSH_FUNCTIONS ?= share/zsh/site-functions

# Copies the files of the folder $(1) to $(2), with the modes of files that are read, whatever they are here. What ends in .sh
# can be run.
define install_tree
	(cd $(1) && find . -type f ! -name '.*') | while read -r file; do \
	    case $$file in *.sh) mode=755 ;; *) mode=644 ;; esac; \
	    install -D -m $$mode "$(1)/$$file" "$(2)/$$file" || exit 1; \
	done
endef

# All that is installed, also by the Debian package. Links lead from the pages' folder to traces and machines, where pages look for
# them.
install: manual completions ## install below PREFIX, building first if nothing is built
	install -D -m 755 $(BUILD)/release/staleline $(DESTDIR)$(PREFIX)/bin/staleline
	install -d $(DESTDIR)$(PREFIX)/share/staleline/configs $(DESTDIR)$(PREFIX)/share/staleline/Traces \
	    $(DESTDIR)$(PREFIX)/share/doc/staleline $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 configs/*.yaml $(DESTDIR)$(PREFIX)/share/staleline/configs/
	if [ -e $(PLUGIN) ]; then \
	    install -D -m 755 $(PLUGIN) $(DESTDIR)$(PREFIX)/lib/staleline/libstaleline-capture.so; \
	fi
	$(call install_tree,Traces,$(DESTDIR)$(PREFIX)/share/staleline/Traces)
	install -m 644 $(BUILD)/manual/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -D -m 644 $(BUILD)/completions/staleline.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/staleline
	install -D -m 644 $(BUILD)/completions/staleline.zsh $(DESTDIR)$(PREFIX)/$(ZSH_FUNCTIONS)/_staleline
	install -D -m 644 $(BUILD)/completions/staleline.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/staleline.fish
	install -m 644 README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE \
	    $(DESTDIR)$(PREFIX)/share/doc/staleline/
	$(call install_tree,docs,$(DESTDIR)$(PREFIX)/share/doc/staleline/docs)
	ln -sfn ../../staleline/Traces $(DESTDIR)$(PREFIX)/share/doc/staleline/Traces
	ln -sfn ../../staleline/configs $(DESTDIR)$(PREFIX)/share/doc/staleline/configs

# Apart from $(BUILD), for Swift's own libraries are linked in.
deb: ## build a Debian package into .build-deb
	$(call install_packages,$(BUILD_PACKAGES) $(PLUGIN_PACKAGES) $(DEB_PACKAGES))
	$(SWIFT) build -c release --static-swift-stdlib --scratch-path $(BUILD)-deb --product staleline
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-deb $(BUILD)-deb/plugin/libstaleline-capture.so
	BUILD=$(BUILD)-deb SWIFT="$(SWIFT)" tools/deb.sh

# In a root of its own, so nothing of this machine changes.
test-deb: deb ## install the Debian package into an empty root, use it, purge it
	$(call install_packages,$(TEST_DEB_PACKAGES))
	BUILD=$(BUILD)-deb tools/test-deb.sh

clean: ## remove everything that was built, measured and found by fuzzing
	rm -rf $(BUILD) $(BUILD)-long $(BUILD)-deb $(BUILD)-thread $(BUILD)-address $(BUILD)-coverage .build-bench .build-check .build-docs .build-fuzz Benchmarks/.build Benchmarks/.build-cloop
