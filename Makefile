# Every module of the repository, the core first. Each is built, tested and tidied by itself.
MODULES := .
MODULES += contrib/chi
MODULES += contrib/echo
MODULES += contrib/gin
MODULES += contrib/gorilla
MODULES += contrib/gorm
MODULES += contrib/pgx
MODULES += contrib/redis
MODULES += contrib/sqldrivers
MODULES += contrib/ent
MODULES += contrib/otelpeers
MODULES += tasks
MODULES += demo
MODULES += bench
GO ?= go
TEMPL := github.com/a-h/templ/cmd/templ@v0.3.1020
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
# SQLite's translated C keeps its data outside of Go's heap, where the race detector sees nothing, and takes four times
# as long when it is instrumented: it is not. Its Go driver is, and all above it.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false
TESTFLAGS ?= $(RACE) -shuffle=on -timeout 30m

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## test every module (missing services are named and skipped; with CI=true they fail)
	@# The demo's packages drive browsers and load: one at a time, or they measure each other.
	@set -e; for m in $(MODULES); do echo "== go test $$m"; \
		case $$m in demo) p="-p 1";; *) p=;; esac; \
		(cd $$m && $(GO) test $$p $(TESTFLAGS) ./...); done

.PHONY: check
check: ## all that a change is held to before it lands, without the internet once modules are here
	@./.ci/check

.PHONY: modules
modules: ## name the modules, for scripts
	@echo $(MODULES)

.PHONY: build
build: ## build every module, each by itself
	@set -e; for m in $(MODULES); do (cd $$m && GOWORK=off $(GO) build -o /dev/null ./...); done

.PHONY: lint
lint: ## gofmt, vet, staticcheck, tidy
	@test -z "$$(git ls-files '*.go' | xargs gofmt -l)" || { echo "gofmt would change:"; git ls-files '*.go' | xargs gofmt -l; exit 1; }
	@set -e; for m in $(MODULES); do echo "== lint $$m"; (cd $$m && GOWORK=off $(GO) vet ./... && GOWORK=off $(GO) mod tidy -diff && $(GO) run $(STATICCHECK) ./...); done

.PHONY: security
security: ## gosec, and govulncheck where its database can be had (or VULNDB=file:///a/copy)
	@./.ci/security

.PHONY: apidiff
apidiff: ## compare what the modules offer with the newest tag, or with BASE=REVISION
	@./.ci/apidiff

.PHONY: licences
licences: ## look at the licences of all modules that are linked
	@./.ci/licences

.PHONY: reproducible
reproducible: ## build cmd/toolbar in two folders: the same, byte by byte (FRESH=1 without the build cache)
	@./.ci/reproducible

.PHONY: release
release: ## build cmd/toolbar for all platforms into bin/release, with bills of materials and checksums
	@./.ci/release

.PHONY: generate
generate: ## make the templ components anew
	@set -e; for d in web/view toolbar/widget demo; do $(GO) run $(TEMPL) generate -path $$d; done

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (10s)
	@./.ci/fuzz $(FUZZTIME)

# Packages with tests that have a long form, see internal/soak; each ends after SOAKTIME at the latest.
SOAK := ./instrument/store ./instrument/collect ./toolbar
SOAKTIME ?= 20m

.PHONY: soak
soak: ## run reliability tests at length, alone on the machine, some 15 minutes; figures go to docs/reliability.md
	@set -e; for p in $(SOAK); do echo "== soak $$p"; \
		TOOLBAR_SOAK=1 TOOLBAR_SOAK_FIGURES=$(CURDIR)/docs/soak.jsonl $(GO) test -count=1 -parallel 1 -timeout $(SOAKTIME) -run '_?F[0-9][0-9]_' $$p; done
	@TOOLBAR_SOAK=1 TOOLBAR_SOAK_FIGURES=$(CURDIR)/docs/soak.jsonl $(GO) test -race -count=1 -timeout $(SOAKTIME) -run F21 ./toolbar
	@$(GO) test . -run Reliability -update

.PHONY: bench
bench: ## measure against the peers; one JSON line per case
	@$(GO) run ./bench -json

.PHONY: demo
demo: ## run the shop with the toolbar
	@$(GO) run ./demo

.PHONY: shots
shots: ## take the README's pictures from the running demo (5 minutes of traffic)
	@cd demo && $(GO) test -count=1 -timeout 20m -run Screenshots ./e2e/browser -args -traffic 5m -shots ../../../docs/pictures
