# Every target does its own set-up: nothing but a Rust toolchain and Python 3 is expected on the machine,
# and `make demo` does without Python.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: dist smoke-stack wheel quick slowest live-facts wire-nights ill-regions mutants help build demo test check check-code check-template fmt fuzz fuzz-differential crash model sanitize bench large-models train check-account sam-build sam-test deploy clean-tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## two nights on one machine, with the real function binaries: one good, one bad
	target/release/meridian night --scenario good-night --wire --out target/meridian/good-night
	target/release/meridian night --scenario tokyo-dark --wire --out target/meridian/tokyo-dark

build: ## the functions and the command line, optimised
	@scripts/build

dist: build sam-build ## a release in target/dist: the command line, the functions ready for `sam deploy`, their SBOMs, checksums (minutes)
	@scripts/dist

wheel: ## the Python package for notebooks, in target/wheels (python/README.md)
	@scripts/wheel

test: ## every test; ends with the counts
	@scripts/test

quick: ## the crates that you changed: formatting, clippy, tests but the slowest; about a minute
	@scripts/quick

slowest: ## the slowest ten tests of the last `make test`
	@scripts/slowest

check: check-code check-template ## formatting, lints, dependencies, template

check-code:
	cargo fmt --all --check
	scripts/lint
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml > /dev/null # its lock file follows the workspace's
	cargo package --package meridian-xgboost --locked --offline --allow-dirty --quiet # it stands alone
	scripts/check-deny

check-template:
	scripts/check-template

mutants: ## break planner, audit and judge in every small way, and see which test notices (hours)
	@scripts/mutants

check-account: ## whether the AWS credentials at hand belong to fleet.toml's accounts, and what IAM Access Analyzer says of the policies
	@scripts/python-tools
	@.venv/bin/python scripts/check_deployment.py --account
	@.venv/bin/python scripts/analyse_policies.py

fmt: ## format the code
	cargo fmt --all

fuzz: ## every reader of files from outside, FUZZ_SECONDS (60) each, and fuzz-differential at its nightly length
	@scripts/fuzz
	@scripts/fuzz-differential --mutants 100000

fuzz-differential: ## models that we accept, beside tarfile, GNU tar and three versions of XGBoost (MUTANTS=5000)
	@scripts/fuzz-differential --mutants $(or $(MUTANTS),5000)

crash: ## every night, with a function killed at every one of its steps (an hour; STRIDE=7 for one in seven); `make test` tries a few
	MERIDIAN_CRASH_STRIDE=$(or $(STRIDE),1) cargo test --release --locked -p meridian-local --test crash -- --nocapture

live-facts: ## every night under each other reading of each undocumented fact of AWS; `make test` tries each night under one
	MERIDIAN_LIVE_FACTS=all cargo test --release --locked -p meridian-local --test live_facts

wire-nights: build ## every night in one process and with the functions' own binaries over the wire: the same JSON; `make test` tries some
	@scripts/wire-nights

ill-regions: ## one service of one region ill for twenty minutes of its turn: only that region waits (ten minutes); `make test` tries a few
	MERIDIAN_ILL_REGIONS=all cargo test --release --locked -p meridian-local --test ill_regions -- --nocapture

model: ## the bounded model of the planner, explored completely (ONLY=words of a slice); `make test` explores a part
	cargo run --release --locked -p meridian-proof --example model -- "$(ONLY)"

sanitize: ## the scorer's tests, every instruction set, under AddressSanitizer
	@scripts/sanitize

bench: ## against XGBoost and hessboost, side by side; ONLY=small for a part
	@scripts/bench

large-models: ## train the 280 MB pair for the benchmarks (15 minutes)
	@scripts/large-models

train: ## train the example models and the held-out records again
	@scripts/train

# Optimising each function as a whole makes what Lambda loads a fifth smaller, and takes minutes: for what is deployed alone.
sam-build: ## what `sam deploy` uploads, in .aws-sam/build
	CARGO_PROFILE_RELEASE_LTO=fat scripts/sam-build

sam-test: ## the same, and every function in its Lambda container, given every event of events/ (needs a container engine)
	CARGO_PROFILE_RELEASE_LTO=fat scripts/sam-build functions
	@scripts/lambda-image
	cargo test --locked --workspace --test sam -- --nocapture

deploy: ## every region's stack, home last, as sam-build made it; asks in each region (ENV="au jp" for these alone)
	@scripts/deploy $(ENV)

smoke-stack: ## the first account's rung 1: a fleet of its own in REGION, deployed, called, deleted, deployed again, taken away (cents)
	@scripts/python-tools
	@.venv/bin/python scripts/smoke_stack.py $(REGION)

clean-tools: ## forget the installed tools
	rm -rf .tools .venv .aws-sam
