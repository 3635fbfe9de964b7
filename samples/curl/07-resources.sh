#!/usr/bin/env bash
# Memory resources: named policies that sessions are created with.
. "$(dirname "$0")/common.sh"

name="support-$$-$(date +%s)"

say "Make one: small context, no card numbers stored, ids made of values"
call PUT "/resources/$name" '{
  "description": "Support chats",
  "budget": {"context_tokens": 4096, "output_tokens": 512, "safety_tokens": 128},
  "privacy": {"redact_patterns": ["\\b\\d{4} \\d{4} \\d{4} \\d{4}\\b"]},
  "key_template": "support:{{customer}}:{{topic}}"
}' --header 'If-None-Match: *' --include | expect '201'

say "The id of a session of that resource"
call POST "/resources/$name/resolve" '{"key_values": {"customer": "c17", "topic": "billing"}}' | expect 'support:c17:billing'

say "Start it by its values"
call POST /sessions/start "{\"resource\": \"$name\", \"key_values\": {\"customer\": \"c17\", \"topic\": \"billing\"}}" | expect '"session_id":"support:c17:billing"'

say "What must not be stored is not stored"
call POST /memory/store '{"session_id": "support:c17:billing", "user_message": "My card is 1234 5678 9012 3456.", "agent_message": "Thank you."}' | expect '"redacted":true'
call POST /memory/context '{"session_id": "support:c17:billing", "format": "text"}' | expect 'REDACTED'

say "All resources, and an end to this one"
call GET /resources | expect "$name"
call DELETE "/resources/$name"
