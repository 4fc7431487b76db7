# What a developer runs. Everything here works in a fresh clone with Go alone, but for the targets that say otherwise.

.PHONY: all build test race lint generate checkgenerate bench fuzz compose audit browser

all: lint test

build: ## the program
	go build -o sluice ./cmd/sluice

test: ## the README's test command
	go test ./...

race: ## the tests as CI runs them
	go test -race -shuffle=on ./...

lint: ## formatting, vet, staticcheck, tidy modules
	@test -z "$$(gofmt -l .)" || { echo "gofmt these files:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	go mod tidy -diff

generate: ## what is generated: the status subgraph, the editor's schema of the configuration
	go generate ./...

checkgenerate: generate ## fails if generation changes anything
	@git diff --exit-code || { echo "run make generate, and commit the result"; exit 1; }

bench: ## figures for bench/README.md
	go test ./bench -run '^$$' -bench . -benchmem -count 6

fuzz: ## each fuzz target for half a minute
	./.ci/fuzz 30s

compose: ## compare what is composed with what another composer does (needs Node)
	./.ci/compose

audit: ## GraphQL over HTTP, by the npm package graphql-http (needs Node)
	./.ci/audit

browser: ## the playground in headless Chromium (needs Node and Debian's chromium)
	./.ci/browser
