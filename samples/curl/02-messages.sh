#!/usr/bin/env bash
# Messages of all roles, a tool call with its result, pages of the history, conditions.
. "$(dirname "$0")/common.sh"

say "Append a whole exchange, all or none"
call POST /sessions/tools/messages '{"messages": [
  {"role": "user", "content": "What is the weather in Oslo?"},
  {"role": "assistant", "tool_calls": [{"id": "call_1", "name": "weather", "arguments": {"place": "Oslo"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "{\"celsius\": -4}"},
  {"role": "assistant", "content": "It is 4 degrees below zero in Oslo."}
]}' | expect '"last_sequence":4'

say "The history from sequence 2 on, two at a time"
call GET '/sessions/tools/messages?from=2&limit=2' | expect '"next":4'

say "The session's state; the ETag is its last sequence and the revision of its resource"
call GET /sessions/tools '' --include | expect 'ETag: "4-'

say "Append only if nothing came in between"
call POST /sessions/tools/messages '{"messages": [{"role": "user", "content": "Thanks!"}]}' --header 'If-Match: "4-1"' | expect '"last_sequence":5'

say "The same condition fails now: 412, and nothing is stored"
if call POST /sessions/tools/messages '{"messages": [{"role": "user", "content": "Thanks!"}]}' --header 'If-Match: "4-1"'; then exit 1; fi

say "A tool result without its call is refused: 400 names the field and the rule"
if call POST /sessions/tools/messages '{"messages": [{"role": "tool", "tool_call_id": "call_9", "content": "?"}]}'; then exit 1; fi
