import { Link, SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Button, Stack } from '@mui/material';
import { ReactNode, useState } from 'react';
import { Allowed } from '../../actions/Allowed';
import type { Snapshot } from '../../api/collection';
import { Customer, Schedule, useObjects } from '../../api/resources';
import { labels } from '../../api/types';
import { Age } from '../../show/Age';
import { Conditions } from '../../show/Conditions';
import { Facts } from '../../show/Facts';
import { units } from '../../show/Figure';
import { Missing, ToObject, useNamed } from '../../show/named';
import { Ready } from '../../show/Ready';
import { Section } from '../../show/Section';
import { Text } from '../../show/Text';
import { ScheduleActions } from './ScheduleActions';
import { ScheduleForm } from './ScheduleForm';
import { cronWords, whom } from './when';

export function ScheduleDetail() {
  const { object, list, name } = useNamed('LicenseSyncSchedule');
  const customers = useObjects('WebexCustomerAccess');
  if (!object) {
    return <Missing a="schedule" name={name} list={list} />;
  }
  return <PureSchedule schedule={object} customers={customers} />;
}

export function PureSchedule(props: { schedule: Schedule; customers: Snapshot<Customer> }) {
  const { schedule, customers } = props;
  const { metadata, status } = schedule;
  const [editing, setEditing] = useState(false);
  return (
    <>
      <SectionBox title={`Schedule ${metadata.name}`} backLink>
        <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1} sx={{ mb: 2 }}>
          <ScheduleActions schedules={[schedule]} />
          <Allowed verb="patch" kind="LicenseSyncSchedule" namespace={metadata.namespace}>
            <Button variant="outlined" onClick={() => setEditing(true)}>
              Edit
            </Button>
          </Allowed>
        </Stack>
        <Facts
          facts={[['State', <Ready key="state" of={status?.conditions} />], ...told(schedule)]}
        />
      </SectionBox>
      <Section title="Plan">
        <Facts facts={plan(schedule)} />
      </Section>
      <Section title="Customers">
        <Facts facts={targets(schedule)} />
      </Section>
      <Section title="Conditions">
        <Conditions of={status?.conditions} />
      </Section>
      {editing && (
        <ScheduleForm schedule={schedule} customers={customers} onClose={() => setEditing(false)} />
      )}
    </>
  );
}

type Fact = [string, ReactNode];

// With the zone: that of the browser is not that of the schedule.
const time = (of: string | undefined) =>
  of && new Date(of).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** What the operator says of the starts. */
function told({ spec, status, metadata }: Schedule): Fact[] {
  const age = (of: string | undefined) =>
    of && (
      <>
        {time(of)} (<Age of={of} />)
      </>
    );
  const partner = metadata.labels?.[labels.partner];
  return [
    [
      'Made by',
      partner && (
        <>
          partner <ToObject page="partners" namespace={metadata.namespace} name={partner} />, which
          takes back what is changed here: change its template
        </>
      ),
    ],
    ['Next start', age(status?.nextScheduleTime) ?? (spec.suspend ? 'none: suspended' : 'none')],
    ['Last start', age(status?.lastScheduleTime) ?? 'never'],
    ['Last completed run', age(status?.lastSuccessfulTime) ?? 'never'],
    ['Last missed start', age(status?.lastMissedTime)],
    [
      'Open start',
      status?.openSlotTime && (
        <>{time(status.openSlotTime)}: Kubernetes refused some of its runs. It is tried again.</>
      ),
    ],
    [
      'Runs',
      <Link
        key="runs"
        routeName="webex-runs"
        search={`?schedule=${encodeURIComponent(metadata.name)}`}
      >
        Runs of this schedule
      </Link>,
    ],
  ];
}

function plan({ spec, status }: Schedule): Fact[] {
  const words = spec.schedule && cronWords(spec.schedule);
  return [
    [
      'Calendar',
      spec.schedule && <Text>{words ? `${words} (${spec.schedule})` : spec.schedule}</Text>,
    ],
    ['Time zone', spec.schedule && spec.timeZone],
    ['Time zone data', status?.timeZoneData],
    ['Specific times', spec.at?.map(time).join(', ')],
    [
      'Interval',
      spec.every &&
        `${spec.every.interval}${
          spec.every.firstTime ? `, first ${time(spec.every.firstTime)}` : ''
        }`,
    ],
    ['Not before', time(spec.startTime)],
    ['Not after', time(spec.endTime)],
    ['Spread over', spec.spreadSeconds ? `${spec.spreadSeconds} s` : undefined],
    [
      'If the last run is unfinished',
      spec.concurrencyPolicy === 'Replace' ? 'it is cancelled' : 'the start is skipped',
    ],
    ['Runs on activation', spec.runOnActivation && 'yes'],
  ];
}

function targets(schedule: Schedule): Fact[] {
  const { metadata, spec, status } = schedule;
  const counts = status?.targets;
  return [
    [
      'Reads',
      spec.customerAccessRef ? (
        <ToObject
          key="customer"
          page="customers"
          namespace={metadata.namespace}
          name={spec.customerAccessRef.name}
        />
      ) : (
        <Text>{whom(schedule)}</Text>
      ),
    ],
    ['Customers', units(counts?.total)],
    ['Being read', units(counts?.active)],
    ['Last run completed', units(counts?.succeeded)],
    ['Last run failed', units(counts?.failed)],
    ['Suspended', units(counts?.suspended)],
  ];
}
