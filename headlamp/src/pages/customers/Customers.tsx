import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Stack } from '@mui/material';
import { useMemo, useState } from 'react';
import { SuspendButtons } from '../../actions/Suspend';
import { SyncButton } from '../../actions/Sync';
import type { Snapshot } from '../../api/collection';
import { Customer, useObjects } from '../../api/resources';
import { labels } from '../../api/types';
import { useAddress } from '../../show/address';
import { Age } from '../../show/Age';
import { concerns } from '../../show/concerns';
import { readyReason } from '../../show/condition';
import { Choice, Filters, Find } from '../../show/Filters';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Ready } from '../../show/Ready';
import { Column, Table } from '../../show/Table';
import { nodes } from '../../sums/selection';
import { shown } from './shown';

const totals = (customer: Customer) => customer.status?.totals;

const columns: Column<Customer>[] = [
  {
    id: 'name',
    header: 'Customer',
    value: ({ metadata }) => metadata.name,
    cell: ({ metadata: { namespace, name } }) => (
      <ToObject page="customers" namespace={namespace} name={name} />
    ),
    parts: 2,
    narrow: true,
  },
  {
    id: 'organization',
    header: 'Organization',
    value: ({ status, spec }) => status?.organization?.displayName ?? spec.customerName,
    parts: 2,
  },
  { id: 'at', header: 'Hierarchy', value: ({ spec }) => spec.hierarchyPath ?? '', parts: 1.5 },
  { id: 'bought', header: 'Bought', value: c => totals(c)?.totalUnits, number: true },
  {
    id: 'used',
    header: 'In use',
    value: c => totals(c)?.consumedUnits,
    number: true,
    narrow: true,
  },
  { id: 'available', header: 'Available', value: c => totals(c)?.availableUnits, number: true },
  {
    id: 'age',
    header: 'Last sync',
    value: ({ status }) =>
      status?.lastSuccessfulSyncTime ? Date.parse(status.lastSuccessfulSyncTime) : undefined,
    cell: ({ status }) => <Age of={status?.lastSuccessfulSyncTime} />,
    parts: 1.2,
  },
  {
    id: 'ready',
    header: 'State',
    value: ({ status }) => readyReason(status?.conditions),
    cell: ({ status }) => <Ready of={status?.conditions} />,
    parts: 1.5,
    narrow: true,
  },
];

const keyOf = ({ metadata }: Customer) => metadata.uid;

export function PureCustomers({ list }: { list: Snapshot<Customer> }) {
  const [find] = useAddress('find');
  const [show] = useAddress('show');
  const [partner] = useAddress('partner');
  const [at] = useAddress('at');
  const [selected, setSelected] = useState(new Set<string>());
  const rows = useMemo(
    () => shown(list.items, { find, show, partner, at }),
    [list.items, find, show, partner, at]
  );
  const chosen = rows.filter(row => selected.has(keyOf(row)));
  const partners = [...new Set(list.items.map(c => c.metadata.labels?.[labels.partner]))]
    .filter((name): name is string => name !== undefined)
    .sort();
  return (
    <SectionBox title="Customers">
      <Filters>
        <Find label="Find a customer" />
        <Choice name="show" label="Show" all="All" options={concerns} />
        <Choice name="at" label="Hierarchy" all="All" options={same(nodes(list.items))} />
        {partners.length > 0 && (
          <Choice name="partner" label="Partner" all="All" options={same(partners)} />
        )}
      </Filters>
      {/* As high as a button: one that shows a moment later moves no row from under the pointer. */}
      <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1} sx={{ mb: 1.5, minHeight: 37 }}>
        <SyncButton
          customers={chosen.length > 0 ? chosen : rows}
          label={
            chosen.length > 0 ? `Sync ${chosen.length.toLocaleString()} selected` : 'Sync all shown'
          }
        />
        <SuspendButtons kind="WebexCustomerAccess" objects={chosen} />
      </Stack>
      <Reading of={list} what="customers" />
      <Table
        label="Customers"
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        selected={selected}
        onSelect={setSelected}
        empty={
          list.items.length > 0
            ? 'No customer is as the filters ask.'
            : list.complete &&
              'There is no customer yet: a WebexCustomerAccess and its Secret make one.'
        }
      />
    </SectionBox>
  );
}

function same(values: string[]) {
  return values.map(value => ({ value, label: value }));
}

export function Customers() {
  return <PureCustomers list={useObjects('WebexCustomerAccess')} />;
}
