// Runs the official clients against a server and prints what they saw: one JSON object.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const [address] = process.argv.slice(2);
const seen = {};
const clock = { type: 'function', function: { name: 'clock', description: 'Tells the time.', parameters: { type: 'object', properties: { zone: { type: 'string' } } } } };

const openai = new OpenAI({ apiKey: 'sk-none', baseURL: `${address}/p/node/openai/v1`, maxRetries: 0 });
{
  const { data, response } = await openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }).withResponse();
  seen.chat = data.choices[0].message.content;
  seen.session = response.headers.get('x-session-id');
  let text = '';
  for await (const chunk of await openai.chat.completions.create({ model: 'gpt-4o', stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'And now?' }] })) {
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  seen.chatStream = text;

  const messages = [{ role: 'user', content: 'what time is it' }];
  const asked = await openai.chat.completions.stream({ model: 'gpt-4o', messages, tools: [clock] }).finalChatCompletion();
  const call = asked.choices[0].message.tool_calls[0];
  seen.call = [call.function.name, call.function.arguments];
  messages.push(asked.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '12:00' });
  seen.afterTool = (await openai.chat.completions.create({ model: 'gpt-4o', messages, tools: [clock] })).choices[0].message.content;
}
{
  const client = new OpenAI({ apiKey: 'sk-none', baseURL: `${address}/p/node/v1`, maxRetries: 0 });
  const first = await client.responses.create({ model: 'gpt-4o', input: 'Hello to responses' });
  seen.response = first.output_text;
  let text = '';
  let id;
  for await (const event of await client.responses.create({ model: 'gpt-4o', input: 'Go on', previous_response_id: first.id, stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') id = event.response.id;
  }
  seen.responseStream = text;
  const { data, response } = await client.responses.create({ model: 'claude-sonnet-4-5', input: 'And on', previous_response_id: id }).withResponse();
  seen.responseOfAnother = data.output_text;
  seen.responseSession = response.headers.get('x-session-id');
  seen.models = (await client.models.list()).data.some(model => model.id === 'gpt-4o');
  seen.vector = (await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a' })).data[0].embedding.length > 0;
  try {
    await client.chat.completions.create({ model: 'nobody-1', messages: [{ role: 'user', content: 'Hi' }] });
  } catch (error) {
    seen.openaiError = [error.constructor.name, error.status, error.code];
  }
}

const anthropic = new Anthropic({ apiKey: 'sk-none', baseURL: `${address}/p/node/anthropic`, maxRetries: 0 });
{
  const message = await anthropic.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 99, messages: [{ role: 'user', content: 'Hello' }] });
  seen.message = message.content[0].text;
  seen.messageStream = await anthropic.messages.stream({ model: 'claude-sonnet-4-5', max_tokens: 99, messages: [{ role: 'user', content: 'And now?' }] }).finalText();
  const tools = [{ name: 'clock', description: 'Tells the time.', input_schema: { type: 'object', properties: { zone: { type: 'string' } } } }];
  const messages = [{ role: 'user', content: 'what time is it' }];
  const asked = await anthropic.messages.stream({ model: 'claude-sonnet-4-5', max_tokens: 99, messages, tools }).finalMessage();
  const use = asked.content.find(block => block.type === 'tool_use');
  seen.use = [use.name, use.input];
  messages.push({ role: 'assistant', content: asked.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '12:00' }] });
  seen.afterUse = (await anthropic.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 99, messages, tools })).content[0].text;
  seen.messageOfAnother = await anthropic.messages.stream({ model: 'gpt-4o', max_tokens: 99, messages: [{ role: 'user', content: 'And you?' }] }).finalText();
  try {
    await anthropic.messages.create({ model: 'nobody-1', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });
  } catch (error) {
    seen.anthropicError = [error.constructor.name, error.status, error.error?.error?.type];
  }
}

console.log(JSON.stringify(seen));
