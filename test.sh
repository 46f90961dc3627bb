#!/usr/bin/env bash
# Builds the program and runs every test: unit tests, the executor's behaviour suite and the end-to-end tests.
set -euo pipefail
cd "$(dirname "$0")"
cargo build --locked -p runner
exec cargo test --workspace --locked "$@"
