import { Link, SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { Button, Stack } from '@mui/material';
import { Allowed } from '../../actions/Allowed';
import { ApproveRemovals } from '../../actions/Approve';
import { SuspendButtons } from '../../actions/Suspend';
import { useAct } from '../../actions/useAct';
import type { Partner } from '../../api/resources';
import type { WebexPartnerStatusOrganizations } from '../../api/types';
import { request } from '../../api/writes';
import { Age } from '../../show/Age';
import { Conditions } from '../../show/Conditions';
import { Facts } from '../../show/Facts';
import { units } from '../../show/Figure';
import { Missing, ToObject, useNamed } from '../../show/named';
import { Notice } from '../../show/Notice';
import { Ready } from '../../show/Ready';
import { Section } from '../../show/Section';
import { Column, Table } from '../../show/Table';

export function PartnerDetail() {
  const { object, list, name } = useNamed('WebexPartner');
  if (!object) {
    return <Missing a="partner" name={name} list={list} />;
  }
  return <PurePartner partner={object} />;
}

export function PurePartner({ partner }: { partner: Partner }) {
  const { metadata, spec, status } = partner;
  return (
    <>
      <SectionBox title={`Partner ${metadata.name}`} backLink>
        <Actions partner={partner} />
        <ApproveRemovals kind="WebexPartner" object={partner} />
        {status?.failure && (
          <Notice severity="error" sx={{ mb: 2 }}>
            The last discovery failed (<Age of={status.failingSince} />
            ): {status.failure.message}
          </Notice>
        )}
        <Facts
          facts={[
            ['State', <Ready key="state" of={status?.conditions} />],
            [
              'Mode',
              spec.mode === 'Create'
                ? 'Create: organizations become customers'
                : 'Report: what would become a customer is told, none is made',
            ],
            [
              'Looks for organizations',
              spec.suspend ? 'suspended' : `every ${spec.interval ?? '24h'}`,
            ],
            ['Its own organization', status?.organizationID],
            [
              'Customers',
              <Link
                key="customers"
                routeName="webex-customers"
                search={`?partner=${encodeURIComponent(metadata.name)}`}
              >
                Those that it made
              </Link>,
            ],
          ]}
        />
      </SectionBox>
      <Organizations partner={partner} />
      <Section title="Conditions">
        <Conditions of={status?.conditions} />
      </Section>
    </>
  );
}

function Actions({ partner }: { partner: Partner }) {
  const { busy, act } = useAct();
  return (
    <Stack direction="row" spacing={1} sx={{ mb: 2 }}>
      <Allowed verb="patch" kind="WebexPartner" namespace={partner.metadata.namespace}>
        <Button
          variant="contained"
          disabled={busy || partner.spec.suspend === true}
          onClick={() =>
            act(
              () => request('WebexPartner', partner, new Date()),
              'Asked for a discovery. What it finds shows here.'
            )
          }
        >
          Discover now
        </Button>
      </Allowed>
      <SuspendButtons kind="WebexPartner" objects={[partner]} />
    </Stack>
  );
}

// What becomes of an organization, in words.
const states: Record<NonNullable<WebexPartnerStatusOrganizations['state']>, string> = {
  Waiting: 'waits to become a customer',
  ReadElsewhere: 'is read by a customer that the partner did not make',
  Vanished: 'is no longer seen or selected: its customer is suspended',
  Held: 'is no longer seen or selected: suspending its customer waits for approval',
  Refused: 'Kubernetes refuses its customer',
};

function Organizations({ partner: { metadata, status } }: { partner: Partner }) {
  const counts = status?.organizationCounts;
  const columns: Column<WebexPartnerStatusOrganizations>[] = [
    {
      id: 'organization',
      header: 'Organization',
      value: o => o.displayName ?? o.id,
      parts: 2,
      narrow: true,
    },
    {
      id: 'state',
      header: 'What becomes of it',
      value: o => o.state && states[o.state],
      parts: 4,
      narrow: true,
    },
    {
      id: 'customer',
      header: 'Customer',
      value: o => o.customer,
      cell: o => {
        // Of another namespace it stands as namespace/name.
        const [name, namespace = metadata.namespace] = (o.customer ?? '').split('/').reverse();
        return name && <ToObject page="customers" namespace={namespace} name={name} />;
      },
      parts: 2,
    },
  ];
  return (
    <Section title="Organizations">
      <Facts
        facts={[
          ['Found', units(counts?.found)],
          ['Selected', units(counts?.selected)],
          ['Customers made', units(counts?.created)],
          ['Waiting', units(counts?.waiting)],
          ['Read elsewhere', units(counts?.readElsewhere)],
          ['Vanished', units(counts?.vanished)],
          ['Refused', units(counts?.refused)],
        ]}
      />
      <Table
        label="Organizations"
        columns={columns}
        rows={status?.organizations ?? []}
        rowKey={o => o.id ?? o.customer ?? ''}
        empty="Each organization that is selected is read by a customer of this partner."
      />
    </Section>
  );
}
