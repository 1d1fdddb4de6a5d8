import { describe, expect, it } from 'vitest';
import { Clock, Collection, Page, Resource, WatchEvent, Wire } from './collection';

interface Thing extends Resource {
  value: number;
}

/** Numbers that a seed determines. */
function random(seed: number) {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Time that goes on when a test says so. */
class Timers implements Clock {
  now = 0;
  private waiting: { at: number; call: () => void }[] = [];
  random = () => 1;

  after(milliseconds: number, call: () => void) {
    const timer = { at: this.now + milliseconds, call };
    this.waiting.push(timer);
    return () => {
      this.waiting = this.waiting.filter(other => other !== timer);
    };
  }

  async pass(milliseconds: number) {
    const end = this.now + milliseconds;
    for (;;) {
      await settled();
      this.waiting.sort((a, b) => a.at - b.at);
      const next = this.waiting[0];
      if (!next || next.at > end) {
        break;
      }
      this.waiting.shift();
      this.now = next.at;
      next.call();
    }
    this.now = end;
  }
}

/** Lets all promises that can go on do so. */
function settled() {
  return new Promise(resolve => setTimeout(resolve));
}

/** What an API server does: lists in pages, watches from a version, forgets old versions. */
class Server implements Wire<Thing> {
  version = 1;
  things = new Map<string, Thing>();
  log: WatchEvent<Thing>[] = [];
  oldest = 0;
  refusal: (Error & { status?: number }) | null = null;
  lists = 0;
  watches = 0;
  snapshots: { version: number; items: Thing[] }[] = [];
  open: { onEvent(e: WatchEvent<Thing>): void; onEnd(): void }[] = [];
  pageSize: number | null = null;

  write(name: string, value: number | null, namespace = 'a') {
    this.version++;
    const old = this.things.get(name);
    const thing: Thing = {
      metadata: {
        name,
        namespace,
        uid: name,
        resourceVersion: String(this.version),
        creationTimestamp: '',
      },
      value: value ?? old?.value ?? 0,
    };
    if (value === null) {
      this.things.delete(name);
    } else {
      this.things.set(name, thing);
    }
    const type = value === null ? 'DELETED' : old ? 'MODIFIED' : 'ADDED';
    const event: WatchEvent<Thing> = { type, object: thing };
    this.log.push(event);
    this.open.forEach(watch => watch.onEvent(event));
  }

  async list(namespace: string | undefined, query: Record<string, string>): Promise<Page<Thing>> {
    if (this.refusal) {
      throw this.refusal;
    }
    const [snapshot, from] = query.continue?.split(' ').map(Number) ?? [this.snapshots.length, 0];
    if (query.continue === undefined) {
      this.lists++;
      const items = [...this.things.values()].filter(
        thing => namespace === undefined || thing.metadata.namespace === namespace
      );
      this.snapshots.push({ version: this.version, items });
    }
    const { version, items } = this.snapshots[snapshot];
    if (version < this.oldest) {
      throw Object.assign(new Error('the continue token is too old'), { status: 410 });
    }
    const end = from + (this.pageSize ?? Number(query.limit));
    const more = end < items.length;
    return structuredClone({
      items: items.slice(from, end),
      metadata: {
        resourceVersion: String(version),
        ...(more ? { continue: `${snapshot} ${end}`, remainingItemCount: items.length - end } : {}),
      },
    });
  }

  watch(
    namespace: string | undefined,
    query: Record<string, string>,
    onEvent: (event: WatchEvent<Thing>) => void,
    onEnd: () => void
  ) {
    this.watches++;
    const from = Number(query.resourceVersion);
    let canceled = false;
    const send = (event: WatchEvent<Thing>) =>
      void Promise.resolve().then(() => canceled || onEvent(structuredClone(event)));
    const watch = { onEvent: send, onEnd: () => canceled || onEnd() };
    if (from < this.oldest) {
      send({ type: 'ERROR', object: { code: 410 } as unknown as Thing });
    } else {
      this.log.filter(event => Number(event.object.metadata.resourceVersion) > from).forEach(send);
      this.open.push(watch);
    }
    return () => {
      canceled = true;
      this.open = this.open.filter(other => other !== watch);
    };
  }

  /** Ends all connections, as it does by itself after some time. */
  hangUp() {
    const open = this.open;
    this.open = [];
    open.forEach(watch => watch.onEnd());
  }

  forget() {
    this.oldest = this.version;
  }
}

function setUp(namespaces: string[] = []) {
  const server = new Server();
  const timers = new Timers();
  const collection = new Collection(server, timers, () => namespaces);
  const shown = () =>
    Object.fromEntries(collection.snapshot().items.map(item => [item.metadata.name, item.value]));
  return { server, timers, collection, shown };
}

const truth = (server: Server) =>
  Object.fromEntries([...server.things.values()].map(thing => [thing.metadata.name, thing.value]));

describe('Collection', () => {
  it('shows the first page at once, and is complete with the last', async () => {
    const { server, timers, collection } = setUp();
    for (let i = 0; i < 3500; i++) {
      server.write(`t${i}`, i);
    }
    const counts: number[][] = [];
    collection.subscribe(() => {
      const { items, remaining, complete } = collection.snapshot();
      counts.push([items.length, remaining, Number(complete)]);
    });
    await timers.pass(0);
    expect(counts).toEqual([
      [100, 3400, 0],
      [2600, 900, 0],
      [3500, 0, 1],
    ]);
    expect([server.lists, server.watches]).toEqual([1, 1]);
  });

  it('shares one list and one watch, also with who comes back within a minute', async () => {
    const { server, timers, collection } = setUp();
    const leave = [collection.subscribe(() => {}), collection.subscribe(() => {})];
    await timers.pass(1000);
    leave.forEach(call => call());
    await timers.pass(30000);
    const again = collection.subscribe(() => {});
    await timers.pass(120000);
    expect([server.lists, server.watches, server.open.length]).toEqual([1, 1, 1]);
    again();
    await timers.pass(120000);
    expect(server.open.length).toBe(0);
    expect(collection.snapshot().complete).toBe(false);
  });

  it('makes one change of a burst of events', async () => {
    const { server, timers, collection, shown } = setUp();
    let changes = 0;
    collection.subscribe(() => changes++);
    await timers.pass(1000);
    changes = 0;
    for (let i = 0; i < 1000; i++) {
      server.write(`t${i}`, i);
    }
    await timers.pass(1000);
    expect(changes).toBe(1);
    expect(shown()).toEqual(truth(server));
  });

  it('asks no more where a right is missing, and again with growing pauses else', async () => {
    const { server, timers, collection } = setUp();
    let asked = 0;
    const list = server.list.bind(server);
    server.list = (...args) => (asked++, list(...args));
    server.refusal = Object.assign(new Error('forbidden'), { status: 403 });
    const leave = collection.subscribe(() => {});
    await timers.pass(3600000);
    expect([asked, collection.snapshot().error?.message]).toEqual([1, 'forbidden']);
    leave();
    await timers.pass(120000);

    asked = 0;
    server.refusal = new Error('unreachable');
    collection.subscribe(() => {});
    await timers.pass(600000);
    expect(asked).toBeGreaterThan(8);
    expect(asked).toBeLessThan(20);
    server.refusal = null;
    server.write('t', 1);
    await timers.pass(60000);
    expect(collection.snapshot()).toMatchObject({
      complete: true,
      error: null,
      items: [{ value: 1 }],
    });
  });

  it('reads the namespaces that the person named, and no other', async () => {
    const { server, timers, collection, shown } = setUp(['a', 'b']);
    server.write('one', 1, 'a');
    server.write('two', 2, 'b');
    server.write('three', 3, 'c');
    collection.subscribe(() => {});
    await timers.pass(1000);
    expect(shown()).toEqual({ one: 1, two: 2 });
    expect(server.lists).toBe(2);
  });

  it('keeps what it shows while it reads anew', async () => {
    const { server, timers, collection } = setUp();
    for (let i = 0; i < 1000; i++) {
      server.write(`t${i}`, i);
    }
    const counts = new Set<number>();
    collection.subscribe(() => counts.add(collection.snapshot().items.length));
    await timers.pass(1000);
    counts.clear();
    server.hangUp();
    server.write('more', 1);
    server.forget();
    await timers.pass(10000);
    expect([...counts]).toEqual([1001]);
    expect(server.lists).toBe(2);
  });

  // Whatever ends, fails or is forgotten on the way: once it is quiet, what shows is what there is.
  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'comes to the truth, seed %i',
    async seed => {
      const { server, timers, collection, shown } = setUp();
      const next = random(seed);
      server.pageSize = 1 + Math.floor(next() * 20);
      for (let i = 0; i < 40; i++) {
        server.write(`t${i}`, i);
      }
      collection.subscribe(() => {});
      for (let step = 0; step < 200; step++) {
        const draw = next();
        if (draw < 0.6) {
          const name = `t${Math.floor(next() * 60)}`;
          server.write(
            name,
            server.things.has(name) && next() < 0.4 ? null : Math.floor(next() * 100)
          );
        } else if (draw < 0.7) {
          server.hangUp();
        } else if (draw < 0.75) {
          server.forget();
        } else if (draw < 0.8) {
          server.refusal = server.refusal ? null : new Error('unreachable');
        } else {
          await timers.pass(next() * 3000);
        }
      }
      server.refusal = null;
      await timers.pass(300000);
      expect(shown()).toEqual(truth(server));
      expect(collection.snapshot()).toMatchObject({ complete: true, error: null });
      expect(server.open.length).toBe(1);
    }
  );
});
