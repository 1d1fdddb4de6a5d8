import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { LinearProgress, Stack, Typography } from '@mui/material';
import { RunButtons } from '../../actions/RunButtons';
import { Customer, Run, useObjects } from '../../api/resources';
import type { LicenseSyncStatus, LicenseSyncStatusChanges } from '../../api/types';
import { Age } from '../../show/Age';
import { Conditions } from '../../show/Conditions';
import { Facts } from '../../show/Facts';
import { units } from '../../show/Figure';
import { Missing, ToObject, useNamed } from '../../show/named';
import { Notice } from '../../show/Notice';
import {
  failed,
  finished,
  messageOf,
  percent,
  rowsOf,
  scheduleOf,
  stepOf,
  steps,
} from '../../show/run';
import { Section } from '../../show/Section';
import { Column, Table } from '../../show/Table';
import { Text } from '../../show/Text';
import { State } from './Runs';

export function RunDetail() {
  const { object, list, name } = useNamed('LicenseSync');
  const customers = useObjects('WebexCustomerAccess');
  if (!object) {
    return <Missing a="run" name={name} list={list} />;
  }
  const customer = customers.items.find(
    ({ metadata }) =>
      metadata.namespace === object.metadata.namespace &&
      metadata.name === object.spec.customerAccessRef.name
  );
  return <PureRun run={object} customer={customer} />;
}

// Why people and workspaces were read.
const walks: Record<NonNullable<LicenseSyncStatus['walk']>, string> = {
  Unchanged: 'not read: nothing had moved',
  Requested: 'read, as in each run that is not of a slot of a schedule',
  NeverWalked: 'read, because there was no complete walk to compare with',
  LastRunFailed: 'read, because the last run failed, or not all of its rows were taken',
  RemovalsHeld: 'read, because the removal of rows waits for approval',
  SpecChanged: 'read, because the last run collected other data',
  AssignmentPending: 'read, because an assignment has something to do',
  WalkTooOld: 'read, because the last walk was too old',
  LicensesMoved: 'read, because licences or their units had moved',
  RowsChanged: 'read, because rows were deleted or edited by hand',
  EventsSeen: "read, because of events in Webex' audit log",
};

export function PureRun({ run, customer }: { run: Run; customer: Customer | undefined }) {
  const { metadata, spec, status } = run;
  const { namespace } = metadata;
  const schedule = scheduleOf(run);
  return (
    <>
      <SectionBox title={`Run ${metadata.name}`} backLink>
        <Stack direction="row" spacing={1} sx={{ mb: 2 }}>
          <RunButtons run={run} customer={customer} />
        </Stack>
        {failed(run) && (
          <Notice severity="error" sx={{ mb: 2 }}>
            {messageOf(run)}
          </Notice>
        )}
        <Facts
          facts={[
            ['State', <State key="state" run={run} />],
            [
              'Customer',
              <ToObject
                key="customer"
                page="customers"
                namespace={namespace}
                name={spec.customerAccessRef.name}
              />,
            ],
            ['Trigger', spec.trigger ?? 'Manual'],
            [
              'Schedule',
              schedule && <ToObject page="schedules" namespace={namespace} name={schedule} />,
            ],
            ['Created', <Age key="created" of={metadata.creationTimestamp} />],
            ['Began', status?.startTime && <Age of={status.startTime} />],
            ['Took', status?.duration],
            ['Ended in step', failed(run) && status?.progress?.step],
            ['Next attempt', status?.nextAttemptTime && <Age of={status.nextAttemptTime} />],
            ['Message', failed(run) ? undefined : <Text key="message">{messageOf(run)}</Text>],
          ]}
        />
      </SectionBox>
      {!finished(run) && <Steps run={run} />}
      <Section title="What it did">
        <Facts
          facts={[
            ['Rows added, updated, removed', rowsOf(run)],
            ['Rows unchanged', status?.rows?.unchanged?.toLocaleString()],
            ['Rows that Kubernetes did not take', status?.rows?.refused?.toLocaleString()],
            ['People and workspaces', status?.walk && walks[status.walk]],
            ['Units bought', status?.totalUnits?.toLocaleString()],
            ['Units in use', status?.consumedUnits?.toLocaleString()],
            ['People whose licences it changed', status?.assigned?.changed?.toLocaleString()],
            ['People whom it could not change', status?.assigned?.failed?.toLocaleString()],
          ]}
        />
        <Changes of={status?.changes ?? []} />
      </Section>
      <Section title="What it cost">
        <Facts
          facts={[
            ['Requests to Webex', units(status?.requests)],
            ['Of these repeated', units(status?.retries)],
            ['Waited for Webex', status?.throttledSeconds && `${units(status.throttledSeconds)} s`],
            ['Failed attempts', units(status?.failedAttempts)],
            ['Interruptions', status?.interruptions?.toLocaleString()],
          ]}
        />
      </Section>
      <Section title="Conditions">
        <Conditions of={status?.conditions} />
      </Section>
    </>
  );
}

function Steps({ run }: { run: Run }) {
  const step = run.status?.progress?.step;
  // A run that goes on after Unchanged found a reason to read people.
  const shown = steps.filter(name => name !== 'Unchanged' || step === name);
  const at = step ? shown.indexOf(step) : -1;
  return (
    <Section title="Progress">
      <div role="status">{stepOf(run) || 'It waits for its turn.'}</div>
      <LinearProgress
        variant="determinate"
        value={percent(run)}
        aria-label="Progress of the run"
        sx={{ my: 1 }}
      />
      <Stack
        component="ol"
        direction="row"
        flexWrap="wrap"
        columnGap={2}
        sx={{ p: 0, m: 0, listStyle: 'none' }}
      >
        {shown.map((name, i) => (
          <Typography
            key={name}
            component="li"
            variant="body2"
            aria-current={i === at ? 'step' : undefined}
            color={i > at ? 'text.secondary' : 'text.primary'}
            fontWeight={i === at ? 'bold' : undefined}
          >
            {i < at ? '✓ ' : ''}
            {name}
          </Typography>
        ))}
      </Stack>
    </Section>
  );
}

const columns: Column<LicenseSyncStatusChanges>[] = [
  { id: 'kind', header: 'Change', value: change => change.kind },
  { id: 'license', header: 'Licence', value: change => change.license, parts: 3, narrow: true },
  { id: 'location', header: 'Location', value: change => change.location, parts: 2 },
  { id: 'before', header: 'Before', value: change => change.before ?? '', parts: 2, narrow: true },
  { id: 'after', header: 'After', value: change => change.after ?? '', parts: 2, narrow: true },
];

function Changes({ of }: { of: LicenseSyncStatusChanges[] }) {
  if (of.length === 0) {
    return null;
  }
  return (
    <Table
      label="Samples of what changed"
      columns={columns}
      rows={of}
      rowKey={change => `${change.kind} ${change.row}`}
      empty=""
    />
  );
}
