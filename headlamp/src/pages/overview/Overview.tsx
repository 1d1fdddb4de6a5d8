import { Link, SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Box, Typography } from '@mui/material';
import { useDeferredValue, useMemo } from 'react';
import { SyncButton } from '../../actions/Sync';
import type { Snapshot } from '../../api/collection';
import { Assignment, Customer, Row, useObjects } from '../../api/resources';
import { labels } from '../../api/types';
import { useAddress } from '../../show/address';
import { count } from '../../show/Figure';
import { Filters, Pick } from '../../show/Filters';
import { ToObject } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Section } from '../../show/Section';
import { Column, Table } from '../../show/Table';
import { Rollup } from '../../sums/licences';
import { Asking, asking, Concern, concernsOf, heldOf } from './attention';
import { customersAt, tree } from './nodes';
import { Figures, LicenceSums } from './SumsAt';
import { Tree } from './Tree';

interface Props {
  customers: Snapshot<Customer>;
  rows: Snapshot<Row>;
  assignments: Snapshot<Assignment>;
}

export function PureOverview({ customers, rows, assignments }: Props) {
  const [at] = useAddress('at');
  const [partner] = useAddress('partner');
  const complete = customers.complete && rows.complete;
  const here = useMemo(
    () => customersAt(customers.items, at, partner),
    [customers.items, at, partner]
  );
  const found = useMemo(() => concernsOf(here), [here]);
  const held = useMemo(() => heldOf(assignments.items, here), [assignments.items, here]);
  const sums = useSums(customers, rows, at, partner);
  const where = at || 'All customers';
  return (
    <SectionBox title="Overview">
      <Hierarchy customers={customers.items} />
      <Reading of={customers} what="customers" />
      <Reading of={rows} what="licences" />
      <Typography component="h2" variant="h6" gutterBottom sx={{ overflowWrap: 'anywhere' }}>
        <bdi>{where}</bdi>
      </Typography>
      <Figures totals={sums && sums.totals} customers={here.length} />
      <Typography variant="body2" color="text.secondary" sx={{ mt: 1 }}>
        Units of purchased licences of whole organizations: exact, as of each customer’s last
        complete run.
      </Typography>
      <Box sx={{ mt: 1 }}>
        <SyncButton
          customers={here}
          label={here.length > 1 ? `Sync ${count(here.length, 'customer')}` : undefined}
          variant="outlined"
        />
      </Box>
      <Section title="To see to">
        <Attention found={found} held={held} complete={customers.complete} />
      </Section>
      <Section title="Licences">
        {complete && sums ? (
          <LicenceSums lines={sums.licences} />
        ) : (
          'Sums wait until all licences are read.'
        )}
      </Section>
    </SectionBox>
  );
}

/** Adds up in the background: a watch that brings rows does not hold the page. */
function useSums(customers: Snapshot<Customer>, rows: Snapshot<Row>, at: string, partner: string) {
  const wanted = useMemo(
    () => (customers.complete && rows.complete ? { customers, rows, at, partner } : null),
    [customers, rows, at, partner]
  );
  const now = useDeferredValue(wanted);
  return useMemo(() => {
    if (!now) {
      return null;
    }
    const { at, partner } = now;
    const rollup = new Rollup(now.customers.items, now.rows.items, { at, partner });
    return { totals: rollup.totals(), licences: rollup.licences() };
  }, [now]);
}

function Hierarchy({ customers }: { customers: Customer[] }) {
  const top = useMemo(() => tree(customers), [customers]);
  const partners = useMemo(
    () => [...new Set(customers.flatMap(c => c.metadata.labels?.[labels.partner] ?? []))].sort(),
    [customers]
  );
  return (
    <Box sx={{ mb: 2 }}>
      {partners.length > 0 && (
        <Filters>
          <Pick name="partner" label="Partner" options={partners} />
        </Filters>
      )}
      {top.length > 0 && <Tree key={top.length} top={top} customers={customers.length} />}
    </Box>
  );
}

const askingColumns: Column<Asking>[] = [
  {
    id: 'customer',
    header: 'Customer',
    value: ({ customer }) => customer.metadata.name,
    cell: ({ customer: { metadata } }) => (
      <ToObject page="customers" namespace={metadata.namespace} name={metadata.name} />
    ),
    parts: 1.5,
    narrow: true,
  },
  {
    id: 'why',
    header: 'Why',
    value: one => one.why.join('; '),
    parts: 3,
    narrow: true,
  },
];

function Attention(props: { found: Concern[]; held: Assignment[]; complete: boolean }) {
  const { found, held } = props;
  const customers = useMemo(() => asking(found), [found]);
  if (found.length === 0 && held.length === 0) {
    return <>{props.complete ? 'Nothing: all is well.' : 'Reading …'}</>;
  }
  return (
    <>
      <Box component="ul" sx={{ pl: 3, mt: 0 }}>
        {found.map(concern => (
          <ToConcern key={concern.value} concern={concern} />
        ))}
        {held.length > 0 && (
          <li>
            <Link routeName="webex-assignments" search="?show=held">
              {count(held.length, 'assignment')} with held removals of licences
            </Link>
          </li>
        )}
      </Box>
      <Table
        label="Customers to see to"
        name="attention"
        columns={askingColumns}
        rows={customers}
        rowKey={({ customer }) => customer.metadata.uid}
        // The order that they are in: the worst first.
        order="worst"
        empty={null}
      />
    </>
  );
}

/** Leads to the one customer, or to the list of them. */
function ToConcern({ concern }: { concern: Concern }) {
  const [at] = useAddress('at');
  const [partner] = useAddress('partner');
  const [one, ...others] = concern.customers;
  const search = new URLSearchParams(
    Object.entries({ show: concern.value, at, partner }).filter(([, value]) => value)
  );
  return (
    <li>
      {concern.label}:{' '}
      {others.length === 0 ? (
        <ToObject page="customers" namespace={one.metadata.namespace} name={one.metadata.name} />
      ) : (
        <Link routeName="webex-customers" search={`?${search}`}>
          {count(concern.customers.length, 'customer')}
        </Link>
      )}
    </li>
  );
}

export function Overview() {
  return (
    <PureOverview
      customers={useObjects('WebexCustomerAccess')}
      rows={useObjects('WebexLicense')}
      assignments={useObjects('WebexLicenseAssignment')}
    />
  );
}
