import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  useMediaQuery,
  useTheme,
} from '@mui/material';
import { FormEvent, useId, useRef, useState } from 'react';
import { useAct } from '../../actions/useAct';
import type { Snapshot } from '../../api/collection';
import type { Customer, Schedule } from '../../api/resources';
import { create, patch } from '../../api/writes';
import { Notice } from '../../show/Notice';
import { Faults, faultsOf, Form, formOf, patchOf, specOf } from './form';
import { FormFields } from './FormFields';
import { serverWords, Words } from './words';

interface Props {
  /** The schedule to change; without one, another is created. */
  schedule?: Schedule;
  customers: Snapshot<Customer>;
  onClose(): void;
}

/** Creates or changes a schedule. The API server is asked before anything is written, and its words stand at the fields. */
export function ScheduleForm({ schedule, customers, onClose }: Props) {
  const title = useId();
  const narrow = useMediaQuery(useTheme().breakpoints.down('sm'));
  // What is compared with is the schedule as it was opened, not as the operator has changed it since.
  const [opened] = useState(schedule);
  const [form, setForm] = useState(() => formOf(opened, customers.items[0]?.metadata.namespace));
  const [words, setWords] = useState<Words>({ at: {}, rest: [] });
  const { busy, act } = useAct();
  const body = useRef<HTMLFormElement>(null);
  const change = (changed: Partial<Form>) => {
    setForm(before => ({ ...before, ...changed }));
    setWords(({ at, rest }) => ({ at: without(at, changed), rest }));
  };
  const refuse = (refused: Words) => {
    setWords(refused);
    // The first field with words, or what stands above the form.
    setTimeout(() =>
      body.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus()
    );
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const faults = faultsOf(form);
    if (Object.keys(faults).length > 0) {
      refuse({ at: faults, rest: [] });
      return;
    }
    const write = writeOf(opened, form);
    if (!write) {
      onClose();
      return;
    }
    try {
      await write(true);
    } catch (error) {
      refuse(serverWords((error as Error).message));
      return;
    }
    if (await act(() => write(false), `Schedule ${form.name} ${opened ? 'changed' : 'created'}.`)) {
      onClose();
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      aria-labelledby={title}
      fullWidth
      maxWidth="md"
      fullScreen={narrow}
    >
      <form ref={body} onSubmit={submit} noValidate style={{ display: 'contents' }}>
        <DialogTitle id={title}>
          {opened ? `Schedule ${opened.metadata.name}` : 'New schedule'}
        </DialogTitle>
        <DialogContent dividers>
          {words.rest.length > 0 && (
            <Notice severity="error" tabIndex={-1} sx={{ mb: 2 }}>
              {words.rest.map(word => (
                <div key={word}>{word}</div>
              ))}
            </Notice>
          )}
          <FormFields
            form={form}
            faults={words.at}
            change={change}
            customers={customers}
            fixed={opened !== undefined}
          />
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Back</Button>
          <Button type="submit" variant="contained" disabled={busy}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function without(faults: Faults, changed: Partial<Form>): Faults {
  return Object.fromEntries(Object.entries(faults).filter(([field]) => !(field in changed)));
}

/** What saving does; undefined if nothing changed. */
function writeOf(opened: Schedule | undefined, form: Form) {
  if (!opened) {
    const metadata = { namespace: form.namespace.trim(), name: form.name.trim() };
    return (dryRun: boolean): Promise<unknown> =>
      create('LicenseSyncSchedule', { metadata, spec: specOf(form) }, { dryRun });
  }
  const body = patchOf(opened, form);
  return body && ((dryRun: boolean) => patch('LicenseSyncSchedule', opened, body, { dryRun }));
}
