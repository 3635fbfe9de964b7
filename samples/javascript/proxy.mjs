// The memory proxy with OpenAI's own client: only its base address is another. Needs a service with a provider of models, such as
//   OPENAI_API_KEY=... dotnet run --project src/Granary.Server
// Then: npm install openai && node samples/javascript/proxy.mjs      (GRANARY_URL, GRANARY_KEY; PROXY_MODEL for another than gpt-4o-mini)
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const url = process.env.GRANARY_URL?.split(',')[0] ?? 'http://127.0.0.1:8000';
const key = process.env.GRANARY_KEY;
const model = process.env.PROXY_MODEL ?? 'gpt-4o-mini';
const user = `js-proxy-${Date.now().toString(36)}`;
const openai = new OpenAI({ baseURL: `${url}/p/${user}/trip/v1`, apiKey: key ?? 'none' });

const first = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'I fly to Lisbon on 3 May.' }] });
console.log('<', first.choices[0].message.content);

// Only the new question: the model knows what was said before.
const stream = await openai.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'Where do I fly, and when?' }] });
process.stdout.write('< ');
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
console.log();

const headers = { 'X-User-ID': user, ...(key && { Authorization: `Bearer ${key}` }) };
const { messages } = await (await fetch(`${url}/sessions/trip/messages`, { headers })).json();
for (const { sequence, role, content } of messages) console.log(`${sequence} ${role}: ${content}`);
assert.deepEqual(messages.map(message => message.role), ['user', 'assistant', 'user', 'assistant']);
