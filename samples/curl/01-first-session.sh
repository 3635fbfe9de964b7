#!/usr/bin/env bash
# A session from its start to its end.
. "$(dirname "$0")/common.sh"

say "Start a session"
call POST /sessions/start '{"session_id": "first"}' | expect '"restored":false'

say "Store a turn: what the user said and what the agent answered"
call POST /memory/store '{"session_id": "first", "user_message": "I am Ada and I like tea.", "agent_message": "Hello Ada, tea it is."}' | expect '"turn":1'

say "The context: turns and, ready for a model, messages"
call POST /memory/context '{"session_id": "first"}' | expect 'tea it is'

say "The same as one text"
call POST /memory/context '{"session_id": "first", "format": "text"}' | expect 'formatted_context'

say "Start it again: it is restored"
call POST /sessions/start '{"session_id": "first"}' | expect '"restored":true'

say "End it: it is summarized and takes no more messages"
call POST /sessions/end '{"session_id": "first"}' | expect '"status":"success"'

say "Start it once more: a new session follows it"
call POST /sessions/start '{"session_id": "first"}' | expect '"previous_session_id":"first"'

say "The user's sessions in words"
call POST /summaries '{"limit": 5}' | expect '"session_id":"first"'
