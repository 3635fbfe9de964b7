#!/usr/bin/env bash
# What an operator asks.
. "$(dirname "$0")/common.sh"

say "Does it run?"
call GET /health | expect '"status":"healthy"'
call GET /health/live | expect '"status":"healthy"'

say "Can it work? (the store's state and latency)"
call GET /health/ready | expect '"writable":true'

say "Sessions in memory, hit rate"
call GET /stats | expect '"hit_rate"'

say "Every route, as OpenAPI"
document="$(call GET /openapi/v1.json | expect '"openapi"')"
echo "${document:0:300}..."
