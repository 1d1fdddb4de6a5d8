// Before all else of Headlamp: its modules import each other in circles, which only begin well here.
import '@kinvolk/headlamp-plugin/lib/plugin/Plugins';
import { beforeEach, vi } from 'vitest';

/** A request that changes something, as it arrived at the API server. */
export interface Sent {
  method: string;
  path: string;
  body: unknown;
}

/** What a person asks the right for. */
export interface Right {
  verb: string;
  resource: string;
  namespace?: string;
}

/** The API server of tests: what it was sent, what it allows, and what it refuses. */
export const server = {
  sent: [] as Sent[],
  allows: (() => true) as (right: Right) => boolean,
  /** Refuses a body, with these words. */
  refuses: (() => undefined) as (sent: Sent) => string | undefined,
};

beforeEach(() => {
  server.sent = [];
  server.allows = () => true;
  server.refuses = () => undefined;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const path = String(url).replace(/^https?:\/\/[^/]+/, '');
    const method = init.method ?? 'GET';
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    if (path.includes('selfsubjectaccessreviews')) {
      return answer({ status: { allowed: server.allows(body.spec.resourceAttributes) } });
    }
    if (method === 'GET') {
      return answer({ kind: 'List', items: [], metadata: { resourceVersion: '1' } });
    }
    const sent = { method, path, body };
    server.sent.push(sent);
    const refusal = server.refuses(sent);
    if (refusal !== undefined) {
      return answer({ kind: 'Status', message: refusal }, 422);
    }
    const { metadata } = body as { metadata?: { generateName?: string } };
    return answer({ ...body, metadata: { ...metadata, name: `${metadata?.generateName}1` } }, 201);
  });
  // A watch that tells nothing.
  vi.stubGlobal(
    'WebSocket',
    class {
      addEventListener() {}
      removeEventListener() {}
      close() {}
    }
  );
});

function answer(body: unknown, status = 200) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });
}
