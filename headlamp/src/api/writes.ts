import { ApiProxy } from '@kinvolk/headlamp-plugin/lib';
import type { Resource } from './collection';
import type { Objects } from './resources';
import { annotations, kinds } from './types';
import { Kind, path } from './wire';

// Seen in the managed fields of what people change here.
const fieldManager = 'webex-licenses-headlamp';

function query(dryRun: boolean): string {
  return `?fieldManager=${fieldManager}&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
}

/** Changes one object by a merge patch: null takes a field away. */
export function patch(
  kind: Kind,
  object: Resource,
  body: object,
  { dryRun = false } = {}
): Promise<unknown> {
  const { namespace, name } = object.metadata;
  return ApiProxy.patch(path(kind, namespace, name) + query(dryRun), body);
}

/** Creates an object. With a generateName, the API server completes the name. */
export function create<K extends Kind>(
  kind: K,
  object: {
    metadata: { namespace: string; name?: string; generateName?: string };
    spec: Objects[K]['spec'];
  },
  { dryRun = false } = {}
): Promise<Objects[K]> {
  const { group, version } = kinds[kind];
  const body = { apiVersion: `${group}/${version}`, kind, ...object };
  return ApiProxy.post(path(kind, object.metadata.namespace) + query(dryRun), body);
}

/** Asks the operator for a run of a customer or schedule, or for a discovery of a partner. */
export function request(
  kind: 'WebexCustomerAccess' | 'LicenseSyncSchedule' | 'WebexPartner',
  object: Resource,
  now: Date
): Promise<unknown> {
  return patch(kind, object, {
    metadata: { annotations: { [annotations.requestedAt]: now.toISOString() } },
  });
}
