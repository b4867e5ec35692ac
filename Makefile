# peftlab: `make help` lists the targets. Two commands are all the set-up there is: `make test`, `make reproduce`.
VERSION  := 0.1.0
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
MODE     ?= release
PREFIX   ?= /usr/local
JOBS     ?= $(shell nproc 2>/dev/null || echo 2)
PRECISION ?= float double
# V=1 shows the commands.
Q        := $(if $(V),,@)

WARN     := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla
# What an initializer leaves out is zero: tables of options, tensors and keys end early, which clang alone takes for a slip.
WARN     += $(if $(findstring clang,$(CC)),-Wno-missing-field-initializers)
CFLAGS_release := -O3 -g
# At -O1 and under sanitizers gcc guesses at uninitialised and clobbered variables and errs; release and clang's analyzer look properly.
QUIET_O1       := -O1 -g -Wno-unknown-warning-option -Wno-maybe-uninitialized -Wno-clobbered
CFLAGS_asan    := $(QUIET_O1) -fsanitize=address -fno-omit-frame-pointer
CFLAGS_ubsan   := $(QUIET_O1) -fsanitize=undefined,float-cast-overflow -fno-sanitize-recover=all
CFLAGS_avx2    := $(CFLAGS_release) -DPEFTLAB_AVX2
CFLAGS_portable := $(CFLAGS_release) -DPEFTLAB_PORTABLE
CFLAGS_cover   := -O0 -g --coverage
CFLAGS_debug   := $(QUIET_O1)
# No trace of comparisons: texts are compared by functions that libFuzzer watches anyway, and without it inputs run twice as
# fast. No complaint about NULL + 0, the row of a matrix that is not there.
CFLAGS_fuzz    := -O2 -g -DPEFTLAB_FUZZ -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow \
                  -fno-sanitize-recover=all -fno-sanitize=pointer-overflow -fno-sanitize-coverage=trace-cmp
PKGS     := hdf5-serial jansson inih libutf8proc libcrypto zlib
# -ffp-contract=off: the clones of one function for different vector widths must round alike.
BASE_CFLAGS = -std=gnu11 $(WARN) $(WERROR) -ffp-contract=off -fno-math-errno -fno-trapping-math -D_GNU_SOURCE -Iharness -I. \
              $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS_$(MODE)) $(CFLAGS)
LIBS      = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lhdf5_hl -llapacke -lopenblas -lcsv -lm -lpthread -ldl

# A build folder is keyed by everything that makes objects differ.
BUILD    := build/$(subst $() ,-,$(notdir $(CC)))-$(MODE)
SRC      := $(filter-out harness/cli/%,$(sort $(wildcard harness/*/*.c methods/*.c tasks/*.c)))
METHODS  := $(filter-out methods/template.c,$(sort $(wildcard methods/*.c)))
SRC      := $(filter-out methods/template.c,$(SRC))
TASKS    := $(sort $(wildcard tasks/*.c))
ARCHS    := $(sort $(wildcard harness/arch/*.c))
KINDS    := $(sort $(wildcard harness/table/*.c harness/figure/*.c))
# What the program carries as texts.
TEXTS    := harness/report/page.css harness/report/page.js harness/experiment/job.sh experiments/rates.csv
CLI      := $(sort $(wildcard harness/cli/*.c))
TESTS    := $(sort $(wildcard tests/*/test_*.c))
FUZZ     := $(sort $(wildcard tests/fuzz/*.c))
TEST_LIB := $(filter-out $(TESTS),$(sort $(wildcard tests/*.c)))

all: peftlab peftlab-double ## the program and its double-precision twin (default)

# $(1) = float or double: registry, library, program and tests of one precision.
define precision
$(BUILD)/$(1)/%.o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@echo '  $$(CC) $$< ($(1))'
	$$(Q)$$(CC) $$(BASE_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
$(BUILD)/$(1)/registry.o $(BUILD)/$(1)/verbs.o: $(BUILD)/$(1)/%.o: $(BUILD)/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@echo '  $$(CC) $$< ($(1))'
	$$(Q)$$(CC) $$(BASE_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
$(BUILD)/$(1)/libpeftlab.a: $$(SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/registry.o
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
$(BUILD)/$(1)/peftlab: $$(CLI:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/verbs.o $(BUILD)/$(1)/libpeftlab.a
	@echo '  link $$@'
	$$(Q)$$(CC) $$(BASE_CFLAGS) $$^ -o $$@ $$(LIBS)
$$(TESTS:%.c=$(BUILD)/$(1)/%): %: %.o $$(TEST_LIB:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libpeftlab.a
	@echo '  link $$@'
	$$(Q)$$(CC) $$(BASE_CFLAGS) $$(filter %.o,$$^) $$(filter %.a,$$^) -o $$@ -lcmocka $$(LIBS)
$(BUILD)/$(1)/tests/cli/test_fuzz: $$(FUZZ:%.c=$(BUILD)/$(1)/%.o)
$(BUILD)/lab/$(1)/peftlab: $$(CLI:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/verbs.o $(BUILD)/$(1)/libpeftlab.a FORCE
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE_CFLAGS) $(2) -Wno-unused-parameter -Wno-unused-variable '$$(LAB)' $$(filter-out FORCE,$$^) -o $$@ $$(LIBS)
$(BUILD)/$(1)/tests/growth/records: $(BUILD)/$(1)/tests/growth/records.o $(BUILD)/$(1)/libpeftlab.a
	@echo '  link $$@'
	$$(Q)$$(CC) $$(BASE_CFLAGS) $$^ -o $$@ $$(LIBS)
-include $$(shell find $(BUILD)/$(1) -name '*.d' 2>/dev/null)
endef
$(eval $(call precision,float,))
$(eval $(call precision,double,-DPEFTLAB_DOUBLE))
.SECONDARY:

# Both are looked at every time and touched only when they change: a plug-in added, edited away or removed, or other flags.
$(BUILD)/registry.c: scripts/registry FORCE | $(BUILD)
	@VERSION=$(VERSION) scripts/registry $(METHODS) $(TASKS) $(ARCHS) $(KINDS) $(TEXTS) > $@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
$(BUILD)/verbs.c: scripts/registry FORCE | $(BUILD)
	@scripts/registry --verbs $(CLI) > $@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
$(BUILD)/flags: FORCE | $(BUILD)
	$(file >$@.tmp,$(CC) $(BASE_CFLAGS))
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

# What everything else is built in. In a fresh clone the libraries may be missing.
$(BUILD):
	@[ -d build ] || scripts/deps build
	@mkdir -p $@

# The programs at the top are those of the last build asked for, whatever its mode or compiler.
peftlab: $(BUILD)/float/peftlab FORCE
	@cmp -s $< $@ || { cp $< $@.tmp && mv $@.tmp $@; }
peftlab-double: $(BUILD)/double/peftlab FORCE
	@cmp -s $< $@ || { cp $< $@.tmp && mv $@.tmp $@; }

# What test_faults preloads: calls that fail on purpose.
$(BUILD)/failing.so: tests/fault/failing.c $(BUILD)/flags
	@echo '  $(CC) $<'
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra $(WERROR) -D_GNU_SOURCE -fPIC -shared $< -o $@ -ldl
# A fuzz target (CC=clang MODE=fuzz): one reader with libFuzzer's main.
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h tests/fuzz/fuzz_h5.h $(BUILD)/float/libpeftlab.a
	@mkdir -p $(@D)
	@echo '  $(CC) $<'
	$(Q)$(CC) $(BASE_CFLAGS) -fsanitize=fuzzer $< $(BUILD)/float/libpeftlab.a -o $@ $(LIBS)
# A test that says so at its head holds no matter what `real` is, and runs in the first precision alone.
ANY_REAL := $(shell grep -l '^/\* precision: float \*/$$' $(TESTS))
TEST_BINS := $(foreach p,$(PRECISION),$(patsubst %.c,$(BUILD)/$(p)/%,$(if $(filter $(firstword $(PRECISION)),$(p)),$(TESTS),$(filter-out $(ANY_REAL),$(TESTS)))))
tests: $(BUILD)/failing.so $(TEST_BINS) $(if $(CLI),$(PRECISION:%=$(BUILD)/%/peftlab))
	@:
# The program with a student's file, LAB=FILE, in place of the method of its name: docs/teach/check builds and proves it.
lab: $(PRECISION:%=$(BUILD)/lab/%/peftlab)
	@:
objects: $(SRC:%.c=$(BUILD)/float/%.o) $(CLI:%.c=$(BUILD)/float/%.o)
	@:

# ---- What people and CI call. `make -j` or JOBS=n says how parallel; without either, all cores build the tests.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
AGAIN    = @+$(MAKE) --no-print-directory

help: ## lists the targets
	@sed -n 's/^\([a-z][a-z -]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r t d; do printf '  make %-12s %s\n' "$$t" "$$d"; done

test: ## installs what is missing, builds both precisions and runs every test in both
	@scripts/deps build test
	$(AGAIN) $(PARALLEL) tests
	$(AGAIN) run-tests
run-tests:
	@JOBS=$(JOBS) WRAP='$(WRAP)' $(if $(OPENBLAS_CORETYPE),OPENBLAS_CORETYPE=$(OPENBLAS_CORETYPE)) \
	    $(if $(TEST_TIMEOUT),TEST_TIMEOUT=$(TEST_TIMEOUT)) scripts/run-tests $(BUILD) $(TEST_BINS)

asan ubsan: ## the tests under AddressSanitizer, under UndefinedBehaviorSanitizer
	$(AGAIN) test MODE=$@
# valgrind knows no AVX-512, and whatever the machine, BLAS must not use it.
valgrind: ## the tests under valgrind: leaks, uninitialised reads; hours
	$(AGAIN) test MODE=debug OPENBLAS_CORETYPE=Haswell TEST_TIMEOUT=7200 WRAP='$(VALGRIND)'
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
           --suppressions=tests/valgrind.supp
widths: ## small products and pinned trainings of every method in AVX2 and in portable code: the bits of the machine's own vectors
	$(AGAIN) $(PARALLEL) MODE=avx2 $(call PINS,avx2)
	$(AGAIN) $(PARALLEL) MODE=portable $(call PINS,portable)
	@for m in avx2 portable; do for core in "-u OPENBLAS_CORETYPE" OPENBLAS_CORETYPE=Haswell; do \
	    echo "widths: $$m code, env $$core"; \
	    env $$core JOBS=$(JOBS) scripts/run-tests build/$(notdir $(CC))-$$m \
	        $(call PINS,$$m) || exit 1; done; done
PINS = $(foreach t,math/test_tile train/test_pins,$(PRECISION:%=build/$(notdir $(CC))-$(1)/%/tests/$(t)))
cover: ## line coverage of harness, methods and tasks by the tests
	@find build -name '*.gcda' -delete 2>/dev/null || true
	$(AGAIN) test MODE=cover; status=$$?; scripts/cover build/$(notdir $(CC))-cover && exit $$status

kill: ## the kill test at 200 random moments (KILLS=n)
	$(AGAIN) $(PARALLEL) $(BUILD)/float/peftlab $(BUILD)/float/tests/experiment/test_kill
	@KILLS=$(or $(KILLS),200) PEFTLAB='$(CURDIR)/$(BUILD)/float/peftlab' $(BUILD)/float/tests/experiment/test_kill
faults: ## every failing write, fsync, rename and allocation of a small run, one by one
	$(AGAIN) $(PARALLEL) $(BUILD)/failing.so $(BUILD)/float/peftlab $(BUILD)/float/tests/core/test_faults
	@FAULTS=all PEFTLAB='$(CURDIR)/$(BUILD)/float/peftlab' $(BUILD)/float/tests/core/test_faults
replay: ## replays a sample of the reference results (those of GLUE where its data are), another every day (TURN=n chooses); SETS=smoke only those of the tiny base
	$(AGAIN) $(PARALLEL) all
	@./peftlab pretrain base=tiny >/dev/null
	@status=0; for t in $(patsubst %,results/reference/%/runs.csv,$(or $(SETS),*)); do \
	    case $$t in */glue/*) [ -d data/glue ] || continue ;; esac; \
	    [ ! -f "$$t" ] || ./peftlab replay --runs "$$t" -n $(or $(N),3) turn=$${TURN:-$$(($$(date +%s) / 86400))} || status=$$?; done; exit $$status

lint: ## layers, exports, sizes, format, clang-tidy, cppcheck: one line per finding
	$(AGAIN) $(PARALLEL) objects
	@CFLAGS='$(filter-out -W%,$(BASE_CFLAGS))' JOBS=$(JOBS) scripts/lint $(BUILD)/float
rooms: ## the rooms of docs/architecture.md with their files and lines
	@scripts/rooms
format: ## lays out every C file
	@find harness methods tasks tests -name '*.[ch]' -exec clang-format -i {} +
mutants: ## injects each fault of tests/mutants into a copy of the tree: the tests must notice every one
	@scripts/deps build test
	@JOBS=$(JOBS) scripts/mutants $(MUTANTS)

fuzz: ## libFuzzer on every reader of files (clang); FUZZ="N READER..." chooses
	@scripts/fuzz $(FUZZ)

page: ## opens results/report.html in headless Chromium: no console message, no empty figure, no overflow, nothing loaded; takes pictures
	@scripts/page

site: ## docs/site/, the pages of the committed results for any static host; needs no run
	@scripts/deps build
	$(AGAIN) $(PARALLEL) peftlab
	@scripts/site

interop: ## exports every method and loads it with the real PEFT and transformers (Python, from its package index)
	@scripts/deps build
	$(AGAIN) $(PARALLEL) peftlab
	@scripts/interop

smoke: ## a table and a figure from a tiny base, in under a minute
	@scripts/deps build
	$(AGAIN) $(PARALLEL) all
	@scripts/smoke
reproduce: ## the experiments of EXPERIMENTS.md: runs, tables, figures, report; goes on where it was stopped
	@scripts/deps build
	$(AGAIN) $(PARALLEL) all
	@scripts/reproduce
test-slurm: ## an experiment as jobs of a real Slurm on this machine, with tasks and daemons killed; needs root
	@scripts/deps build slurm
	$(AGAIN) $(PARALLEL) all
	@tests/slurm/run
growth: ## seconds and memory of report, status and merge over 1,000, 10,000 and 100,000 generated runs
	@scripts/deps build
	$(AGAIN) $(PARALLEL) all $(BUILD)/float/tests/growth/records
	@scripts/growth $(BUILD)/float/tests/growth/records
bench: ## how fast a step is, against bare matrix products
	@scripts/deps build
	$(AGAIN) $(PARALLEL) all
	@scripts/bench

# In double quotes for the shell: blanks are allowed in PREFIX and DESTDIR.
SHARE = $(DESTDIR)$(PREFIX)/share
install: all ## programs, figures, experiments, documents, manual page and completion under PREFIX (/usr/local); DESTDIR for packagers
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/peftlab/plots" "$(SHARE)/peftlab/experiments" "$(SHARE)/doc/peftlab/teach/img" "$(SHARE)/doc/peftlab/teach/zh"
	install -m 755 $(BUILD)/float/peftlab "$(DESTDIR)$(PREFIX)/bin/peftlab"
	install -m 755 $(BUILD)/double/peftlab "$(DESTDIR)$(PREFIX)/bin/peftlab-double"
	install -m 644 $(wildcard plots/*.*) "$(SHARE)/peftlab/plots"
	install -m 644 $(wildcard experiments/*.ini) "$(SHARE)/peftlab/experiments"
	install -d "$(SHARE)/peftlab/results/reference/bases"
	install -m 644 $(wildcard results/reference/bases/*.h5) "$(SHARE)/peftlab/results/reference/bases"
	install -d "$(SHARE)/peftlab/results/reference/default/tables"
	install -m 644 results/reference/default/tables/main-claims.csv results/reference/default/tables/main-decision.csv "$(SHARE)/peftlab/results/reference/default/tables"
	install -m 644 $(wildcard *.md LICENSE CITATION.cff docs/*.md) "$(SHARE)/doc/peftlab"
	install -m 644 $(wildcard docs/teach/*.md) "$(SHARE)/doc/peftlab/teach"
	install -m 644 $(wildcard docs/teach/img/*.svg) "$(SHARE)/doc/peftlab/teach/img"
	install -m 644 $(wildcard docs/teach/zh/*.md) "$(SHARE)/doc/peftlab/teach/zh"
	install -d "$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
	$(BUILD)/float/peftlab man >"$(SHARE)/man/man1/peftlab.1"
	$(BUILD)/float/peftlab complete bash >"$(SHARE)/bash-completion/completions/peftlab"
	$(BUILD)/float/peftlab complete zsh >"$(SHARE)/zsh/site-functions/_peftlab"
	$(BUILD)/float/peftlab complete fish >"$(SHARE)/fish/vendor_completions.d/peftlab.fish"
dist: ## the committed tree as build/peftlab-VERSION.tar.gz
	@mkdir -p build
	git archive --prefix=peftlab-$(VERSION)/ -o build/peftlab-$(VERSION).tar.gz HEAD
clean: ## removes what make made; results stay
	rm -rf build peftlab peftlab-double

FORCE:
.PHONY: lab rooms growth widths kill faults replay all tests objects help test run-tests asan ubsan valgrind cover lint format mutants fuzz smoke reproduce test-slurm bench install dist clean FORCE interop page site
