#!/usr/bin/env bash
# The memory proxy: OpenAI's API with a memory behind it. Needs a service with a provider of models, such as
#   OPENAI_API_KEY=... dotnet run --project src/Granary.Server
# PROXY_MODEL names another model than gpt-4o-mini.
. "$(dirname "$0")/common.sh"

model="${PROXY_MODEL:-gpt-4o-mini}"

say "A chat in the session 'trip': its address says whose memory it uses"
call POST "/p/$user/trip/v1/chat/completions" '{"model": "'"$model"'", "messages": [{"role": "user", "content": "I fly to Lisbon on 3 May."}]}' | expect '"choices"'

say "The next question alone, as a stream: the model knows what was said before"
call POST "/p/$user/trip/v1/chat/completions" \
  '{"model": "'"$model"'", "stream": true, "messages": [{"role": "user", "content": "Where do I fly, and when?"}]}' --no-buffer | expect 'data: [DONE]'

say "Anthropic's shape, the same session, the same model"
call POST "/p/$user/trip/v1/messages" '{"model": "'"$model"'", "max_tokens": 200, "messages": [{"role": "user", "content": "What should I pack?"}]}' | expect '"type":"message"'

say "What was stored"
call GET /sessions/trip/messages | expect '"sequence":6'
