#!/usr/bin/env bash
# Runs every example; stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")"
for example in 0*.sh; do
  printf '\n== %s\n' "$example"
  "./$example"
done
