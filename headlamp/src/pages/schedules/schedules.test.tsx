import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { acme, nightly, odd, stalled } from '../../stories/objects';
import { server } from '../../stories/setup';
import { show } from '../../stories/show';
import { complete, Stage } from '../../stories/Stage';
import { PureSchedule } from './ScheduleDetail';
import { PureSchedules, shown } from './Schedules';

afterEach(cleanup);

const customers = complete(acme, odd);
// By text: to look for roles in the whole form takes seconds.
const click = async (text: string) =>
  fireEvent.click((await screen.findAllByText(text)).slice(-1)[0]);
const write = (label: string, text: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });

// What a comparison of elements would print takes seconds to write.
const closed = () => waitFor(() => expect(screen.queryByText('Save') === null).toBe(true));

/** What was sent: method, object, whether it was a dry run, and the part that the form decides. */
function sent() {
  return server.sent.map(({ method, path, body }) => [
    method,
    path.replace(/^.*\/namespaces/, '').replace(/\?.*/, ''),
    path.includes('dryRun=All'),
    (body as { spec: unknown }).spec,
  ]);
}

describe('the form', { timeout: 30000 }, () => {
  it('brings the words of the API server to the fields, and writes once all is right', async () => {
    server.refuses = ({ body }) => {
      const { schedule } = (body as { spec: { schedule: string } }).spec;
      return schedule === '61 * * * *'
        ? `LicenseSyncSchedule.licensing.webex-operator.io "n" is invalid: [spec.schedule: Invalid value: "${schedule}": schedule must be five fields, spec: Invalid value: more]`
        : undefined;
    };
    show(
      <Stage>
        <PureSchedules list={complete(nightly)} customers={customers} />
      </Stage>
    );
    await click('Create schedule');
    await click('Save');
    expect(screen.getByText('Write a name.')).toBeTruthy();
    expect(sent()).toEqual([]);

    write('Schedule name', 'n');
    write('Cron line', '61 * * * *');
    await click('Save');
    expect(await screen.findByText('schedule must be five fields')).toBeTruthy();
    const field = screen.getByLabelText('Cron line');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const above = screen.getByText('spec: Invalid value: more').closest('[role=alert]');
    await waitFor(() => expect(document.activeElement === above).toBe(true));
    const spec = { customerAccessSelector: {}, schedule: '61 * * * *' };
    const to = '/webex/licensesyncschedules';
    expect(sent()).toEqual([['POST', to, true, spec]]);

    write('Cron line', '15 4 * * *');
    expect(screen.getByText('At 04:15')).toBeTruthy();
    await click('Save');
    await closed();
    const right = { ...spec, schedule: '15 4 * * *' };
    expect(sent().slice(1)).toEqual([
      ['POST', to, true, right],
      ['POST', to, false, right],
    ]);
  });

  it('patches what changed, and counts the customers of labels', async () => {
    show(
      <Stage>
        <PureSchedule schedule={nightly} customers={customers} />
      </Stage>
    );
    await click('Edit');
    const dialog = (await screen.findByText('Save')).closest<HTMLElement>('[role=dialog]')!;
    expect(within(dialog).getByText('1 customer right now, of 2 in the namespace.')).toBeTruthy();
    fireEvent.click(within(dialog).getByLabelText('All customers'));
    expect(within(dialog).getByText('2 customers right now, of 2 in the namespace.')).toBeTruthy();
    fireEvent.click(within(dialog).getByLabelText('Active'));
    await click('Save');
    await closed();
    const to = '/webex/licensesyncschedules/nightly';
    const spec = { customerAccessSelector: { matchLabels: null }, suspend: true };
    expect(sent()).toEqual([
      ['PATCH', to, true, spec],
      ['PATCH', to, false, spec],
    ]);
  });

  it('keeps each time with its offset', async () => {
    show(
      <Stage>
        <PureSchedule schedule={stalled} customers={customers} />
      </Stage>
    );
    await click('Edit');
    await click('Add a time');
    write('Date and time 2', '2027-07-01T03:30');
    const offset = 'Date and time 2: offset from UTC, such as +01:00';
    write(offset, '-0');
    write(offset, '-03:30');
    fireEvent.blur(screen.getByLabelText(offset));
    fireEvent.click(screen.getByLabelText('Remove date and time 1'));
    expect(screen.getByLabelText<HTMLInputElement>('Date and time').value).toBe('2027-07-01T03:30');
    await click('Save');
    await closed();
    expect(sent()[1]).toEqual([
      'PATCH',
      '/webex/licensesyncschedules/stalled',
      false,
      { at: ['2027-07-01T03:30:00-03:30'] },
    ]);
  });

  it('sends nothing if nothing changed', async () => {
    show(
      <Stage>
        <PureSchedule schedule={nightly} customers={customers} />
      </Stage>
    );
    await click('Edit');
    await click('Save');
    await closed();
    expect(sent()).toEqual([]);
  });
});

it('asks with the number of customers before it runs them all', async () => {
  show(
    <Stage>
      <PureSchedule schedule={nightly} customers={customers} />
    </Stage>
  );
  await click('Run now');
  expect(screen.getByText('Read 40 customers now?')).toBeTruthy();
  expect(server.sent).toEqual([]);
  await click('Run now');
  await waitFor(() => expect(server.sent).toHaveLength(1));
  expect(JSON.stringify(server.sent[0].body)).toMatch(/webex-operator.io\/requestedAt":"2/);
});

it.each([
  ['', '', ['nightly', 'stalled']],
  ['ACME', '', ['stalled']],
  ['02:30', '', ['nightly']],
  ['', 'active', ['nightly']],
  ['', 'suspended', ['stalled']],
  ['', 'attention', ['stalled']],
  ['', 'failed', ['nightly']],
  ['acme', 'failed', []],
])('finds %j among those that are %j', (find, which, want) => {
  expect(shown([nightly, stalled], find, which).map(one => one.metadata.name)).toEqual(want);
});
