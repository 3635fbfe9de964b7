// Shows the memory service from JavaScript. Start the service first: dotnet run --project src/Granary.Server
// Then: node samples/javascript/demo.mjs      (GRANARY_URL and GRANARY_KEY say where it is and who you are)
import assert from 'node:assert/strict';
import { GranaryClient, GranaryError } from './granary.mjs';

const memory = new GranaryClient({
  url: process.env.GRANARY_URL?.split(',') ?? 'http://127.0.0.1:8000',
  apiKey: process.env.GRANARY_KEY,
  userId: `js-demo-${Date.now().toString(36)}`,
});

try {
  const { version } = await memory.health();
  console.log(`Granary ${version}`);

  const { session_id: id } = await memory.startSession({ system_prompt: 'You plan journeys.' });
  console.log(`Session ${id}`);

  // Follow the session while it goes on.
  const seen = [];
  const following = (async () => {
    for await (const { event, data } of memory.events(id)) {
      if (event === 'message') seen.push(data.sequence);
    }
  })();

  await memory.storeTurn(id, 'I want to see the northern lights in February.', 'Tromso has the best chances from 4 to 18 February.');

  // The same key twice stores one turn: this is how a lost answer is repeated.
  const key = { idempotencyKey: 'turn-2' };
  const first = await memory.storeTurn(id, 'My budget is 1,800 euros.', 'Then six nights with flights fit.', key);
  const again = await memory.storeTurn(id, 'My budget is 1,800 euros.', 'Then six nights with flights fit.', key);
  assert.deepEqual(again, first);
  console.log(`Turn ${first.turn} is stored once, as messages ${first.first_sequence} to ${first.last_sequence}.`);

  // A tool call and its result stay together, whatever is folded later.
  await memory.appendMessages(id, [
    { role: 'user', content: 'Find a flight on 6 February.' },
    { role: 'assistant', content: '', tool_calls: [{ id: 'call_1', name: 'find_flight', arguments: { to: 'TOS', date: '2026-02-06' } }] },
    { role: 'tool', tool_call_id: 'call_1', name: 'find_flight', content: '{"flight":"SK4424","price":214}' },
    { role: 'assistant', content: 'SK4424 costs 214 euros.' },
  ]);

  const context = await memory.context(id, { format: 'messages' });
  console.log(`A model gets ${context.messages.length} messages with ${context.token_count} tokens:`);
  for (const { role, content, tool_calls } of context.messages) {
    console.log(`  ${role.padEnd(9)} ${content || `calls ${tool_calls.map((call) => call.name).join(', ')}`}`);
  }

  try {
    await memory.storeTurn(id, '', 'An empty message is refused.');
  } catch (error) {
    if (!(error instanceof GranaryError)) throw error;
    console.log(`Refused: ${error.status} ${error.code}, ${error.field} ${error.rule}`);
  }

  const ended = await memory.endSession(id);
  console.log(`Ended after ${ended.turns_count} turns: ${ended.key_topics.join(', ')}`);
  await following;
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  console.log(`The feed brought messages ${seen.join(', ')}.`);
} catch (error) {
  if (!(error instanceof GranaryError)) throw error;
  console.error(error.message);
  if (error.status === 0) console.error('Is the service running? Start it: dotnet run --project src/Granary.Server');
  process.exitCode = 1;
}
