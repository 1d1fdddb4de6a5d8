/** One list and one watch of a kind, shared by all that show it. Pure but for the wire and the clock, which are parameters. */

export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Resource {
  metadata: ObjectMeta;
}

export interface Page<T> {
  items: T[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & { code?: number };
}

/** How the API server is reached. */
export interface Wire<T> {
  list(namespace: string | undefined, query: Record<string, string>): Promise<Page<T>>;
  /** Calls onEvent for each event and onEnd once when the connection ends by itself. Returns what ends it. */
  watch(
    namespace: string | undefined,
    query: Record<string, string>,
    onEvent: (event: WatchEvent<T>) => void,
    onEnd: () => void
  ): () => void;
}

export interface Clock {
  after(milliseconds: number, call: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

/** What is known of a kind. */
export interface Snapshot<T> {
  items: T[];
  /** Whether items are all that there are. Sums wait for it. */
  complete: boolean;
  /** How many objects the list has yet to bring, as far as the API server tells. */
  remaining: number;
  error: Error | null;
}

// The first page is small, so that rows show at once; the others are large, so that they are few.
const firstPage = '100';
const laterPages = '2500';
// Events of one burst become one change of the page.
const gatherMilliseconds = 200;
const shortestPause = 1000;
const longestPause = 60000;
// Who goes to another page and comes back finds the list that was there.
const lingerMilliseconds = 60000;

/** A kind in all namespaces, or in those that the person named in Headlamp's settings. */
export class Collection<T extends Resource> {
  private snapshotNow: Snapshot<T> = { items: [], complete: false, remaining: 0, error: null };
  private readonly listeners = new Set<() => void>();
  private parts: Part<T>[] = [];
  private cancelLinger: (() => void) | null = null;
  private cancelGather: (() => void) | null = null;

  constructor(
    private readonly wire: Wire<T>,
    private readonly clock: Clock,
    private readonly namespaces: () => string[]
  ) {}

  snapshot = (): Snapshot<T> => this.snapshotNow;

  subscribe = (listener: () => void): (() => void) => {
    this.cancelLinger?.();
    this.cancelLinger = null;
    this.listeners.add(listener);
    if (this.parts.length === 0) {
      this.start();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.cancelLinger = this.clock.after(lingerMilliseconds, () => this.stop());
      }
    };
  };

  private start() {
    const named = this.namespaces();
    this.parts = (named.length > 0 ? named : [undefined]).map(
      namespace => new Part(namespace, this.wire, this.clock, burst => this.changed(burst))
    );
    this.parts.forEach(part => part.list());
  }

  private stop() {
    this.parts.forEach(part => part.stop());
    this.parts = [];
    this.cancelGather?.();
    this.cancelGather = null;
    this.snapshotNow = { items: [], complete: false, remaining: 0, error: null };
  }

  private changed(burst: boolean) {
    if (!burst) {
      this.publish();
    } else if (this.cancelGather === null) {
      this.cancelGather = this.clock.after(gatherMilliseconds, () => this.publish());
    }
  }

  private publish() {
    this.cancelGather?.();
    this.cancelGather = null;
    this.snapshotNow = {
      items: this.parts.flatMap(part => [...part.objects.values()]),
      complete: this.parts.every(part => part.complete),
      remaining: this.parts.reduce((sum, part) => sum + part.remaining, 0),
      error: this.parts.find(part => part.error !== null)?.error ?? null,
    };
    this.listeners.forEach(listener => listener());
  }
}

/** The objects of one namespace, or of all. */
class Part<T extends Resource> {
  objects = new Map<string, T>();
  complete = false;
  remaining = 0;
  error: Error | null = null;
  private version = '';
  private pause = shortestPause;
  private stopped = false;
  private cancel: () => void = () => {};

  constructor(
    private readonly namespace: string | undefined,
    private readonly wire: Wire<T>,
    private readonly clock: Clock,
    private readonly changed: (burst: boolean) => void
  ) {}

  stop() {
    this.stopped = true;
    this.cancel();
  }

  /** Reads all pages. What was there before stays until all is there anew. */
  async list() {
    const found = new Map<string, T>();
    let next: string | undefined;
    try {
      do {
        const query: Record<string, string> = { limit: next ? laterPages : firstPage };
        if (next) {
          query.continue = next;
        }
        const page = await this.wire.list(this.namespace, query);
        if (this.stopped) {
          return;
        }
        page.items.forEach(item => found.set(item.metadata.uid, trimmed(item)));
        next = page.metadata.continue;
        this.version = page.metadata.resourceVersion;
        this.show(found, next !== undefined && next !== '', page.metadata.remainingItemCount ?? 0);
      } while (next);
    } catch (error) {
      this.failed(error as Error);
      return;
    }
    this.watch();
  }

  private show(found: Map<string, T>, more: boolean, remaining: number) {
    this.error = null;
    if (!this.complete || !more) {
      this.objects = found;
      this.complete = !more;
      this.remaining = remaining;
      this.changed(false);
    }
  }

  private failed(error: Error & { status?: number }) {
    if (this.stopped) {
      return;
    }
    this.error = error;
    this.changed(false);
    // A right that is missing does not come by asking again.
    if (error.status !== 401 && error.status !== 403) {
      this.later(() => this.list());
    }
  }

  private watch() {
    let heard = false;
    this.cancel = this.wire.watch(
      this.namespace,
      { watch: '1', allowWatchBookmarks: 'true', resourceVersion: this.version },
      event => {
        if (this.stopped) {
          return;
        }
        if (event.type === 'ERROR') {
          // The version is too old, most of all: only a list helps.
          this.cancel();
          this.later(() => this.list());
          return;
        }
        if (!heard) {
          heard = true;
          this.pause = shortestPause;
        }
        this.take(event);
      },
      () => this.later(() => this.watch())
    );
  }

  private take(event: WatchEvent<T>) {
    this.version = event.object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') {
      return;
    }
    if (event.type === 'DELETED') {
      this.objects.delete(event.object.metadata.uid);
    } else {
      this.objects.set(event.object.metadata.uid, trimmed(event.object));
    }
    this.changed(true);
  }

  /** Calls after a pause that doubles with each call and, since many browsers wait for one server, differs. */
  private later(call: () => void) {
    if (this.stopped) {
      return;
    }
    this.cancel = this.clock.after(this.pause * (0.5 + this.clock.random() / 2), call);
    this.pause = Math.min(2 * this.pause, longestPause);
  }
}

/** Managed fields are half of an object's bytes, and shown nowhere. */
function trimmed<T extends Resource>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}
