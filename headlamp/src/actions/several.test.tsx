import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, expect, it } from 'vitest';
import type { Customer } from '../api/resources';
import { acme } from '../stories/objects';
import { server } from '../stories/setup';
import { show } from '../stories/show';
import { Stage } from '../stories/Stage';
import { ApprovePrune } from './Approve';
import { all, each } from './each';
import { SuspendButtons } from './Suspend';
import { SyncButton } from './Sync';

afterEach(cleanup);

const on = (what: ReactNode) => show(<Stage>{what}</Stage>);
const click = async (name: string | RegExp) =>
  userEvent.click(await screen.findByRole('button', { name }));
const patched = () => server.sent.map(({ path }) => path.replace(/^.*\/(.*)\?.*$/, '$1'));

function named(name: string, namespace = 'webex'): Customer {
  return { ...acme, metadata: { ...acme.metadata, name, namespace, uid: `${namespace}/${name}` } };
}

const thousand = Array.from({ length: 1000 }, (_, i) => i);

it('does a few of a thousand things at once, and each of them', async () => {
  let open = 0;
  let most = 0;
  const done: number[] = [];
  await each(
    thousand,
    async i => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      if (i % 100 === 7) {
        throw new Error(`${i} is refused`);
      }
      return i;
    },
    (i, result, error) => done.push(error ? -i : result!)
  );
  expect(most).toBe(8);
  expect(done).toHaveLength(1000);
  expect(done.filter(i => i < 0)).toEqual([
    -7, -107, -207, -307, -407, -507, -607, -707, -807, -907,
  ]);
});

it.each([
  [1, 'no'],
  [3, '3 of 3 were refused. The first: no'],
])('says of %s things that are refused why', async (count, words) => {
  const refuse = () => Promise.reject(new Error('no'));
  await expect(all(thousand.slice(0, count), refuse)).rejects.toThrow(words);
});

it('keeps the panel to what was asked for when the selection changes', async () => {
  const many = [1, 2, 3].map(i => named(`c${i}`));
  const { again } = on(<SyncButton customers={many} />);
  await click('Sync Licenses');
  await userEvent.click(within(screen.getByRole('dialog')).getByText('Sync Licenses'));
  again(
    <Stage>
      <SyncButton customers={many.slice(0, 1)} />
    </Stage>
  );
  expect(await screen.findByText('0 of 3 ended')).toBeTruthy();
});

it('suspends of several those that run, and says how many were refused', async () => {
  server.refuses = ({ path }) => (path.includes('/c2?') ? 'denied by a policy' : undefined);
  const customers = [1, 2, 3, 4].map(i => named(`c${i}`));
  customers[3] = { ...customers[3], spec: { ...acme.spec, suspend: true } };
  on(<SuspendButtons kind="WebexCustomerAccess" objects={customers} />);
  await screen.findByRole('button', { name: 'Resume' });
  await click('Suspend 3');
  await click('Suspend');
  const words = /^1 of 3 were refused\. The first: .*denied by a policy$/;
  expect(await screen.findByText(words)).toBeTruthy();
  expect(patched()).toEqual(['c1', 'c2', 'c3']);
});

it('shows no button without the right in each namespace', async () => {
  const asked: string[] = [];
  server.allows = ({ verb, resource, namespace }) => {
    asked.push(`${verb} ${resource} ${namespace}`);
    return namespace === 'webex';
  };
  on(
    <>
      <SyncButton customers={[named('a')]} label="One" />
      <SyncButton customers={[named('a'), named('b', 'other')]} label="Both" />
      <SyncButton customers={[]} label="None" />
    </>
  );
  await screen.findByRole('button', { name: 'One' });
  await waitFor(() =>
    expect([...new Set(asked)].sort()).toEqual([
      'create licensesyncs other',
      'create licensesyncs webex',
    ])
  );
  expect(screen.getAllByRole('button').map(button => button.textContent)).toEqual(['One']);
});

it('approves nothing if what was held is gone while the question was open', async () => {
  const { again } = on(<ApprovePrune customer={acme} />);
  await click('Approve…');
  again(
    <Stage>
      <ApprovePrune customer={{ ...acme, status: {} }} />
    </Stage>
  );
  expect(screen.getByText('What is held has changed')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Approve' })).toHaveProperty('disabled', true);
  expect(server.sent).toEqual([]);
});
