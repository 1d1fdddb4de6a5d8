import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Button, Stack } from '@mui/material';
import { useMemo, useState } from 'react';
import { Allowed } from '../../actions/Allowed';
import type { Snapshot } from '../../api/collection';
import { Customer, Schedule, useObjects } from '../../api/resources';
import { useAddress } from '../../show/address';
import { Age } from '../../show/Age';
import { condition, readyReason } from '../../show/condition';
import { Choice, Filters, Find } from '../../show/Filters';
import { found } from '../../show/found';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Ready } from '../../show/Ready';
import { Column, Table } from '../../show/Table';
import { ScheduleActions } from './ScheduleActions';
import { ScheduleForm } from './ScheduleForm';
import { when, whom } from './when';

const columns: Column<Schedule>[] = [
  {
    id: 'name',
    header: 'Schedule',
    value: ({ metadata }) => metadata.name,
    cell: ({ metadata: { namespace, name } }) => (
      <ToObject page="schedules" namespace={namespace} name={name} />
    ),
    parts: 2,
    narrow: true,
  },
  { id: 'when', header: 'Runs', value: when, parts: 2 },
  {
    id: 'zone',
    header: 'Zone',
    value: ({ spec }) => (spec.schedule ? spec.timeZone : ''),
    parts: 1.2,
  },
  { id: 'customers', header: 'Customers', value: s => s.status?.targets?.total, parts: 1.3 },
  {
    id: 'next',
    header: 'Next',
    value: ({ status }) => status?.nextScheduleTime,
    cell: ({ status }) => (status?.nextScheduleTime ? <Age of={status.nextScheduleTime} /> : '–'),
    narrow: true,
  },
  {
    id: 'last',
    header: 'Last',
    value: ({ status }) => status?.lastScheduleTime,
    cell: ({ status }) => <Age of={status?.lastScheduleTime} />,
  },
  {
    id: 'missed',
    header: 'Missed',
    value: ({ status }) => status?.lastMissedTime,
    cell: ({ status }) => <Age of={status?.lastMissedTime} />,
  },
  { id: 'active', header: 'Active', value: s => s.status?.targets?.active, number: true },
  { id: 'failed', header: 'Failed', value: s => s.status?.targets?.failed, number: true },
  {
    id: 'ready',
    header: 'State',
    value: s => readyReason(s.status?.conditions),
    cell: s => <Ready of={s.status?.conditions} />,
    parts: 1.8,
    narrow: true,
  },
];

/** The schedules that the filters leave. */
export function shown(schedules: Schedule[], find: string, show: string): Schedule[] {
  return schedules.filter(schedule => {
    const { metadata, spec, status } = schedule;
    const texts = [
      metadata.name,
      metadata.namespace,
      when(schedule),
      whom(schedule),
      spec.schedule ?? '',
    ];
    if (!found(find, texts)) {
      return false;
    }
    switch (show) {
      case 'active':
        return !spec.suspend;
      case 'suspended':
        return spec.suspend === true;
      case 'attention':
        return condition(status?.conditions, 'Ready')?.status === 'False';
      case 'failed':
        return (status?.targets?.failed ?? 0) > 0;
    }
    return true;
  });
}

export function PureSchedules(props: { list: Snapshot<Schedule>; customers: Snapshot<Customer> }) {
  const { list, customers } = props;
  const [find] = useAddress('find');
  const [show] = useAddress('show');
  const [selected, setSelected] = useState(new Set<string>());
  const [creating, setCreating] = useState(false);
  const rows = useMemo(() => shown(list.items, find, show), [list.items, find, show]);
  const chosen = rows.filter(({ metadata }) => selected.has(metadata.uid));
  const namespaces = new Set(customers.items.map(({ metadata }) => metadata.namespace));
  return (
    <SectionBox title="Schedules">
      {/* As high as a button: one that shows a moment later moves no row from under the pointer. */}
      <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1} sx={{ mb: 1.5, minHeight: 37 }}>
        <Allowed
          verb="create"
          kind="LicenseSyncSchedule"
          namespace={namespaces.size === 1 ? [...namespaces][0] : undefined}
        >
          <Button variant="contained" onClick={() => setCreating(true)}>
            Create schedule
          </Button>
        </Allowed>
        {chosen.length > 0 && <ScheduleActions schedules={chosen} />}
      </Stack>
      <Filters>
        <Find label="Find a schedule" />
        <Choice
          name="show"
          label="Show"
          all="All"
          options={[
            { value: 'active', label: 'Active' },
            { value: 'suspended', label: 'Suspended' },
            { value: 'attention', label: 'Not ready' },
            { value: 'failed', label: 'With failed runs' },
          ]}
        />
      </Filters>
      <Reading of={list} what="schedules" />
      <Table
        label="Schedules"
        columns={columns}
        rows={rows}
        rowKey={({ metadata }) => metadata.uid}
        selected={selected}
        onSelect={setSelected}
        empty={
          list.items.length > 0
            ? 'No schedule is as the filters ask.'
            : list.complete && 'There is no schedule: customers are read when you ask.'
        }
      />
      {creating && <ScheduleForm customers={customers} onClose={() => setCreating(false)} />}
    </SectionBox>
  );
}

export function Schedules() {
  const customers = useObjects('WebexCustomerAccess');
  return <PureSchedules list={useObjects('LicenseSyncSchedule')} customers={customers} />;
}
