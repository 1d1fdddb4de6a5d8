import type { Assignment, Customer, Partner, Row, Run, Schedule } from '../api/resources';
import { labels } from '../api/types';

/** Names that a page has to bear: markup, right to left, long, emoji. */
export const hostile = {
  markup: '<img src=x onerror="alert(1)">',
  rightToLeft: '\u202Eסניף חיפה',
  long: 'Very long name '.repeat(17).slice(0, 256),
  emoji: '🏢 Büro 👩‍💻',
};

const time = '2026-11-29T02:30:00Z';

function meta(name: string, more = {}) {
  return {
    name,
    namespace: 'webex',
    uid: name,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: time,
    ...more,
  };
}

function condition(type: string, status: 'True' | 'False', reason: string, message: string) {
  return { type, status, reason, message, lastTransitionTime: time };
}

export const acme: Customer = {
  metadata: meta('acme', { labels: { [labels.partner]: 'provider' } }),
  spec: {
    credentialsSecretRef: { name: 'acme-webex' },
    customerName: 'Acme Corporation',
    hierarchyPath: 'provider.reseller-west',
  },
  status: {
    organization: { displayName: 'Acme Example', id: '11111111-2222-4333-8444-555555555555' },
    totals: { licenses: 3, locations: 2, totalUnits: 300, consumedUnits: 140, availableUnits: 160 },
    lastSuccessfulSyncTime: time,
    lastWalkTime: '2026-11-28T02:30:00Z',
    subscriptions: ['Sub100'],
    defaults: { subscription: 'Sub100' },
    credentials: { kind: 'ServiceApp', accessTokenExpirationTime: '2026-12-08T02:30:00Z' },
    heldPrune: { rows: 9, percent: 40, token: '5f0c3a9be412' },
    conditions: [
      condition('Ready', 'True', 'Synced', 'the licence rows are those of the last complete run'),
      condition(
        'CapacityOK',
        'False',
        'Warning',
        'used up to spec.thresholds.warningPercent or more: Webex Calling - Professional'
      ),
      condition(
        'PruneHeld',
        'True',
        'ApprovalRequired',
        'more rows than spec.prune.maxPercent allows are no longer in Webex'
      ),
    ],
  },
};

export const odd: Customer = {
  metadata: meta('odd'),
  spec: { credentialsSecretRef: { name: 'odd' }, customerName: hostile.long, suspend: true },
  status: { organization: { displayName: hostile.markup } },
};

function row(name: string, license: string, consumed: number, location?: string): Row {
  return {
    metadata: meta(name),
    spec: {
      customerAccessRef: { name: 'acme' },
      licenseID: license,
      level: location ? 'Site' : 'Customer',
      ...(location && { locationID: location }),
    },
    status: {
      name: license,
      offerCode: 'BCSTD',
      class: 'Purchased',
      subscriptionID: 'Sub100',
      location: location ?? 'Acme Corporation',
      totalUnits: 100,
      consumedUnits: consumed,
      availableUnits: 100 - consumed,
      utilizationPercent: consumed,
      assignable: true,
      assignableReason: 'Assignable',
    },
  };
}

export const rows: Row[] = [
  row('calling', 'Webex Calling - Professional', 87),
  row('calling-hq', 'Webex Calling - Professional', 52, hostile.rightToLeft),
  row('calling-lab', 'Webex Calling - Professional', 35, hostile.emoji),
  row('meetings', 'Webex Meetings Suite', 120),
  row('markup', hostile.markup, 3),
];

export function run(name: string, status: Run['status'], spec: Partial<Run['spec']> = {}): Run {
  return {
    metadata: meta(name, { labels: { [labels.schedule]: 'nightly' } }),
    spec: { customerAccessRef: { name: 'acme' }, trigger: 'Schedule', ...spec },
    status,
  };
}

export const succeeded = run('nightly-acme-1', {
  conditions: [
    condition('Complete', 'True', 'Succeeded', 'the organization was read'),
    condition('Ready', 'True', 'Succeeded', 'the organization was read'),
  ],
  startTime: time,
  duration: '42s',
  rows: { added: 1, updated: 3, removed: 0, unchanged: 12, held: 9 },
  requests: 21,
  walk: 'LicensesMoved',
  changes: [
    {
      kind: 'Updated',
      license: hostile.markup,
      location: hostile.long,
      before: '1/100',
      after: '2/100',
      row: 'calling',
    },
  ],
});

export const running = run(
  'acme-x7k2p',
  {
    conditions: [
      { ...condition('Ready', 'True', 'Running', 'the run is at work'), status: 'Unknown' },
    ],
    startTime: time,
    progress: { step: 'People', done: 1200, total: 4000 },
  },
  { trigger: 'Manual' }
);

export const failing = run('nightly-acme-0', {
  conditions: [
    condition('Failed', 'True', 'APIUnavailable', 'Webex could not be reached'),
    condition('Ready', 'False', 'APIUnavailable', 'Webex could not be reached'),
  ],
  message: 'Webex could not be reached: see connection.proxyURL and the network policy',
  requests: 21,
  failedAttempts: 7,
});

export const assignment: Assignment = {
  metadata: meta('sales'),
  spec: {
    customerAccessRef: { name: 'acme' },
    license: { offerCode: 'EE' },
    subjects: {
      emails: ['ada@example.com', 'grace@example.com'],
      emailsFrom: [{ name: 'sales-people' }],
      groups: [hostile.markup],
    },
    mode: 'Enforce',
    unlisted: 'Remove',
  },
  status: {
    conditions: [
      condition(
        'Ready',
        'False',
        'RemovalsHeld',
        '12 people would lose licences: look at the plan'
      ),
      condition('RemovalsHeld', 'True', 'ApprovalRequired', '12 people would lose licences'),
    ],
    license: { name: 'Webex Meetings Suite', totalUnits: 100, availableUnits: 41 },
    subjects: {
      listed: 40,
      resolved: 38,
      notFound: 2,
      notFoundAt: ['Secret sales-people, key emails, line 7'],
    },
    plan: { add: 3, remove: 12, unchanged: 35, time },
    held: { people: 12, token: 'abc123' },
    verdict: { reason: 'RemovalsHeld', message: '12 people would lose licences' },
    lastRun: { name: 'nightly-acme-1', added: 2, removed: 0, failed: 1, time },
    failures: [{ reason: 'Refused', code: 400404, people: 1, trackingID: 'ROUTER_1' }],
  },
};

export const partner: Partner = {
  metadata: meta('provider'),
  spec: { credentialsSecretRef: { name: 'provider' }, mode: 'Create' },
  status: {
    conditions: [condition('Ready', 'True', 'Discovered', 'all organizations were listed')],
    organizationCounts: {
      found: 7,
      selected: 7,
      created: 3,
      waiting: 0,
      readElsewhere: 2,
      vanished: 2,
      refused: 0,
    },
    held: { customers: 2, token: 'def456' },
    organizations: [
      { id: '1', displayName: hostile.rightToLeft, customer: 'acme', state: 'ReadElsewhere' },
      { id: '2', displayName: hostile.markup, customer: 'other/odd', state: 'Held' },
    ],
  },
};

export const nightly: Schedule = {
  metadata: meta('nightly'),
  spec: {
    customerAccessSelector: { matchLabels: { [labels.partner]: 'provider' } },
    schedule: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    spreadSeconds: 600,
    concurrencyPolicy: 'Forbid',
    syncTemplate: { backoffLimit: 2 },
  },
  status: {
    conditions: [condition('Ready', 'True', 'Scheduled', 'the next run starts at 02:30')],
    nextScheduleTime: '2026-11-30T01:31:21Z',
    lastScheduleTime: time,
    lastSuccessfulTime: time,
    targets: { total: 40, active: 2, succeeded: 37, failed: 1, suspended: 0 },
    timeZoneData: '2026f',
  },
};

export const stalled: Schedule = {
  metadata: meta('stalled'),
  spec: { customerAccessRef: { name: 'acme' }, at: ['2027-01-01T02:00:00+01:00'], suspend: true },
  status: {
    conditions: [
      condition('Ready', 'False', 'InvalidSchedule', `spec.schedule: ${hostile.markup}`),
      condition('Stalled', 'True', 'InvalidSchedule', 'spec.schedule: correct the field'),
    ],
    openSlotTime: time,
    lastMissedTime: time,
  },
};
