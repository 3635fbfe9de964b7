#!/usr/bin/env bash
# Follow a session: its messages as server-sent events.
. "$(dirname "$0")/common.sh"

call POST /memory/store '{"session_id": "live", "user_message": "Hello?", "agent_message": "I am here."}' | expect '"turn":1'

say "Store a turn and end the session while the feed is open"
{
  sleep 1
  call POST /memory/store '{"session_id": "live", "user_message": "Still there?", "agent_message": "Always."}'
  call POST /sessions/end '{"session_id": "live"}'
} > /dev/null &

# Last-Event-ID is the sequence that was seen last: the feed begins after it. curl stops after 5 seconds, which is its error 28.
feed="$(call GET /sessions/live/events '' --no-buffer --max-time 5 --header 'Last-Event-ID: 1' 2> /dev/null || true)"
wait
printf '%s\n' "$feed" | expect 'Always.' | expect 'event: ended' > /dev/null
say "The feed"
echo "$feed"
