import { Button } from '@mui/material';
import { useState } from 'react';
import { AllowedIn } from '../../actions/Allowed';
import { Confirm } from '../../actions/Confirm';
import { all } from '../../actions/each';
import { SuspendButtons } from '../../actions/Suspend';
import { useAct } from '../../actions/useAct';
import type { Schedule } from '../../api/resources';
import { request } from '../../api/writes';

/** Runs, suspends and resumes one schedule, or those that are selected. */
export function ScheduleActions({ schedules }: { schedules: Schedule[] }) {
  const [asking, setAsking] = useState(false);
  const { busy, act } = useAct();
  // A suspended schedule keeps the request until it is resumed: that is not "now".
  const ready = schedules.filter(({ spec }) => !spec.suspend);
  const customers = ready.reduce((sum, { status }) => sum + (status?.targets?.total ?? 0), 0);
  const run = () =>
    act(
      () => all(ready, one => request('LicenseSyncSchedule', one, new Date())),
      'Asked for. Each customer gets a run of its own.'
    );
  return (
    <>
      <AllowedIn verb="patch" kind="LicenseSyncSchedule" objects={schedules}>
        <Button
          variant="contained"
          disabled={busy || ready.length === 0}
          onClick={customers > 1 ? () => setAsking(true) : run}
        >
          Run now
        </Button>
      </AllowedIn>
      <Confirm
        open={asking}
        title={`Read ${customers.toLocaleString()} customers now?`}
        action="Run now"
        color="primary"
        onClose={() => setAsking(false)}
        onConfirm={run}
      >
        Each gets a run of its own, without spread. Suspended customers are left out.
      </Confirm>
      <SuspendButtons kind="LicenseSyncSchedule" objects={schedules} />
    </>
  );
}
