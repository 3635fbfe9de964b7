// A small client of the Granary memory service for Node 20 and later. No packages: copy this file.
import { randomUUID } from 'node:crypto';

const TRANSIENT = new Set([408, 429, 502, 503, 504]);

/** An error that the service described in a problem document, or one of the connection (status 0, code "unreachable"). */
export class GranaryError extends Error {
  constructor({ status = 0, code = 'unreachable', detail, field, rule, trace_id }, cause) {
    super(detail, { cause });
    this.name = 'GranaryError';
    Object.assign(this, { status, code, field, rule, traceId: trace_id });
  }
}

export class GranaryClient {
  #next = 0;

  /**
   * @param {object} options
   * @param {string|string[]} [options.url] One address of the service or several.
   * @param {string} [options.userId] The user.
   * @param {string} [options.tenantId] The tenant.
   * @param {string} [options.apiKey] A key, for a server with keys.
   * @param {number} [options.timeoutMs] How long one attempt may take.
   * @param {number} [options.retries] How often a call that is safe to repeat may be repeated.
   */
  constructor({ url = 'http://127.0.0.1:8000', userId, tenantId, apiKey, timeoutMs = 10_000, retries = 4 } = {}) {
    this.urls = [url].flat().map((address) => address.replace(/\/+$/, ''));
    this.timeoutMs = timeoutMs;
    this.retries = retries;
    this.headers = { accept: 'application/json' };
    if (userId) this.headers['x-user-id'] = userId;
    if (tenantId) this.headers['x-tenant-id'] = tenantId;
    if (apiKey) this.headers.authorization = `Bearer ${apiKey}`;
  }

  /** Starts or restores a session. Without an id, one is made here, so that the call is safe to repeat. */
  startSession({ sessionId, ...rest } = {}) {
    const fresh = sessionId === undefined && rest.key_values === undefined;
    const body = { session_id: fresh ? randomUUID() : sessionId, ...rest };
    return this.#json('POST', '/sessions/start', { body, safe: fresh });
  }

  /** Stores a turn. The key makes it safe to repeat: it is the same over all attempts. */
  storeTurn(sessionId, userMessage, agentMessage, { idempotencyKey = randomUUID(), ...rest } = {}) {
    const body = { session_id: sessionId, user_message: userMessage, agent_message: agentMessage, ...rest };
    return this.#json('POST', '/memory/store', { body, idempotencyKey, safe: true });
  }

  /** Appends messages of any role, all or none. */
  appendMessages(sessionId, messages, { idempotencyKey = randomUUID(), ifMatch } = {}) {
    return this.#json('POST', `${session(sessionId)}/messages`, { body: { messages }, idempotencyKey, ifMatch, safe: true });
  }

  /** What a model should see of a session now; format is "turns", "messages" or "text". */
  context(sessionId, { maxTokens, format } = {}) {
    return this.#json('POST', '/memory/context', { body: { session_id: sessionId, max_tokens: maxTokens, format }, safe: true });
  }

  /** A page of a session's history. */
  messages(sessionId, { from = 1, limit = 100 } = {}) {
    return this.#json('GET', `${session(sessionId)}/messages?from=${from}&limit=${limit}`, { safe: true });
  }

  /** A session's state. */
  session(sessionId) {
    return this.#json('GET', session(sessionId), { safe: true });
  }

  /** The user's sessions in words, the youngest first. */
  summaries(limit = 5) {
    return this.#json('POST', '/summaries', { body: { limit }, safe: true });
  }

  /** Folds a session now; options are force, dry_run, strategy, threshold. */
  compact(sessionId, options = {}) {
    return this.#json('POST', `${session(sessionId)}/compact`, { body: options, safe: options.dry_run === true });
  }

  /** Ends a session; ending it twice changes nothing. */
  endSession(sessionId) {
    return this.#json('POST', '/sessions/end', { body: { session_id: sessionId }, safe: true });
  }

  /** Erases a session for good. */
  deleteSession(sessionId) {
    return this.#json('DELETE', session(sessionId), { safe: true });
  }

  /** The service's health. */
  health() {
    return this.#json('GET', '/health', { safe: true });
  }

  /**
   * What happens to a session: { event, id, data } for each event, every message once, over lost connections. Ends when the session is
   * completed or erased, or when the signal says so.
   */
  async *events(sessionId, { after = 0, signal } = {}) {
    let last = after;
    for (let failures = 0; ; ) {
      try {
        const headers = { ...this.headers, accept: 'text/event-stream', 'last-event-id': String(last) };
        const response = await fetch(`${this.urls[this.#next]}${session(sessionId)}/events`, { headers, signal });
        if (!response.ok) throw await problemOf(response);
        for await (const event of parseEvents(response.body)) {
          failures = 0;
          if (event.event === 'message') {
            if (Number(event.id) <= last) continue;
            last = Number(event.id);
          }
          yield event;
          if (event.event === 'ended' || event.event === 'deleted') return;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof GranaryError && !TRANSIENT.has(error.status)) throw error;
        if (++failures > this.retries) throw unreachable(this.urls[this.#next], error);
        this.#next = (this.#next + 1) % this.urls.length;
      }
      await pause(backoff(failures));
    }
  }

  async #json(method, path, { body, idempotencyKey, ifMatch, safe = false }) {
    const headers = { ...this.headers };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
    if (ifMatch) headers['if-match'] = ifMatch;
    const text = body === undefined ? undefined : JSON.stringify(body);

    for (let attempt = 0; ; attempt++) {
      const url = this.urls[this.#next];
      let error;
      let wait = 0;
      try {
        const response = await fetch(url + path, { method, headers, body: text, signal: AbortSignal.timeout(this.timeoutMs) });
        // An answer that breaks off in its middle is a failed attempt like any other.
        if (response.ok) return response.status === 204 ? undefined : await response.json();
        error = await problemOf(response);
        wait = 1000 * (Number(response.headers.get('retry-after')) || 0);
      } catch (lost) {
        error = unreachable(url, lost);
      }

      // A change without a key is repeated only where the service did nothing: it was over a limit.
      const passing = error.status === 0 || TRANSIENT.has(error.status);
      if (error.status === 0 || error.status === 503) this.#next = (this.#next + 1) % this.urls.length;
      if (!passing || attempt >= this.retries || !(safe || error.status === 429)) throw error;
      await pause(Math.max(wait, backoff(attempt)));
    }
  }
}

const session = (id) => `/sessions/${encodeURIComponent(id)}`;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** 200 ms, doubled with each repeat up to 5 s, spread over the upper half. */
const backoff = (repeat) => Math.min(5_000, 200 * 2 ** repeat) * (0.5 + 0.5 * Math.random());

const unreachable = (url, cause) => new GranaryError({ detail: `${url} did not answer: ${cause.cause?.message ?? cause.message}` }, cause);

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  return new GranaryError({ code: 'malformed_answer', detail: `HTTP ${response.status}`, ...problem, status: response.status });
}

/** Server-sent events (WHATWG HTML, 9.2), as far as the service uses them. */
async function* parseEvents(body) {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = {};
      for (const line of block.split('\n')) {
        const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
        if (name) fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
      }
      if (fields.data !== undefined) yield { event: fields.event ?? 'message', id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}
