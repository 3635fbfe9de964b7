#!/usr/bin/env bash
# A session as a file of JSON Lines, and a new session of that file.
. "$(dirname "$0")/common.sh"

file="$(mktemp)"
trap 'rm -f "$file"' EXIT

call POST /memory/store '{"session_id": "origin", "user_message": "Remember 42.", "agent_message": "I will."}' | expect '"turn":1'

say "Export: the session, its appends, its epochs, a line each"
call GET /sessions/origin/export > "$file"
cat "$file"

say "Import it under another id"
call POST '/sessions/import?session_id=copy' '' --header 'Content-Type: application/x-ndjson' --data-binary "@$file" | expect '"session_id":"copy"'

say "The copy has the same history"
call GET /sessions/copy/messages | expect 'Remember 42.'

say "Erase the origin for good"
call DELETE /sessions/origin
if call GET /sessions/origin; then exit 1; fi
