// node search.mjs RECORDS QUERIES SECONDS: files with a JSON string a line. Answers the milliseconds of each search, as JSON.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

process.env.MEM0_TELEMETRY = 'false';
register('./hooks.mjs', import.meta.url);
const { Memory } = await import('mem0ai/oss');

const [records, queries] = process.argv.slice(2, 4).map((file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)));
const seconds = Number(process.argv[4]);
const dimension = 256;

// No model: words are spread over the dimensions by their hash. What a vector means does not matter to how long a search takes.
const embed = (text) => {
  const vector = new Array(dimension).fill(0);
  for (const word of text.toLowerCase().split(/\W+/)) {
    vector[createHash('md5').update(word).digest().readUInt16LE(0) % dimension] += 1;
  }

  return vector;
};
const memory = new Memory({
  embedder: { provider: 'langchain', config: { model: { embedQuery: async (text) => embed(text), embedDocuments: async (texts) => texts.map(embed) } } },
  llm: { provider: 'langchain', config: { model: { invoke: async () => ({ content: '{}' }) } } },
  vectorStore: { provider: 'memory', config: { collectionName: 'memories', dimension, dbPath: ':memory:' } },
  disableHistory: true,
});
const search = (query) => memory.search(query, { topK: 10, filters: { user_id: 'ada' } });
await search('first');
await memory.vectorStore.insert(
  records.map(embed),
  records.map(() => randomUUID()),
  records.map((data) => ({ data, userId: 'ada', textLemmatized: data.toLowerCase(), hash: '', createdAt: new Date().toISOString() })),
);
const times = [];
const until = performance.now() + seconds * 1000;
let found = 0;
for (const query of queries) {
  const start = performance.now();
  found += (await search(query)).results.length;
  times.push(performance.now() - start);
  if (performance.now() > until) {
    break;
  }
}

if (found === 0) {
  throw new Error('mem0 found nothing');
}

console.log(JSON.stringify(times));
process.exit(0);
