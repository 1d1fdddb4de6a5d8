import { Button } from '@mui/material';
import { useState } from 'react';
import type { Customer } from '../api/resources';
import { AllowedIn } from './Allowed';
import { Confirm } from './Confirm';
import { ask, Asked } from './runs';
import { SyncPanel } from './SyncPanel';

/** Reads customers anew: one at once, several after a question. Suspended ones are left out. */
export function SyncButton(props: {
  customers: Customer[];
  label?: string;
  variant?: 'contained' | 'outlined';
}) {
  const [asking, setAsking] = useState(false);
  const [started, setStarted] = useState<{ total: number; asked: Asked[] } | null>(null);
  const chosen = props.customers.filter(({ spec }) => !spec.suspend);
  const left = props.customers.length - chosen.length;
  const start = () => {
    // What is chosen on the page may be another thing before the panel is closed.
    setStarted({ total: chosen.length, asked: [] });
    ask(chosen, one =>
      setStarted(before => before && { ...before, asked: [...before.asked, one] })
    );
  };
  return (
    <>
      <AllowedIn verb="create" kind="LicenseSync" objects={props.customers}>
        <Button
          variant={props.variant ?? 'contained'}
          disabled={chosen.length === 0}
          onClick={chosen.length > 1 ? () => setAsking(true) : start}
        >
          {props.label ?? 'Sync Licenses'}
        </Button>
      </AllowedIn>
      <Confirm
        open={asking}
        title={`Read ${chosen.length.toLocaleString()} customers now?`}
        action="Sync Licenses"
        color="primary"
        onClose={() => setAsking(false)}
        onConfirm={start}
      >
        Each gets a run of its own.
        {left > 0 && ` ${left.toLocaleString()} suspended ones are left out.`}
      </Confirm>
      {started && <SyncPanel {...started} onClose={() => setStarted(null)} />}
    </>
  );
}
