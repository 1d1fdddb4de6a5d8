import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Button, Stack, Typography } from '@mui/material';
import { memo, useDeferredValue, useMemo } from 'react';
import { SyncButton } from '../../actions/Sync';
import type { Snapshot } from '../../api/collection';
import { Customer, Row, useObjects } from '../../api/resources';
import { useAddress } from '../../show/address';
import { csv, save } from '../../show/csv';
import { count } from '../../show/Figure';
import { Choice, Filters, Find, Pick } from '../../show/Filters';
import { Notice } from '../../show/Notice';
import { Reading } from '../../show/Reading';
import { inOrder, Table } from '../../show/Table';
import { columnsOf, fileColumns } from './columns';
import { choices, Filter, Line, linesOf, shown } from './lines';
import { sumOf } from './sum';

const columns = { Customer: columnsOf(false), Site: columnsOf(true) };
const basis = {
  Customer: 'Units of whole organizations: exact, as of each customer’s last complete run.',
  Site: 'Units at locations: counted by people and workspaces, as of each customer’s last walk.',
};

function useFilter(): Filter {
  const [level] = useAddress('level');
  const [find] = useAddress('find');
  const [customer] = useAddress('customer');
  const [location] = useAddress('location');
  const [subscription] = useAddress('subscription');
  const [ofClass] = useAddress('class');
  const [assignable] = useAddress('assignable');
  const [use] = useAddress('use');
  return useMemo(
    () => ({ level, find, customer, location, subscription, class: ofClass, assignable, use }),
    [level, find, customer, location, subscription, ofClass, assignable, use]
  );
}

export function PureLicences(props: { customers: Snapshot<Customer>; rows: Snapshot<Row> }) {
  const { customers, rows } = props;
  // What is written into a filter shows at once, and what it leaves a moment later.
  const filter = useDeferredValue(useFilter());
  const level = filter.level === 'Site' ? 'Site' : 'Customer';
  const lines = useMemo(() => linesOf(customers, rows.items), [customers, rows.items]);
  const left = useMemo(() => shown(lines, filter), [lines, filter]);
  const complete = customers.complete && rows.complete;
  return (
    <SectionBox title="Licences">
      <LicenceFilters lines={lines} site={level === 'Site'} />
      <Reading of={rows} what="licences" />
      <Reading of={customers} what="customers" />
      <Typography variant="body2" color="text.secondary">
        {basis[level]}
      </Typography>
      {complete && <Sum lines={left} filter={filter} />}
      <Table
        key={level}
        label="Licences"
        columns={columns[level]}
        rows={left}
        rowKey={line => line.row.metadata.uid}
        empty={rows.complete && <Nothing lines={lines} />}
        minWidth={1240}
      />
      {complete && left.length > 0 && (
        <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1} sx={{ mt: 1.5 }}>
          <Download lines={left} level={level} />
          <SyncShown lines={left} />
        </Stack>
      )}
    </SectionBox>
  );
}

const LicenceFilters = memo(function LicenceFilters(props: { lines: Line[]; site: boolean }) {
  const { lines, site } = props;
  const customers = useMemo(
    () => choices(lines, line => line.row.spec.customerAccessRef.name),
    [lines]
  );
  const subscriptions = useMemo(
    () => choices(lines, line => line.row.status?.subscriptionID),
    [lines]
  );
  const locations = useMemo(
    () =>
      site
        ? choices(lines, ({ row }) =>
            row.spec.level === 'Site' ? row.status?.location : undefined
          )
        : [],
    [lines, site]
  );
  return (
    <Filters>
      <Find label="Find licence, location, customer" />
      <Choice
        name="level"
        label="Level"
        all="Customer"
        options={[{ value: 'Site', label: 'Site' }]}
      />
      <Pick name="customer" label="Customer" options={customers} />
      {site && <Pick name="location" label="Location" options={locations} />}
      <Pick name="subscription" label="Subscription" options={subscriptions} />
      <Choice
        name="class"
        label="Class"
        all="All"
        options={[
          { value: 'Purchased', label: 'Purchased' },
          { value: 'Included', label: 'Included' },
        ]}
      />
      <Choice
        name="assignable"
        label="Assignable"
        all="All"
        options={[
          { value: 'yes', label: 'Assignable' },
          { value: 'no', label: 'Not assignable' },
        ]}
      />
      <Choice
        name="use"
        label="Use"
        all="Any"
        options={[{ value: 'near', label: 'Near or over the limit' }]}
      />
    </Filters>
  );
});

function Sum({ lines, filter }: { lines: Line[]; filter: Filter }) {
  const [sum, ...notes] = useMemo(() => sumOf(lines, filter), [lines, filter]);
  return (
    <div role="status">
      <Typography variant="subtitle1" component="p">
        {sum}
      </Typography>
      {notes.map(note => (
        <Notice key={note} severity="info" sx={{ my: 0.5, py: 0 }}>
          {note}
        </Notice>
      ))}
    </div>
  );
}

function Nothing({ lines }: { lines: Line[] }) {
  return lines.length > 0 ? (
    <>No licence is as the filters ask.</>
  ) : (
    <>There are no licences yet: a customer’s first complete run writes them.</>
  );
}

/** Saves what is filtered, in the order of the table. */
function Download({ lines, level }: { lines: Line[]; level: 'Customer' | 'Site' }) {
  const [sort] = useAddress('sort');
  const file = () => {
    const all = [...columns[level], ...fileColumns];
    const sorted = inOrder(lines, columns[level], sort || columns[level][0].id);
    save(`webex-licences-${level.toLowerCase()}.csv`, csv(all, sorted));
  };
  return (
    <Button variant="outlined" onClick={file}>
      Download CSV of {count(lines.length, 'row')}
    </Button>
  );
}

/** Reads the customers anew whose licences show. */
function SyncShown({ lines }: { lines: Line[] }) {
  const customers = useMemo(
    () => [...new Set(lines.flatMap(line => line.customer ?? []))],
    [lines]
  );
  return (
    <SyncButton
      customers={customers}
      label={customers.length > 1 ? `Sync ${count(customers.length, 'customer')}` : undefined}
    />
  );
}

export function Licences() {
  return (
    <PureLicences customers={useObjects('WebexCustomerAccess')} rows={useObjects('WebexLicense')} />
  );
}
