import { Link } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Box, Paper, Typography } from '@mui/material';
import { units } from '../../show/Figure';
import { Column, Table } from '../../show/Table';
import type { Licence, Totals } from '../../sums/licences';

/** The figures of a node, large. */
export function Figures({ totals, customers }: { totals: Totals | null; customers: number }) {
  const unit = (of: keyof Totals) => (totals ? units(totals[of]) : '…');
  const figures = [
    ['Customers', units(customers)],
    ['Units bought', unit('totalUnits')],
    ['In use', unit('consumedUnits')],
    ['Available', unit('availableUnits')],
    ['Over-assigned', unit('overAssignedUnits')],
  ];
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fit, minmax(8.5rem, 1fr))',
        gap: 1.5,
        m: 0,
      }}
    >
      {figures.map(([name, value]) => (
        <Paper key={name} variant="outlined" sx={{ p: 1.5 }}>
          <Typography component="dt" variant="body2" color="text.secondary">
            {name}
          </Typography>
          <Typography component="dd" variant="h5" sx={{ m: 0, fontVariantNumeric: 'tabular-nums' }}>
            {value}
          </Typography>
        </Paper>
      ))}
    </Box>
  );
}

const figure = (
  id: string,
  header: string,
  value: (line: Licence) => number | undefined
): Column<Licence> => ({ id, header, value, cell: line => units(value(line)), number: true });

const columns: Column<Licence>[] = [
  {
    id: 'license',
    header: 'Licence',
    value: line => line.license,
    cell: line => (
      <Link routeName="webex-licences" search={`?${new URLSearchParams({ find: line.license })}`}>
        <bdi>{line.license}</bdi>
      </Link>
    ),
    parts: 3,
    narrow: true,
  },
  { ...figure('total', 'Bought', line => line.totalUnits), narrow: true },
  {
    ...figure('consumed', 'In use', line => line.consumedUnits),
    cell: line => (
      <span title={line.atLeast ? 'At least: of some, only locations were counted' : undefined}>
        {line.atLeast && '≥ '}
        {units(line.consumedUnits)}
      </span>
    ),
    narrow: true,
  },
  figure('available', 'Available', line => line.availableUnits),
  {
    ...figure('used', 'Used %', line => line.utilizationPercent),
    cell: line => (line.utilizationPercent === undefined ? '?' : `${line.utilizationPercent}%`),
  },
  figure('over', 'Over', line => line.overAssignedUnits),
  figure('customers', 'Customers', line => line.customers),
  {
    id: 'tightest',
    header: 'Tightest',
    value: line => line.tightest?.utilizationPercent,
    cell: ({ tightest }) =>
      tightest ? (
        <>
          {tightest.utilizationPercent ?? '?'}%, <bdi>{tightest.customer}</bdi>
        </>
      ) : (
        '?'
      ),
    parts: 2,
  },
];

/** What `kubectl webex licenses --at` says of a node. */
export function LicenceSums({ lines }: { lines: Licence[] }) {
  const unknown = lines.reduce((pools, line) => pools + line.unknownPools, 0);
  return (
    <>
      <Table
        label="Licences at this node"
        name="sums"
        columns={columns}
        rows={lines}
        rowKey={line => [line.class, line.offerCode, line.license].join(' ')}
        empty="There are no purchased licences here."
        minWidth={820}
      />
      {unknown > 0 && (
        <Typography variant="body2">
          Of {unknown.toLocaleString()} licences of customers the figures are unknown and in no sum.
        </Typography>
      )}
    </>
  );
}
