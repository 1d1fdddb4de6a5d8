import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Row, useObjects } from '../../api/resources';
import { Column, Table } from '../../show/Table';

const columns: Column<Row>[] = [
  { id: 'license', header: 'Licence', value: row => row.status?.name, parts: 3, narrow: true },
  {
    id: 'total',
    header: 'Total',
    value: row => row.status?.totalUnits,
    number: true,
    narrow: true,
  },
  {
    id: 'consumed',
    header: 'Consumed',
    value: row => row.status?.consumedUnits,
    number: true,
    narrow: true,
  },
  { id: 'available', header: 'Available', value: row => row.status?.availableUnits, number: true },
  { id: 'used', header: 'Used %', value: row => row.status?.utilizationPercent, number: true },
  { id: 'location', header: 'Location', value: row => row.status?.location, parts: 2 },
  { id: 'customer', header: 'Customer', value: row => row.spec.customerAccessRef.name, parts: 2 },
];

export function Licences() {
  const rows = useObjects('WebexLicense');
  return (
    <SectionBox title="Licences">
      <Table
        label="Licences"
        columns={columns}
        rows={rows.items}
        rowKey={row => row.metadata.uid}
        empty="None."
      />
    </SectionBox>
  );
}
