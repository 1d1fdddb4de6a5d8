import { Button } from '@mui/material';
import { useState } from 'react';
import type { Customer, Run } from '../api/resources';
import { create, patch } from '../api/writes';
import { failed, finished } from '../show/run';
import { Allowed } from './Allowed';
import { Confirm } from './Confirm';
import { again } from './runs';
import { useAct } from './useAct';

/** Ends a run that goes on, or repeats one that failed. */
export function RunButtons({ run, customer }: { run: Run; customer: Customer | undefined }) {
  if (!finished(run)) {
    return <Cancel run={run} />;
  }
  return failed(run) && customer && !customer.spec.suspend ? (
    <Retry run={run} customer={customer} />
  ) : null;
}

function Cancel({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const { busy, act } = useAct();
  return (
    <Allowed verb="patch" kind="LicenseSync" namespace={run.metadata.namespace}>
      <Button
        variant="outlined"
        disabled={busy || run.spec.cancel === true}
        onClick={() => setAsking(true)}
      >
        Cancel
      </Button>
      <Confirm
        open={asking}
        title={`Cancel run ${run.metadata.name}?`}
        action="Cancel the run"
        onClose={() => setAsking(false)}
        onConfirm={() =>
          act(
            () => patch('LicenseSync', run, { spec: { cancel: true } }),
            'The run is being canceled.'
          )
        }
      >
        It changes no further row. This cannot be taken back; another run can be asked for.
      </Confirm>
    </Allowed>
  );
}

function Retry({ run, customer }: { run: Run; customer: Customer }) {
  const { busy, act } = useAct();
  return (
    <Allowed verb="create" kind="LicenseSync" namespace={run.metadata.namespace}>
      <Button
        variant="outlined"
        disabled={busy}
        onClick={() =>
          act(() => create('LicenseSync', again(run, customer)), 'Another run was created.')
        }
      >
        Retry
      </Button>
    </Allowed>
  );
}
