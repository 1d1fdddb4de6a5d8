import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import type { Customer } from '../api/resources';
import { acme, assignment, failing, odd, partner, running, succeeded } from '../stories/objects';
import { server } from '../stories/setup';
import { show } from '../stories/show';
import { Stage } from '../stories/Stage';
import { ApprovePrune, ApproveRemovals } from './Approve';
import { RunButtons } from './RunButtons';
import { SuspendButtons } from './Suspend';
import { SyncButton } from './Sync';

afterEach(cleanup);

const strict = 'fieldManager=webex-licenses-headlamp&fieldValidation=Strict';

const on = (what: ReactNode) => show(<Stage>{what}</Stage>);
const click = async (name: string | RegExp) =>
  userEvent.click(await screen.findByRole('button', { name }));

/** What was sent: each method and path without the cluster, and its body. */
function sent() {
  return server.sent.map(({ method, path, body }) => [
    `${method} ${path.replace(/^.*\/namespaces/, '')}`,
    body,
  ]);
}

function named(name: string): Customer {
  return { ...acme, metadata: { ...acme.metadata, name, uid: name } };
}

describe('Sync', () => {
  it('creates the run that kubectl webex sync creates', async () => {
    on(<SyncButton customers={[acme]} />);
    await click('Sync Licenses');
    expect(await screen.findByText('0 of 1 ended')).toBeTruthy();
    expect(sent()).toEqual([
      [
        `POST /webex/licensesyncs?${strict}`,
        {
          apiVersion: 'licensing.webex-operator.io/v1alpha1',
          kind: 'LicenseSync',
          metadata: {
            namespace: 'webex',
            generateName: 'acme-',
            labels: {
              'licensing.webex-operator.io/customer': 'acme',
              'licensing.webex-operator.io/trigger': 'Manual',
            },
          },
          spec: {
            customerAccessRef: { name: 'acme' },
            trigger: 'Manual',
            ttlSecondsAfterFinished: 86400,
          },
        },
      ],
    ]);
  });

  it('asks with the number of several, leaves suspended ones out, and goes on after a refusal', async () => {
    server.refuses = ({ body }) =>
      JSON.stringify(body).includes('"c07-"') ? 'exceeded quota' : undefined;
    const many = Array.from({ length: 20 }, (_, i) => named(`c${String(i).padStart(2, '0')}`));
    on(<SyncButton customers={[...many, odd]} label="Sync all shown" />);
    await click('Sync all shown');
    expect(screen.getByText('Read 20 customers now?')).toBeTruthy();
    expect(screen.getByText(/1 suspended ones are left out/)).toBeTruthy();
    expect(sent()).toEqual([]);
    await click('Sync Licenses');
    await waitFor(() => expect(screen.getByText('1 of 20 ended, 1 failed')).toBeTruthy());
    expect(server.sent).toHaveLength(20);
    expect(screen.getByText(/exceeded quota/)).toBeTruthy();
  });
});

describe('Suspend', () => {
  it.each([
    ['WebexCustomerAccess', acme, 'Suspend', true, 'webexcustomeraccesses/acme'],
    ['WebexCustomerAccess', odd, 'Resume', false, 'webexcustomeraccesses/odd'],
    ['WebexPartner', partner, 'Suspend', true, 'webexpartners/provider'],
  ] as const)('%s %#', async (kind, object, verb, suspend, path) => {
    on(<SuspendButtons kind={kind} objects={[object]} />);
    await click(verb);
    expect(sent()).toEqual([]);
    await userEvent.click(screen.getAllByRole('button', { name: verb }).slice(-1)[0]);
    await waitFor(() =>
      expect(sent()).toEqual([[`PATCH /webex/${path}?${strict}`, { spec: { suspend } }]])
    );
  });
});

describe('Approve', () => {
  it.each([
    [
      <ApprovePrune key="" customer={acme} />,
      /9 licence rows/,
      'approvePrune',
      '5f0c3a9be412',
      'webexcustomeraccesses/acme',
    ],
    [
      <ApproveRemovals key="" kind="WebexLicenseAssignment" object={assignment} />,
      /12 people will lose a licence/,
      'approveRemovals',
      'abc123',
      'webexlicenseassignments/sales',
    ],
    [
      <ApproveRemovals key="" kind="WebexPartner" object={partner} />,
      /2 customers will be suspended/,
      'approveRemovals',
      'def456',
      'webexpartners/provider',
    ],
  ])(
    'shows the count, asks again, approves exactly this %#',
    async (what, count, annotation, token, path) => {
      on(what);
      await click('Approve…');
      expect(screen.getAllByText(count).length).toBeGreaterThan(0);
      expect(sent()).toEqual([]);
      await click('Approve');
      await waitFor(() =>
        expect(sent()).toEqual([
          [
            `PATCH /webex/${path}?${strict}`,
            { metadata: { annotations: { [`licensing.webex-operator.io/${annotation}`]: token } } },
          ],
        ])
      );
    }
  );

  it('is refused when what is held changed while the question was open', async () => {
    const { again } = on(<ApprovePrune customer={acme} />);
    await click('Approve…');
    const other = {
      ...acme,
      status: { ...acme.status, heldPrune: { rows: 90, percent: 99, token: 'another' } },
    };
    again(
      <Stage>
        <ApprovePrune customer={other} />
      </Stage>
    );
    expect(screen.getByText('What is held has changed')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Approve' })).toHaveProperty('disabled', true);
    expect(sent()).toEqual([]);
  });
});

describe('Runs', () => {
  it('cancels one that goes on, after a question', async () => {
    on(<RunButtons run={running} customer={acme} />);
    await click('Cancel');
    expect(sent()).toEqual([]);
    await click('Cancel the run');
    await waitFor(() =>
      expect(sent()).toEqual([
        [`PATCH /webex/licensesyncs/acme-x7k2p?${strict}`, { spec: { cancel: true } }],
      ])
    );
  });

  it('repeats one that failed, with its limits', async () => {
    const limited = {
      ...failing,
      spec: { ...failing.spec, backoffLimit: 0, activeDeadlineSeconds: 60 },
    };
    on(<RunButtons run={limited} customer={acme} />);
    await click('Retry');
    await waitFor(() => expect(server.sent).toHaveLength(1));
    expect(server.sent[0].body).toMatchObject({
      spec: {
        customerAccessRef: { name: 'acme' },
        trigger: 'Manual',
        backoffLimit: 0,
        activeDeadlineSeconds: 60,
        ttlSecondsAfterFinished: 86400,
      },
    });
  });

  it.each([
    ['succeeded', succeeded, acme],
    ['failed, its customer suspended', failing, { ...acme, spec: { ...acme.spec, suspend: true } }],
    ['failed, its customer gone', failing, undefined],
  ])('leaves one alone that %s', async (_, run, customer) => {
    on(<RunButtons run={run} customer={customer} />);
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(screen.queryAllByRole('button')).toEqual([]);
  });
});
