import { K8s } from '@kinvolk/headlamp-plugin/lib';
import { useSyncExternalStore } from 'react';
import { Collection, ObjectMeta, Snapshot } from './collection';
import type {
  LicenseSyncScheduleSpec,
  LicenseSyncScheduleStatus,
  LicenseSyncSpec,
  LicenseSyncStatus,
  WebexCustomerAccessSpec,
  WebexCustomerAccessStatus,
  WebexLicenseAssignmentSpec,
  WebexLicenseAssignmentStatus,
  WebexLicenseSpec,
  WebexLicenseStatus,
  WebexPartnerSpec,
  WebexPartnerStatus,
} from './types';
import { clock, Kind, wire } from './wire';

interface ObjectOf<Spec, Status> {
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
}

export type Customer = ObjectOf<WebexCustomerAccessSpec, WebexCustomerAccessStatus>;
export type Row = ObjectOf<WebexLicenseSpec, WebexLicenseStatus>;
export type Run = ObjectOf<LicenseSyncSpec, LicenseSyncStatus>;
export type Schedule = ObjectOf<LicenseSyncScheduleSpec, LicenseSyncScheduleStatus>;
export type Assignment = ObjectOf<WebexLicenseAssignmentSpec, WebexLicenseAssignmentStatus>;
export type Partner = ObjectOf<WebexPartnerSpec, WebexPartnerStatus>;

/** The object of each kind. */
export interface Objects {
  WebexCustomerAccess: Customer;
  WebexLicense: Row;
  LicenseSync: Run;
  LicenseSyncSchedule: Schedule;
  WebexLicenseAssignment: Assignment;
  WebexPartner: Partner;
}

const collections = new Map<string, unknown>();

function collection<K extends Kind>(kind: K, cluster: string): Collection<Objects[K]> {
  const key = `${cluster} ${kind}`;
  if (!collections.has(key)) {
    collections.set(
      key,
      new Collection(wire<Objects[K]>(kind, cluster), clock, () =>
        K8s.cluster.getAllowedNamespaces(cluster)
      )
    );
  }
  return collections.get(key) as Collection<Objects[K]>;
}

/**
 * All objects of a kind in the cluster that the address names, as they change. All callers share one
 * list and one watch.
 */
export function useObjects<K extends Kind>(kind: K): Snapshot<Objects[K]> {
  const shared = collection(kind, K8s.useCluster() ?? '');
  return useSyncExternalStore(shared.subscribe, shared.snapshot);
}
