import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Chip, LinearProgress } from '@mui/material';
import { useMemo } from 'react';
import type { Snapshot } from '../../api/collection';
import { Run, useObjects } from '../../api/resources';
import { useAddress } from '../../show/address';
import { Age } from '../../show/Age';
import { Choice, Filters, Find } from '../../show/Filters';
import { found } from '../../show/found';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import {
  failed,
  finished,
  messageOf,
  percent,
  rowsOf,
  scheduleOf,
  secondsOf,
  state,
  stepOf,
} from '../../show/run';
import { Column, Table } from '../../show/Table';

const columns: Column<Run>[] = [
  {
    id: 'customer',
    header: 'Customer',
    value: ({ spec }) => spec.customerAccessRef.name,
    cell: ({ metadata, spec }) => (
      <ToObject page="runs" namespace={metadata.namespace} name={metadata.name}>
        {spec.customerAccessRef.name}
      </ToObject>
    ),
    parts: 2,
    narrow: true,
  },
  {
    id: 'trigger',
    header: 'Asked for by',
    value: run => scheduleOf(run) ?? run.spec.trigger,
    parts: 1.5,
  },
  {
    id: 'created',
    header: 'Created',
    value: ({ metadata }) => Date.parse(metadata.creationTimestamp),
    cell: ({ metadata }) => <Age of={metadata.creationTimestamp} />,
    narrow: true,
  },
  {
    id: 'state',
    header: 'State',
    value: state,
    cell: run => <State run={run} />,
    parts: 2,
    narrow: true,
  },
  {
    id: 'duration',
    header: 'Took',
    value: secondsOf,
    cell: ({ status }) => status?.duration ?? '',
  },
  { id: 'rows', header: 'Rows', value: rowsOf, parts: 1.5 },
  { id: 'requests', header: 'Requests', value: ({ status }) => status?.requests, number: true },
  {
    id: 'why',
    header: 'Why it failed',
    value: run => (failed(run) ? messageOf(run) : ''),
    parts: 2,
  },
];

/** The state of a run, with a bar while it goes on. */
export function State({ run }: { run: Run }) {
  if (!finished(run) && run.status?.progress?.step) {
    const words = stepOf(run);
    return (
      <div title={words}>
        {words}
        <LinearProgress variant="determinate" value={percent(run)} aria-label={`Step ${words}`} />
      </div>
    );
  }
  return (
    <Chip
      size="small"
      variant="outlined"
      color={failed(run) ? 'error' : finished(run) ? 'success' : 'info'}
      label={state(run)}
      sx={{ color: 'text.primary', maxWidth: '100%' }}
    />
  );
}

/** Runs that the filters leave: what "show" says is ended, failed or going on. */
export function shown(
  runs: Run[],
  filters: { find: string; show: string; trigger: string; schedule: string }
) {
  return runs.filter(run => {
    const texts = [run.spec.customerAccessRef.name, run.metadata.name, messageOf(run)];
    return (
      found(filters.find, texts) &&
      (filters.trigger === '' || (run.spec.trigger ?? 'Manual') === filters.trigger) &&
      (filters.schedule === '' || scheduleOf(run) === filters.schedule) &&
      (filters.show !== 'active' || !finished(run)) &&
      (filters.show !== 'failed' || failed(run)) &&
      (filters.show !== 'changed' || changed(run))
    );
  });
}

function changed({ status }: Run): boolean {
  const { added = 0, updated = 0, removed = 0 } = status?.rows ?? {};
  return added + updated + removed > 0;
}

const triggers = ['Assignment', 'Initial', 'Manual', 'Retry', 'Schedule', 'SpecChange', 'Upgrade'];

export function PureRuns({ list }: { list: Snapshot<Run> }) {
  const [find] = useAddress('find');
  const [show] = useAddress('show');
  const [trigger] = useAddress('trigger');
  const [schedule] = useAddress('schedule');
  const rows = useMemo(
    () => shown(list.items, { find, show, trigger, schedule }),
    [list.items, find, show, trigger, schedule]
  );
  const schedules = useMemo(
    () =>
      [...new Set(list.items.map(scheduleOf))]
        .filter(name => name !== undefined)
        .sort() as string[],
    [list.items]
  );
  return (
    <SectionBox title="Runs">
      <Filters>
        <Find label="Find a run" />
        <Choice
          name="show"
          label="Show"
          all="All"
          options={[
            { value: 'active', label: 'Going on' },
            { value: 'failed', label: 'Failed' },
            { value: 'changed', label: 'With changed rows' },
          ]}
        />
        <Choice
          name="trigger"
          label="Trigger"
          all="Any"
          options={triggers.map(value => ({ value, label: value }))}
        />
        <Choice
          name="schedule"
          label="Schedule"
          all="Any"
          options={schedules.map(value => ({ value, label: value }))}
        />
      </Filters>
      <Reading of={list} what="runs" />
      <Table
        label="Runs"
        columns={columns}
        rows={rows}
        rowKey={({ metadata }) => metadata.uid}
        order="-created"
        empty={
          list.items.length > 0
            ? 'No run is as the filters ask.'
            : list.complete && 'There is no run: each customer has one when it is new.'
        }
      />
    </SectionBox>
  );
}

export function Runs() {
  return <PureRuns list={useObjects('LicenseSync')} />;
}
