# Every module of the repository, the core first. Each is built, tested and tidied by itself.
MODULES := .
MODULES += contrib/chi
MODULES += contrib/echo
MODULES += contrib/gin
MODULES += contrib/gorilla
MODULES += contrib/gorm
MODULES += contrib/pgx
MODULES += contrib/sqldrivers
MODULES += contrib/ent
MODULES += demo
MODULES += bench
GO ?= go
TEMPL := github.com/a-h/templ/cmd/templ@v0.3.1020
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
TESTFLAGS ?= -race -shuffle=on

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

.PHONY: generate
generate: ## make the templ components anew
	@set -e; for d in web/view demo; do $(GO) run $(TEMPL) generate -path $$d; done

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (10s)
	@./.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## measure against the peers; one JSON line per case
	@$(GO) run ./bench -json

.PHONY: demo
demo: ## run the shop with the toolbar
	@$(GO) run ./demo

.PHONY: shots
shots: ## take the README's pictures from the running demo (5 minutes of traffic)
	@cd demo && $(GO) test -count=1 -timeout 20m -run Screenshots ./e2e/browser -args -traffic 5m -shots ../../../docs/pictures
