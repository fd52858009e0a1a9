# Waveguard. "make" alone lists the targets.

# Every package; those below testdata need to be named.
PACKAGES ?= ./... ./testdata/pkuvm/... ./testdata/e2e/... ./testdata/bench/... ./testdata/redteam/... ./testdata/csdk/... ./cmd/waveguard/testdata/costs
RACE_PACKAGES ?= ./...
# How long "make run" goes on, such as 30s; until stopped if empty.
DURATION ?=
# How long each fuzz target and each benchmark runs.
FUZZTIME ?= 10s
BENCHTIME ?= 1s
BENCH ?= .
# How long the soak test goes on, and the seed of its clients.
SOAK ?= 5m
SOAK_SEED ?= 1
# Flags of the test binaries in the virtual machine, such as '-test.v -test.run Gate'.
TESTFLAGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/waveguardd and bin/waveguard, as static binaries
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/waveguardd ./cmd/waveguard

.PHONY: sdk
sdk: ## build libwaveguard, the C and C++ SDK, and waveguard-host into bin/csdk
	@scripts/install-deps
	@$(MAKE) --no-print-directory -C sdk/c

.PHONY: run
run: build ## start the appliance and a demonstration node (DURATION=30s stops by itself)
	@DURATION='$(DURATION)' scripts/run

.PHONY: run-vm
run-vm: ## go all steps in a virtual machine with protection keys, and tell them
	@scripts/install-deps
	@scripts/run-vm

.PHONY: test
test: ## run all tests, those in the virtual machine last
	@scripts/install-deps
	go vet $(PACKAGES)
	go test $(PACKAGES)
	@$(MAKE) --no-print-directory vm-test
	@$(MAKE) --no-print-directory vm-test-newer

.PHONY: vm-test
vm-test: bin/pkuvm ## run the tests that need protection keys, in the virtual machine
	@scripts/install-deps
	@scripts/vm-test $(TESTFLAGS)

.PHONY: vm-test-newer
vm-test-newer: bin/pkuvm ## run the tests of what a newer kernel changes (seals beside keys), in a virtual machine with one
	@scripts/install-deps
	@scripts/vm-test-newer $(TESTFLAGS)

.PHONY: race
race: ## run the tests under the race detector (RACE_PACKAGES=./sdk/...)
	go test -race -short $(RACE_PACKAGES)

.PHONY: soak
soak: ## let 50 clients loose on an appliance for SOAK (SOAK_SEED=7 takes another course)
	WAVEGUARD_SOAK=$(SOAK) WAVEGUARD_SOAK_SEED=$(SOAK_SEED) go test -run '^TestSoak$$' -v -timeout 24h ./cmd/waveguardd/internal/appliance

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME) $(PACKAGES)

.PHONY: bench
bench: ## run the benchmarks (BENCH=pattern BENCHTIME=5s)
	go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) \
		$$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)

.PHONY: bench-costs
bench-costs: ## measure what isolation costs beside processes, as Markdown
	@scripts/install-deps
	@CGO_ENABLED=0 go build -trimpath -o bin/costs ./cmd/waveguard/testdata/costs
	@bin/costs

.PHONY: lint
lint: ## vet, format and staticcheck
	go vet $(PACKAGES)
	@echo go tool gofumpt -l . testdata/pkuvm testdata/e2e testdata/bench testdata/redteam testdata/csdk cmd/waveguard/testdata
	@unformatted=$$(go tool gofumpt -l . testdata/pkuvm testdata/e2e testdata/bench testdata/redteam testdata/csdk cmd/waveguard/testdata) && test -z "$$unformatted" || \
		{ echo "not gofumpt-ed (go tool gofumpt -w FILE):"; echo "$$unformatted"; exit 1; }
	go tool staticcheck $(PACKAGES)

.PHONY: generate
generate: ## regenerate the generated code
	go generate ./... ./testdata/bench/...

.PHONY: check-generate
check-generate: ## fail if regenerating changes anything
	@scripts/check-generate

.PHONY: clean
clean: ## remove what was built
	rm -rf bin

.PHONY: bin/pkuvm # Go knows whether it is up to date.
bin/pkuvm:
	@CGO_ENABLED=0 go build -o $@ ./testdata/pkuvm
