import { SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Box, Typography } from '@mui/material';
import { ApproveRemovals } from '../../actions/Approve';
import { Assignment, Customer, useObjects } from '../../api/resources';
import { Age } from '../../show/Age';
import { Conditions } from '../../show/Conditions';
import { Facts } from '../../show/Facts';
import { units } from '../../show/Figure';
import { Missing, ToObject, useNamed } from '../../show/named';
import { Ready } from '../../show/Ready';
import { Section } from '../../show/Section';
import { Text } from '../../show/Text';
import { licenseOf, locks, sources } from './facts';

export function AssignmentDetail() {
  const { object, list, name } = useNamed('WebexLicenseAssignment');
  const customers = useObjects('WebexCustomerAccess');
  if (!object) {
    return <Missing a="assignment" name={name} list={list} />;
  }
  const customer = customers.items.find(
    ({ metadata }) =>
      metadata.namespace === object.metadata.namespace &&
      metadata.name === object.spec.customerAccessRef.name
  );
  return <PureAssignment assignment={object} customer={customer} />;
}

export function PureAssignment(props: { assignment: Assignment; customer: Customer | undefined }) {
  const { assignment, customer } = props;
  const { metadata, spec, status } = assignment;
  return (
    <>
      <SectionBox title={`Assignment ${metadata.name}`} backLink>
        <ApproveRemovals kind="WebexLicenseAssignment" object={assignment} />
        <Facts
          facts={[
            ['State', <Ready key="state" of={status?.conditions} />],
            ['Licence', <Text key="license">{licenseOf(assignment)}</Text>],
            [
              'Customer',
              <ToObject
                key="customer"
                page="customers"
                namespace={metadata.namespace}
                name={spec.customerAccessRef.name}
              />,
            ],
            [
              'Mode',
              spec.mode === 'Enforce'
                ? 'Enforce: runs carry the plan out'
                : 'Report: the plan is told, nothing is changed',
            ],
            [
              'People in no list',
              spec.unlisted === 'Remove' ? 'lose the licence (unlisted: Remove)' : 'keep it',
            ],
            ['Units that stay free', spec.keepFreeUnits ? units(spec.keepFreeUnits) : undefined],
            ['Removals within 24 hours', `up to ${units(spec.maxRemovals ?? 10)} without approval`],
          ]}
        />
      </SectionBox>
      <Listed assignment={assignment} />
      <Plan assignment={assignment} />
      <Section title="The three locks">
        <Typography variant="body2">
          Nothing is written to Webex unless all three are open.
        </Typography>
        <Facts
          facts={locks(assignment, customer).map(lock => [
            lock.name,
            `${lock.open === undefined ? 'not known' : lock.open ? 'open' : 'shut'}: ${lock.how}`,
          ])}
        />
      </Section>
      <LastRun assignment={assignment} />
      <Section title="Conditions">
        <Conditions of={status?.conditions} />
      </Section>
    </>
  );
}

function Listed({ assignment }: { assignment: Assignment }) {
  const subjects = assignment.status?.subjects;
  return (
    <Section title="Who is listed">
      <Facts
        facts={[
          ['Lists', <Lines key="lists" of={sources(assignment)} />],
          ['Listed', units(subjects?.listed)],
          ['People of the organization', units(subjects?.resolved)],
          ['Not found', subjects && units(subjects.notFound ?? 0)],
          [
            'Where these stand',
            subjects?.notFoundAt?.length ? <Lines key="at" of={subjects.notFoundAt} /> : undefined,
          ],
          ['Protected, never touched', subjects && units(subjects.protected ?? 0)],
        ]}
      />
      <Typography variant="body2" color="text.secondary" sx={{ mt: 1 }}>
        Numbers only: names are in the lists.{' '}
        <code>kubectl webex plan {assignment.metadata.name}</code> shows them to who may read the
        lists.
      </Typography>
    </Section>
  );
}

function Plan({ assignment }: { assignment: Assignment }) {
  const { plan, license } = assignment.status ?? {};
  if (!plan) {
    return (
      <Section title="Plan">
        <p>No run has planned yet: the next one that reads people does.</p>
      </Section>
    );
  }
  return (
    <Section title="Plan">
      <Facts
        facts={[
          ['First made', <Age key="age" of={plan.time} />],
          ['Would get the licence', units(plan.add ?? 0)],
          ['Would lose a licence', units(plan.remove ?? 0)],
          ['Hold it as listed', units(plan.unchanged ?? 0)],
          ['Get none for want of units', units(plan.noUnits ?? 0)],
          ['Left out', plan.skipped ? units(plan.skipped) : undefined],
          ['Changed elsewhere', plan.drift ? units(plan.drift) : undefined],
          [
            'Units of the licence',
            license && `${units(license.availableUnits)} free of ${units(license.totalUnits)}`,
          ],
        ]}
      />
    </Section>
  );
}

function LastRun({ assignment: { metadata, status } }: { assignment: Assignment }) {
  const run = status?.lastRun;
  const removed = (status?.removals ?? []).reduce((sum, { people }) => sum + (people ?? 0), 0);
  if (!run) {
    return (
      <Section title="Last changes">
        <p>No run has changed anything in Webex for it.</p>
      </Section>
    );
  }
  return (
    <Section title="Last changes">
      <Facts
        facts={[
          ['When', <Age key="age" of={run.time} />],
          [
            'Run',
            run.name && (
              <ToObject key="run" page="runs" namespace={metadata.namespace} name={run.name} />
            ),
          ],
          ['Got the licence', units(run.added ?? 0)],
          ['Lost a licence', units(run.removed ?? 0)],
          ['Failed', units(run.failed ?? 0)],
          ...(status?.failures ?? []).map((failure): [string, string] => [
            `Failed, ${failure.reason}${failure.code ? ` (${failure.code})` : ''}`,
            `${units(failure.people)} people` +
              (failure.trackingID ? `; Webex tracking id ${failure.trackingID}` : ''),
          ]),
          ['Removals of the last 24 hours', units(removed)],
        ]}
      />
    </Section>
  );
}

function Lines({ of }: { of: string[] }) {
  return (
    <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none' }}>
      {of.map(line => (
        <li key={line}>
          <Text>{line}</Text>
        </li>
      ))}
    </Box>
  );
}
