import { Button } from '@mui/material';
import { useState } from 'react';
import type { Customer, Partner, Schedule } from '../api/resources';
import { patch } from '../api/writes';
import { AllowedIn } from './Allowed';
import { Confirm } from './Confirm';
import { all } from './each';
import { useAct } from './useAct';

// What a suspension stops, of one and of several.
const meanings = {
  WebexCustomerAccess: [
    'customer',
    'customers',
    'No run begins. Rows stay as they are; a run that has begun is finished.',
  ],
  LicenseSyncSchedule: [
    'schedule',
    'schedules',
    'It starts no run. Times that pass meanwhile count as missed.',
  ],
  WebexPartner: ['partner', 'partners', 'No organization is looked for. Its customers run on.'],
} as const;

interface Props {
  kind: keyof typeof meanings;
  objects: (Customer | Schedule | Partner)[];
}

/** Suspends those that run, and resumes those that are suspended: a button for each, if there is one. */
export function SuspendButtons({ kind, objects }: Props) {
  return (
    <>
      <Suspension kind={kind} objects={objects.filter(({ spec }) => !spec.suspend)} suspend />
      <Suspension
        kind={kind}
        objects={objects.filter(({ spec }) => spec.suspend)}
        suspend={false}
      />
    </>
  );
}

function Suspension({ kind, objects, suspend }: Props & { suspend: boolean }) {
  const [asking, setAsking] = useState(false);
  const { busy, act } = useAct();
  const [one, many, meaning] = meanings[kind];
  const what =
    objects.length === 1
      ? `${one} ${objects[0].metadata.name}`
      : `${objects.length.toLocaleString()} ${many}`;
  const verb = suspend ? 'Suspend' : 'Resume';
  return (
    <AllowedIn verb="patch" kind={kind} objects={objects}>
      <Button variant="outlined" disabled={busy} onClick={() => setAsking(true)}>
        {objects.length === 1 ? verb : `${verb} ${objects.length.toLocaleString()}`}
      </Button>
      <Confirm
        open={asking}
        title={`${verb} ${what}?`}
        action={verb}
        color="primary"
        onClose={() => setAsking(false)}
        onConfirm={() =>
          act(
            () => all(objects, object => patch(kind, object, { spec: { suspend } })),
            `${what[0].toUpperCase()}${what.slice(1)} ${suspend ? 'suspended' : 'resumed'}.`
          )
        }
      >
        {suspend ? meaning : 'Work goes on by what the spec says.'}
      </Confirm>
    </AllowedIn>
  );
}
