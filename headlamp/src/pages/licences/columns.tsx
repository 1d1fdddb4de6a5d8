import { Link } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Box, Chip, Typography } from '@mui/material';
import { Age } from '../../show/Age';
import { units } from '../../show/Figure';
import { ToObject } from '../../show/named';
import type { Column } from '../../show/Table';
import { superseded } from '../../sums/pools';
import { asOf, assignable, available, Line } from './lines';

const oneLine = { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' };

function Name({ line: { row, customer } }: { line: Line }) {
  return (
    <Box sx={theme => ({ [theme.breakpoints.down('md')]: oneLine })}>
      <bdi>{row.status?.name ?? '?'}</bdi>
      {superseded(row) && (
        <Chip
          size="small"
          variant="outlined"
          label="superseded"
          title="Webex no longer lists it; its removal waits for approval. In no sum."
          sx={{ ml: 1 }}
        />
      )}
      <Typography
        variant="caption"
        color="text.secondary"
        component="div"
        // Narrow screens have no columns for these.
        sx={{ display: { md: 'none' }, lineHeight: 1.2, ...oneLine }}
      >
        <bdi>{customer?.spec.customerName ?? row.spec.customerAccessRef.name}</bdi>
        {row.spec.level === 'Site' && (
          <>
            , <bdi>{row.status?.location}</bdi>
          </>
        )}
      </Typography>
    </Box>
  );
}

/** A share, with a mark where the pool is near its limit: colour is not alone. */
function Used({ line: { row, near } }: { line: Line }) {
  const percent = row.status?.utilizationPercent;
  return (
    <Box
      component="span"
      sx={
        near ? { fontWeight: 'bold', borderBottom: '3px solid', borderColor: 'warning.main' } : {}
      }
      title={near ? 'Near its limit, or over it' : undefined}
    >
      {percent === undefined ? '?' : `${percent.toLocaleString()}%`}
      {near && ' !'}
    </Box>
  );
}

function toLocation({ row, customer }: Line) {
  const location = row.status?.location;
  if (row.spec.level === 'Customer' || !location) {
    return <bdi>{location ?? customer?.spec.customerName ?? '?'}</bdi>;
  }
  const search = new URLSearchParams({ level: 'Site', location });
  return (
    <Link routeName="webex-licences" search={`?${search}`}>
      <bdi>{location}</bdi>
    </Link>
  );
}

function toCustomer({ row, former }: Line) {
  const { name } = row.spec.customerAccessRef;
  return former ? (
    <span title="The customer was deleted. The row is in no sum.">
      <bdi>{name}</bdi> (deleted)
    </span>
  ) : (
    <ToObject page="customers" namespace={row.metadata.namespace} name={name} />
  );
}

/** The columns of VOSS's list, and ours. */
export function columnsOf(site: boolean): Column<Line>[] {
  const figure = (id: string, header: string, value: (line: Line) => number | undefined) => ({
    id,
    header,
    value,
    cell: (line: Line) => units(value(line)),
    number: true,
  });
  return [
    {
      id: 'license',
      header: 'Licence',
      value: ({ row }) => row.status?.name,
      cell: line => <Name line={line} />,
      parts: 3,
      narrow: true,
    },
    {
      ...figure('total', site ? 'Pool' : 'Total', ({ row }) => row.status?.totalUnits),
      narrow: true,
    },
    {
      ...figure('consumed', 'Consumed', ({ row }) => row.status?.consumedUnits),
      narrow: true,
    },
    figure('available', site ? 'Pool left' : 'Available', available),
    {
      id: 'used',
      header: 'Used %',
      value: ({ row }) => row.status?.utilizationPercent,
      cell: line => <Used line={line} />,
      number: true,
    },
    {
      id: 'location',
      header: 'Location',
      value: ({ row }) => row.status?.location,
      cell: toLocation,
      parts: 2,
    },
    {
      id: 'customer',
      header: 'Customer',
      value: ({ row }) => row.spec.customerAccessRef.name,
      cell: toCustomer,
      parts: 2,
    },
    {
      id: 'subscription',
      header: 'Subscription',
      value: ({ row }) => row.status?.subscriptionID,
      cell: ({ row }) => <bdi>{row.status?.subscriptionID ?? 'none'}</bdi>,
      parts: 1.5,
    },
    {
      id: 'site',
      header: 'Site URL',
      value: ({ row }) => row.status?.siteURL,
      cell: ({ row }) => <bdi>{row.status?.siteURL ?? ''}</bdi>,
      parts: 1.5,
    },
    {
      id: 'assignable',
      header: 'Assignable',
      value: ({ row }) => assignable(row),
      parts: 1.5,
    },
    {
      id: 'as-of',
      header: site ? 'Counted' : 'Read',
      value: asOf,
      cell: line => (line.customer ? <Age of={asOf(line)} /> : '?'),
    },
  ];
}

/** What a file has beside the columns: which object, and whether it counts. */
export const fileColumns = [
  { header: 'Class', value: ({ row }: Line) => row.status?.class },
  { header: 'Offer code', value: ({ row }: Line) => row.status?.offerCode },
  { header: 'Superseded', value: ({ row }: Line) => (superseded(row) ? 'yes' : 'no') },
  { header: 'Hierarchy', value: ({ customer }: Line) => customer?.spec.hierarchyPath },
  { header: 'Namespace', value: ({ row }: Line) => row.metadata.namespace },
];
