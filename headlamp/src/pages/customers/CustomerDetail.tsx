import { Link, SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Box, Stack } from '@mui/material';
import { useMemo } from 'react';
import { ApprovePrune } from '../../actions/Approve';
import { SuspendButtons } from '../../actions/Suspend';
import { SyncButton } from '../../actions/Sync';
import type { Snapshot } from '../../api/collection';
import { Assignment, Customer, Row, Run, Schedule, useObjects } from '../../api/resources';
import { labels } from '../../api/types';
import { Age } from '../../show/Age';
import { Bars } from '../../show/Bars';
import { Conditions } from '../../show/Conditions';
import { Facts } from '../../show/Facts';
import { units } from '../../show/Figure';
import { Missing, ToObject, useNamed } from '../../show/named';
import { Reading } from '../../show/Reading';
import { Ready } from '../../show/Ready';
import { rowsOf, state } from '../../show/run';
import { Section } from '../../show/Section';
import { Column, Table } from '../../show/Table';
import { Text } from '../../show/Text';
import { charts } from './charts';
import { inForce, reads } from './facts';

export function CustomerDetail() {
  const { object, list, name } = useNamed('WebexCustomerAccess');
  const rows = useObjects('WebexLicense');
  const runs = useObjects('LicenseSync');
  const assignments = useObjects('WebexLicenseAssignment');
  const schedules = useObjects('LicenseSyncSchedule');
  if (!object) {
    return <Missing a="customer" name={name} list={list} />;
  }
  return (
    <PureCustomer
      customer={object}
      rows={rows}
      runs={runs}
      assignments={assignments.items}
      schedules={schedules.items}
    />
  );
}

interface Props {
  customer: Customer;
  rows: Snapshot<Row>;
  runs: Snapshot<Run>;
  assignments: Assignment[];
  schedules?: Schedule[];
}

/** Whether an object of a namespace is about a customer. */
function isOf({ metadata }: Customer, object: Row | Run | Assignment): boolean {
  return (
    object.metadata.namespace === metadata.namespace &&
    object.spec.customerAccessRef.name === metadata.name
  );
}

export function PureCustomer({ customer, rows, runs, assignments, schedules = [] }: Props) {
  const { metadata, status } = customer;
  return (
    <>
      <SectionBox title={customer.spec.customerName ?? metadata.name} backLink>
        <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1} sx={{ mb: 2 }}>
          <SyncButton customers={[customer]} />
          <SuspendButtons kind="WebexCustomerAccess" objects={[customer]} />
        </Stack>
        <ApprovePrune customer={customer} />
        <Summary customer={customer} />
      </SectionBox>
      <Section title="Conditions">
        <Conditions of={status?.conditions} />
      </Section>
      <Use customer={customer} rows={rows} />
      <Section title="Runs">
        <Reading of={runs} what="runs" />
        <Table
          label={`Runs of ${metadata.name}`}
          name="runs"
          columns={runColumns}
          rows={runs.items.filter(run => isOf(customer, run))}
          rowKey={run => run.metadata.uid}
          order="-created"
          empty={runs.complete && 'It has no run that is kept.'}
        />
      </Section>
      <More
        customer={customer}
        assignments={assignments.filter(a => isOf(customer, a))}
        schedules={schedules.filter(schedule => reads(schedule, customer))}
      />
    </>
  );
}

function Summary({ customer: { metadata, spec, status } }: { customer: Customer }) {
  const { totals, organization, defaults } = status ?? {};
  const partner = metadata.labels?.[labels.partner];
  return (
    <Facts
      facts={[
        ['State', <Ready key="state" of={status?.conditions} />],
        ['Organization', organization?.displayName && <Text>{organization.displayName}</Text>],
        ['Hierarchy', spec.hierarchyPath],
        [
          'Partner',
          partner && <ToObject page="partners" namespace={metadata.namespace} name={partner} />,
        ],
        [
          'Units',
          totals &&
            `${units(totals.consumedUnits)} in use of ${units(totals.totalUnits)} bought, ` +
              `${units(totals.availableUnits)} available, ${units(totals.licenses)} licences`,
        ],
        ['Exact figures of', <Age key="exact" of={status?.lastSuccessfulSyncTime} />],
        ['Counted by location', <Age key="counted" of={status?.lastWalkTime} />],
        ['Default subscription', inForce(defaults?.subscription, status?.subscriptions)],
        ['Default site URL', inForce(defaults?.siteURL, status?.siteURLs)],
        [
          'Licences',
          <Link
            key="licences"
            routeName="webex-licences"
            search={`?customer=${encodeURIComponent(metadata.name)}`}
          >
            All of its licences
          </Link>,
        ],
      ]}
    />
  );
}

function Use({ customer, rows }: { customer: Customer; rows: Snapshot<Row> }) {
  const { byLicence, bySubscription, byLocation } = useMemo(
    () => charts(customer, rows.items),
    [customer, rows.items]
  );
  return (
    <Section title="Use">
      <Reading of={rows} what="licences" />
      {rows.complete && (
        <Box
          sx={{
            display: 'grid',
            gap: 4,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
          }}
        >
          <Bars title="By licence" basis="exact" bars={byLicence} />
          <Stack spacing={4}>
            <Bars title="By subscription" basis="exact" bars={bySubscription} />
            <Bars
              title="By location"
              basis={
                <>
                  units in use, counted by the last walk <Age of={customer.status?.lastWalkTime} />
                </>
              }
              bars={byLocation}
            />
          </Stack>
        </Box>
      )}
    </Section>
  );
}

const runColumns: Column<Run>[] = [
  {
    id: 'created',
    header: 'Created',
    value: ({ metadata }) => Date.parse(metadata.creationTimestamp),
    cell: ({ metadata }) => <Age of={metadata.creationTimestamp} />,
    narrow: true,
  },
  {
    id: 'name',
    header: 'Run',
    value: ({ metadata }) => metadata.name,
    cell: ({ metadata: { namespace, name } }) => (
      <ToObject page="runs" namespace={namespace} name={name} />
    ),
    parts: 2,
    narrow: true,
  },
  { id: 'state', header: 'State', value: state, parts: 1.5, narrow: true },
  { id: 'rows', header: 'Rows', value: rowsOf, parts: 1.5 },
];

function More(props: { customer: Customer; assignments: Assignment[]; schedules: Schedule[] }) {
  const { customer, assignments, schedules } = props;
  const { credentials, otherLicenses } = customer.status ?? {};
  return (
    <Section title="More">
      <Facts
        facts={[
          ['Credentials', credentials?.kind],
          [
            'Access token ends',
            credentials?.accessTokenExpirationTime && (
              <Age of={credentials.accessTokenExpirationTime} />
            ),
          ],
          [
            'Refresh token ends',
            credentials?.refreshTokenExpirationTime && (
              <Age of={credentials.refreshTokenExpirationTime} />
            ),
          ],
          ['Webex refuses', credentials?.refusal?.message],
          [
            'Schedules',
            schedules.length > 0
              ? schedules.map(({ metadata: { uid, namespace, name }, spec, status }) => (
                  <div key={uid}>
                    <ToObject page="schedules" namespace={namespace} name={name} />
                    {spec.suspend
                      ? ', suspended'
                      : status?.nextScheduleTime && (
                          <>
                            , next <Age of={status.nextScheduleTime} />
                          </>
                        )}
                  </div>
                ))
              : 'none reads it',
          ],
          [
            'Assignments',
            assignments.length > 0 && (
              <Stack>
                {assignments.map(({ metadata }) => (
                  <ToObject
                    key={metadata.uid}
                    page="assignments"
                    namespace={metadata.namespace}
                    name={metadata.name}
                  />
                ))}
              </Stack>
            ),
          ],
          ...(otherLicenses ?? []).map(({ name, people, reason, row }): [string, string] => [
            `Outside of the defaults: ${name ?? row}`,
            `${units(people)} people (${reason})`,
          ]),
        ]}
      />
    </Section>
  );
}
