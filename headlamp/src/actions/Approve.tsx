import { Button, Typography } from '@mui/material';
import { useState } from 'react';
import type { Assignment, Customer, Partner } from '../api/resources';
import { annotations } from '../api/types';
import { patch } from '../api/writes';
import { units } from '../show/Figure';
import { Notice } from '../show/Notice';
import { Allowed } from './Allowed';
import { Confirm } from './Confirm';
import { useAct } from './useAct';

/** What is held, and what its approval does. */
interface Held {
  token: string | undefined;
  annotation: string;
  what: string;
  /** What happens on approval, as a sentence. */
  then: string;
  look: string;
}

const people = (count: number | undefined) => (count === 1 ? '1 person' : `${units(count)} people`);

/** The rows that a customer's next run would remove. */
export function ApprovePrune({ customer }: { customer: Customer }) {
  const held = customer.status?.heldPrune;
  const rows = held?.rows === 1 ? '1 licence row' : `${units(held?.rows)} licence rows`;
  return (
    <Approve
      kind="WebexCustomerAccess"
      object={customer}
      held={
        held && {
          token: held.token,
          annotation: annotations.approvePrune,
          what: `The removal of ${rows} is held${held.percent ? `, ${held.percent} % of all` : ''}`,
          then:
            `${rows} that Webex no longer lists will be removed from here. Webex itself is not changed.` +
            (customer.spec.suspend
              ? ' The customer is suspended: that is once it is resumed.'
              : ''),
          look: 'Webex no longer lists them. A subscription that was renewed, or a token of less rights, looks the same.',
        }
      }
    />
  );
}

/** The people whom an assignment would take licences from, or the customers that a partner would suspend. */
export function ApproveRemovals(
  props:
    | { kind: 'WebexLicenseAssignment'; object: Assignment }
    | { kind: 'WebexPartner'; object: Partner }
) {
  return <Approve kind={props.kind} object={props.object} held={heldOf(props)} />;
}

function heldOf(
  props:
    | { kind: 'WebexLicenseAssignment'; object: Assignment }
    | { kind: 'WebexPartner'; object: Partner }
): Held | undefined {
  const annotation = annotations.approveRemovals;
  if (props.kind === 'WebexLicenseAssignment') {
    const held = props.object.status?.held;
    return (
      held && {
        token: held.token,
        annotation,
        what: `${people(held.people)} would lose a licence: held`,
        then:
          `${people(held.people)} will lose a licence in Webex with the next run` +
          (props.object.spec.mode === 'Enforce' ? '.' : ' after spec.mode is Enforce.'),
        look: 'More than spec.maxRemovals within 24 hours, or lists that were not certain. Correct the lists, or approve exactly these.',
      }
    );
  }
  const held = props.object.status?.held;
  const customers = held?.customers === 1 ? '1 customer' : `${units(held?.customers)} customers`;
  return (
    held && {
      token: held.token,
      annotation,
      what: `The suspension of ${customers} is held`,
      then: `${customers} will be suspended: their figures stay, and are no longer read anew.`,
      look: 'Their organizations are no longer seen, too many at once.',
    }
  );
}

function Approve(props: {
  kind: 'WebexCustomerAccess' | 'WebexLicenseAssignment' | 'WebexPartner';
  object: Customer | Assignment | Partner;
  held: Held | undefined;
}) {
  const { kind, object, held } = props;
  const [asked, setAsked] = useState<Held | null>(null);
  const { busy, act } = useAct();
  const approved = object.metadata.annotations?.[held?.annotation ?? ''] === held?.token;
  // An approval is for what the person saw. What is held may change while the dialog is open.
  const moved = asked !== null && asked.token !== held?.token;
  const approve = async ({ token, annotation }: Held) => {
    const change = { metadata: { annotations: { [annotation]: token } } };
    await act(() => patch(kind, object, change), 'Approved. The next run carries it out.');
  };
  return (
    <>
      {held?.token && (
        <Notice
          severity="warning"
          sx={{ mb: 2, '& .MuiAlert-action': { alignItems: 'center' } }}
          action={
            !approved && (
              <Allowed verb="patch" kind={kind} namespace={object.metadata.namespace}>
                <Button
                  color="inherit"
                  variant="outlined"
                  size="small"
                  disabled={busy}
                  onClick={() => setAsked(held)}
                >
                  Approve…
                </Button>
              </Allowed>
            )
          }
        >
          <Typography variant="subtitle2">{held.what}</Typography>
          {approved ? 'Approved: the next run carries it out.' : held.look}
        </Notice>
      )}
      {asked && (
        <Confirm
          open
          title={moved ? 'What is held has changed' : `${asked.what}. Approve it?`}
          action="Approve"
          disabled={moved}
          onClose={() => setAsked(null)}
          onConfirm={() => approve(asked)}
        >
          {moved ? 'Nothing was approved. Look at what is held now.' : asked.then}
        </Confirm>
      )}
    </>
  );
}
