// Goes through every method of mem0's client that the service answers, and prints what came as one JSON object.
// Arguments: the address, the key.
import { MemoryClient } from "mem0ai";

const [host, apiKey] = process.argv.slice(2);
const client = new MemoryClient({ apiKey, host });
const user = "ada lovelace@example.org";
const out = {};

await client.ping();
out.added = await client.add(
  [{ role: "user", content: "I sail a blue boat." }, { role: "assistant", content: "A fine colour." }],
  { userId: user, agentId: "skipper", runId: "trip 1", appId: "harbour", metadata: { from: "test", deepKey: { aB: 1 } } });
out.again = await client.add([{ role: "user", content: "I sail a blue boat." }], { userId: user, agentId: "skipper", runId: "trip 1", appId: "harbour" });
out.other = await client.add([{ role: "user", content: "Bob's secret boat." }], { userId: "bob" });
const id = out.added.results[0].id;
out.got = await client.get(id);
out.all = await client.getAll({ filters: { user_id: user } });
out.page = await client.getAll({ filters: { AND: [{ user_id: user }, { agent_id: "skipper" }] }, page: 2, pageSize: 1 });
out.byRun = await client.getAll({ filters: { AND: [{ user_id: user }, { run_id: "trip 1" }, { app_id: "harbour" }] } });
out.byMetadata = await client.getAll({ filters: { AND: [{ user_id: user }, { metadata: { from: "elsewhere" } }] } });
out.updated = await client.update(id, { text: "I sail a red boat.", metadata: { from: "update" } });
out.history = await client.history(id);
out.batchUpdated = await client.batchUpdate([{ memoryId: out.added.results[1].id, text: "A fine, fine colour." }]);
if (process.argv[4] === "search") {
  out.found = await client.search("Which boat?", { filters: { user_id: user }, topK: 3 });
}
out.unknownFilter = await client.getAll({ filters: { user_id: user, mood: "good" } }).then(() => "taken", (error) => error.message);
out.unknownMemory = await client.get("00000000-0000-0000-0000-000000000000").then(() => "found", (error) => error.name);
out.deleted = await client.delete(id);
out.afterDelete = await client.get(id).then(() => "found", (error) => error.name);
out.batchDeleted = await client.batchDelete([out.added.results[1].id]);
await client.add([{ role: "user", content: "One more." }], { userId: user });
out.deletedAll = await client.deleteAll({ userId: user });
out.left = await client.getAll({ filters: { user_id: user } });
out.entityDeleted = await client.deleteUsers({ userId: "bob" });
out.bobs = await client.getAll({ filters: { user_id: "bob" } });
console.log(JSON.stringify(out));
