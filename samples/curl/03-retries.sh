#!/usr/bin/env bash
# An idempotency key makes an append safe to repeat after a lost answer.
. "$(dirname "$0")/common.sh"

turn='{"session_id": "retry", "user_message": "Book a table for two.", "agent_message": "Booked for 7 pm."}'

say "Store a turn under a key"
first="$(call POST /memory/store "$turn" --header 'Idempotency-Key: turn-1')"
echo "$first"

say "Repeat it: the answer is the same, and the header says that nothing was stored now"
call POST /memory/store "$turn" --header 'Idempotency-Key: turn-1' --include | expect 'Idempotency-Replayed: true' | expect "$first"

say "Other content under the same key: 409"
if call POST /memory/store "${turn/two/three}" --header 'Idempotency-Key: turn-1'; then exit 1; fi

say "curl repeats by itself what failed for a moment; the key stays the same"
call POST /memory/store '{"session_id": "retry", "user_message": "A window seat, please.", "agent_message": "Noted."}' \
  --header 'Idempotency-Key: turn-2' --retry 4 --retry-connrefused | expect '"turn":2'

say "A batch: each turn has its own key and its own result, a bad one does not stop the rest"
call POST /memory/store/batch '{"session_id": "retry", "turns": [
  {"user_message": "Is there parking?", "agent_message": "Behind the house.", "idempotency_key": "turn-3"},
  {"user_message": "", "agent_message": "This one is refused.", "idempotency_key": "turn-4"},
  {"user_message": "Thank you.", "agent_message": "See you at 7.", "idempotency_key": "turn-5"}
]}' | expect '"stored":2,"failed":1'
