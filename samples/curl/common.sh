# Read by the examples beside it. GRANARY_URL says where the service is, GRANARY_KEY is a service key for a server with keys.
set -euo pipefail

url="${GRANARY_URL:-http://127.0.0.1:8000}"
user="curl-$(date +%s)-$$"

# call METHOD PATH [BODY] [more arguments of curl]: prints the answer and a line end; an HTTP error ends the example.
call() {
  local method="$1" path="$2" body="${3:-}"
  shift $(($# < 3 ? $# : 3))
  local arguments=(--silent --show-error --fail-with-body --max-time 30 --request "$method" --header "X-User-ID: $user")
  if [ -n "${GRANARY_KEY:-}" ]; then arguments+=(--header "Authorization: Bearer $GRANARY_KEY"); fi
  if [ -n "$body" ]; then arguments+=(--header "Content-Type: application/json" --data-binary "$body"); fi
  curl "${arguments[@]}" "$@" "$url$path" || {
    local status=$?
    if [ $status -eq 7 ]; then echo "No service answers at $url. Start it: dotnet run --project src/Granary.Server" >&2; fi
    return $status
  }
  echo
}

# say TEXT: a heading.
say() { printf '\n# %s\n' "$1"; }

# expect TEXT: copies its input to its output and fails if TEXT is not in it.
expect() {
  local answer
  answer="$(cat)"
  printf '%s\n' "$answer"
  case "$answer" in *"$1"*) ;; *) echo "expected: $1" >&2; return 1 ;; esac
}
