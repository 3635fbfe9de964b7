// PostgreSQL with pgvector in this process, over TCP: node server.mjs PORT. Port 0 takes a free one. Says READY and its address when it takes
// connections, and ends with its standard input.
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const db = await PGlite.create({ extensions: { vector, pg_trgm } });
const server = new PGLiteSocketServer({ db, port: Number(process.argv[2]), host: '127.0.0.1', maxConnections: 100 });
await server.start();
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
console.log(`READY ${server.getServerConn()}`);
