# Every target says what it does: `make` prints the list. All of them need only
# Go; what they need beyond that, they say.

.DEFAULT_GOAL := help
.PHONY: help run build test lint fmt bench torture fuzz cover release e2e pictures

help:
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start the demo: an engine, an example workspace, simulated recipients
	go run ./cmd/throughline demo

build: ## Build ./throughline, one static binary
	CGO_ENABLED=0 go build -trimpath -o throughline ./cmd/throughline

test: ## Run every test, as CI does
	go test ./...

lint: ## Vet, formatting and staticcheck; changes nothing
	go vet ./...
	@files=$$(go tool -modfile=tools/go.mod gofumpt -l .) && \
		{ [ -z "$$files" ] || { echo "not in gofumpt form (mend with: make fmt):"; echo "$$files"; exit 1; }; }
	go tool -modfile=tools/go.mod staticcheck ./...

fmt: ## Rewrite every Go file in gofumpt form
	go tool -modfile=tools/go.mod gofumpt -w .

bench: ## Measure, and print ratios within one run (docs/benchmarks.md)
	go test -run '^$$' -bench . ./...

torture: ## Kill a writing engine 20 times, send crowds, and look for what is lost or doubled
	@go test -list Kill ./internal/... ./cmd/... | grep -q '^Test.*Kill' || { echo "no test with Kill in its name: nothing was tortured"; exit 1; }
	THROUGHLINE_TORTURE=20 go test -count=1 -timeout 30m -run 'Kill|Crowd|TwoWho' ./internal/... ./cmd/...

fuzz: ## Run every fuzz target for FUZZTIME (default 20s) each
	@grep -r '^func Fuzz' --include='*_test.go' . | \
		sed -n 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z0-9_]*\).*|\1 \2|p' | \
		while read -r folder target; do \
			echo "== $$folder $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime "$${FUZZTIME:-20s}" "$$folder" </dev/null || exit 1; \
		done

# The share of statements that tests reach; the profile is in cover.out.
cover:
	go test -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1

# To prove that the same commit gives the same bytes:
#   go -C tools run ./release -root .. -twice
release: ## Build what people download into dist/: archives, checksums, bill of materials
	go -C tools run ./release -root ..

e2e: ## Walk every page with chromium and axe-core, and run clients that others wrote; needs npm
	cd e2e && npm ci --silent && go test -count=1 -timeout 20m . $(if $(PICTURES),-pictures $(abspath $(PICTURES))) && go test -count=1 ./provider
	cd e2e/clients && npm ci --silent && npm test

# The pictures of README.md and docs/start.md, of today's build.
pictures:
	cd e2e && npm ci --silent && go test -count=1 -run '^(TestPicturesOfTheReadme|TestFromNothingToAnExposure)$$' . -documents $(abspath docs/pictures)
