import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { useMemo } from 'react';
import type { Snapshot } from '../../api/collection';
import { Assignment, useObjects } from '../../api/resources';
import { useAddress } from '../../show/address';
import { condition, readyReason } from '../../show/condition';
import { Choice, Filters, Find } from '../../show/Filters';
import { found } from '../../show/found';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Ready } from '../../show/Ready';
import { Column, Table } from '../../show/Table';
import { licenseOf } from './facts';

const columns: Column<Assignment>[] = [
  {
    id: 'name',
    header: 'Assignment',
    value: ({ metadata }) => metadata.name,
    cell: ({ metadata: { namespace, name } }) => (
      <ToObject page="assignments" namespace={namespace} name={name} />
    ),
    parts: 2,
    narrow: true,
  },
  { id: 'license', header: 'Licence', value: licenseOf, parts: 2 },
  {
    id: 'customer',
    header: 'Customer',
    value: ({ spec }) => spec.customerAccessRef.name,
    cell: ({ metadata, spec }) => (
      <ToObject
        page="customers"
        namespace={metadata.namespace}
        name={spec.customerAccessRef.name}
      />
    ),
    parts: 1.5,
  },
  { id: 'mode', header: 'Mode', value: ({ spec }) => spec.mode ?? 'Report', parts: 1.2 },
  { id: 'listed', header: 'Listed', value: a => a.status?.subjects?.listed, number: true },
  { id: 'add', header: 'To add', value: a => a.status?.plan?.add, number: true },
  { id: 'remove', header: 'To remove', value: a => a.status?.plan?.remove, number: true },
  { id: 'held', header: 'Held', value: a => a.status?.held?.people ?? 0, number: true },
  {
    id: 'ready',
    header: 'State',
    value: a => readyReason(a.status?.conditions),
    cell: a => <Ready of={a.status?.conditions} />,
    parts: 2,
    narrow: true,
  },
];

/** What the choice "Show" leaves. */
export function shown(assignments: Assignment[], find: string, show: string): Assignment[] {
  return assignments.filter(assignment => {
    const { metadata, spec, status } = assignment;
    const texts = [metadata.name, spec.customerAccessRef.name, licenseOf(assignment) ?? ''];
    if (!found(find, texts)) {
      return false;
    }
    switch (show) {
      case 'held':
        return status?.held !== undefined;
      case 'changes':
        return (status?.plan?.add ?? 0) + (status?.plan?.remove ?? 0) > 0;
      case 'attention':
        return condition(status?.conditions, 'Ready')?.status === 'False';
    }
    return true;
  });
}

export function PureAssignments({ list }: { list: Snapshot<Assignment> }) {
  const [find] = useAddress('find');
  const [show] = useAddress('show');
  const rows = useMemo(() => shown(list.items, find, show), [list.items, find, show]);
  return (
    <SectionBox title="Assignments">
      <Filters>
        <Find label="Find an assignment" />
        <Choice
          name="show"
          label="Show"
          all="All"
          options={[
            { value: 'attention', label: 'Not ready' },
            { value: 'changes', label: 'With changes to make' },
            { value: 'held', label: 'With held removals' },
          ]}
        />
      </Filters>
      <Reading of={list} what="assignments" />
      <Table
        label="Assignments"
        columns={columns}
        rows={rows}
        rowKey={({ metadata }) => metadata.uid}
        empty={
          list.items.length > 0
            ? 'No assignment is as the filters ask.'
            : list.complete && 'There is no assignment: people hold the licences that they have.'
        }
      />
    </SectionBox>
  );
}

export function Assignments() {
  return <PureAssignments list={useObjects('WebexLicenseAssignment')} />;
}
