import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import type { Snapshot } from '../../api/collection';
import { Partner, useObjects } from '../../api/resources';
import { readyReason } from '../../show/condition';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Ready } from '../../show/Ready';
import { Column, Table } from '../../show/Table';

const counts = (partner: Partner) => partner.status?.organizationCounts;

const columns: Column<Partner>[] = [
  {
    id: 'name',
    header: 'Partner',
    value: ({ metadata }) => metadata.name,
    cell: ({ metadata: { namespace, name } }) => (
      <ToObject page="partners" namespace={namespace} name={name} />
    ),
    parts: 2,
    narrow: true,
  },
  { id: 'mode', header: 'Mode', value: ({ spec }) => spec.mode ?? 'Report' },
  { id: 'found', header: 'Found', value: p => counts(p)?.found, number: true },
  { id: 'selected', header: 'Selected', value: p => counts(p)?.selected, number: true },
  {
    id: 'created',
    header: 'Customers',
    value: p => counts(p)?.created,
    number: true,
    narrow: true,
  },
  { id: 'waiting', header: 'Waiting', value: p => counts(p)?.waiting, number: true },
  { id: 'vanished', header: 'Vanished', value: p => counts(p)?.vanished, number: true },
  { id: 'held', header: 'Held', value: p => p.status?.held?.customers ?? 0, number: true },
  {
    id: 'ready',
    header: 'State',
    value: p => (p.spec.suspend ? 'Suspended' : readyReason(p.status?.conditions)),
    cell: p => <Ready of={p.status?.conditions} />,
    parts: 2,
    narrow: true,
  },
];

export function PurePartners({ list }: { list: Snapshot<Partner> }) {
  return (
    <SectionBox title="Partners">
      <Reading of={list} what="partners" />
      <Table
        label="Partners"
        columns={columns}
        rows={list.items}
        rowKey={({ metadata }) => metadata.uid}
        empty={list.complete && 'There is no partner: each customer has credentials of its own.'}
      />
    </SectionBox>
  );
}

export function Partners() {
  return <PurePartners list={useObjects('WebexPartner')} />;
}
