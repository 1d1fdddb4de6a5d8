import { ApiProxy } from '@kinvolk/headlamp-plugin/lib';
import { Clock, Page, Resource, WatchEvent, Wire } from './collection';
import { kinds } from './types';

// A page of thousands of rows over a slow line.
const listTimeout = 60000;

export type Kind = keyof typeof kinds;

/** The path of a kind at the API server, or of one object. */
export function path(kind: Kind, namespace?: string, name?: string): string {
  const { group, version, plural } = kinds[kind];
  const parts = ['/apis', group, version];
  if (namespace) {
    parts.push('namespaces', encodeURIComponent(namespace));
  }
  parts.push(plural);
  if (name) {
    parts.push(encodeURIComponent(name));
  }
  return parts.join('/');
}

/** Reaches a kind through Headlamp, with the person's own rights. */
export function wire<T extends Resource>(kind: Kind, cluster: string): Wire<T> {
  return {
    list: (namespace, query) =>
      ApiProxy.clusterRequest(
        path(kind, namespace),
        { cluster, timeout: listTimeout },
        query
      ) as Promise<Page<T>>,
    watch: (namespace, query, onEvent, onEnd) => {
      const stream = ApiProxy.stream<WatchEvent<T>>(
        `${path(kind, namespace)}?${new URLSearchParams(query)}`,
        onEvent,
        { isJson: true, cluster, reconnectOnFailure: false, failCb: onEnd }
      );
      return stream.cancel;
    },
  };
}

export const clock: Clock = {
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
