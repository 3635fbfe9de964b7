#!/usr/bin/env bash
# Memories about a user: keep, recall with sources, change under a condition, history, forget, erase.
. "$(dirname "$0")/common.sh"

say "Keep a fact"
call POST /memory/remember '{"id": "home", "content": "Ada lives in Oslo.", "metadata": {"from": "sign-up form"}}' | expect '"status":"stored"'

say "The same again is known already"
call POST /memory/remember '{"content": "Ada lives in Oslo."}' | expect '"status":"duplicate"'

say "Keep many, all or none"
call POST /memory/remember/batch '{"memories": [
  {"content": "Prefers short answers.", "kind": "insight", "category": "preferences"},
  {"content": "Wants to learn sailing by next summer.", "kind": "insight", "category": "goals", "importance": "high"}
]}' | expect '"stored":2'

say "A conversation, which is remembered by itself"
call POST /memory/store '{"session_id": "spring", "user_message": "I bought a blue boat called Freya.", "agent_message": "Congratulations!"}' >/dev/null

say "Recall: a message of the conversation is found with its session and sequence"
call POST /memory/recall '{"query": "What is the boat called?"}' | expect '"id":"turn:spring:1"'

say "Only records, and only of one kind"
call POST /memory/recall '{"query": "sailing", "filters": {"kind": "insight"}}' | expect '"category":"goals"'

say "A filter that is not known is refused, never ignored"
if call POST /memory/recall '{"query": "sailing", "filters": {"colour": "blue"}}'; then exit 1; fi

say "Facts on a question, over all there is"
call POST /memory/retrieve '{"query": "boat sailing"}' | expect '"facts":['

say "Change a memory if nobody else did meanwhile"
call PATCH /memory/memories/home '{"content": "Ada lives in Bergen.", "reason": "She moved."}' --header 'If-Match: "1"' | expect '"revision":2'
if call PATCH /memory/memories/home '{"content": "Ada lives in Rome."}' --header 'If-Match: "1"'; then exit 1; fi

say "All that happened to it"
call GET /memory/memories/home/history | expect '"reason":"She moved."'

say "A new session begins with what is known"
call POST /sessions/start '{"session_id": "summer"}' | expect 'Long-term Context'

say "Delete it, and restore it"
call DELETE /memory/memories/home | expect '"success":true'
call POST /memory/memories/home/restore | expect '"state":"active"'

say "What would be forgotten"
call POST /memory/forget '{"max_age_days": 1, "dry_run": true}' | expect '"forgotten":0'

say "The memory in figures"
call GET /memory/stats | expect '"by_kind"'
