#!/usr/bin/env bash
# A long session is folded to fit a context; nothing of its history is lost.
. "$(dirname "$0")/common.sh"

say "Store twelve turns"
turns=""
for n in $(seq 1 12); do
  turns+="${turns:+, }{\"user_message\": \"Order $n: send $((n * 10)) boxes to warehouse $n.\", \"agent_message\": \"Order $n is placed, $((n * 10)) boxes for warehouse $n.\"}"
done
call POST /memory/store/batch "{\"session_id\": \"long\", \"turns\": [$turns]}" | expect '"stored":12'

say "What would a compaction do?"
call POST /sessions/long/compact '{"force": true, "dry_run": true}' | expect '"dry_run":true'

say "Compact it now"
call POST /sessions/long/compact '{"force": true}' | expect '"success":true'

say "The context: a summary and the last turns"
call POST /memory/context '{"session_id": "long", "format": "text"}' | expect 'warehouse 12'

say "The first message is still in the history"
call GET '/sessions/long/messages?limit=1' | expect 'Order 1'

say "And the context as it was in the first epoch can be read again"
call GET /sessions/long/epochs/1 | expect '"epoch":1'

say "Only 60 tokens of it"
call POST /memory/context '{"session_id": "long", "max_tokens": 60}' | expect 'omitted_messages'

say "Clear the context; the history stays"
call POST /sessions/long/clear '{"confirm": true}' | expect '"backup_created":true'
