#!/usr/bin/env bash
# Starts a server of its own on a free port and runs every example against it. Exits with 3 if all passed but node is missing.
set -uo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
server=src/Granary.Server/bin/$configuration/net10.0/Granary.Server.dll
replay=samples/Granary.Sample.Replay/bin/$configuration/net10.0/Granary.Sample.Replay.dll
folder=$(mktemp -d)
PORT=0 DATA_DIR="$folder/data" dotnet "$server" >"$folder/log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 1 150); do
  url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$folder/log" | head -n 1)
  [ -n "$url" ] && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.2
done
if [ -z "${url:-}" ]; then
  cat "$folder/log"
  echo "examples: the server did not start"
  exit 1
fi

export GRANARY_URL=$url
run() {
  echo "example: $*"
  if ! timeout 120 "$@" >"$folder/out" 2>&1; then
    cat "$folder/out"
    echo "FAILED example: $*"
    failed=1
  fi
}
failed=0
run samples/curl/run-all.sh
run dotnet "$replay" replay --url "$url"
run dotnet "$replay" scenario --url "$url"
if ! command -v node >/dev/null || [ "$(node --version | grep -oE '[0-9]+' | head -n 1)" -lt 20 ]; then
  [ "$failed" -eq 0 ] && exit 3
else
  run node samples/javascript/demo.mjs
fi
exit "$failed"
