import {
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  LinearProgress,
  Typography,
} from '@mui/material';
import { ReactNode, useId, useMemo } from 'react';
import { Run, useObjects } from '../api/resources';
import { Reading } from '../show/Reading';
import { failed, finished, messageOf, percent, rowsOf, state, stepOf } from '../show/run';
import { Text } from '../show/Text';
import type { Asked } from './runs';

interface Props {
  asked: Asked[];
  total: number;
  onClose(): void;
}

/** Shows the runs that were asked for as they go. To close it ends none of them. */
export function SyncPanel(props: Props) {
  const runs = useObjects('LicenseSync');
  const byName = useMemo(
    () => new Map(runs.items.map(run => [`${run.metadata.namespace}/${run.metadata.name}`, run])),
    [runs.items]
  );
  return (
    <PureSyncPanel
      {...props}
      trouble={runs.error && <Reading of={runs} what="runs" />}
      runOf={({ run }) => run && byName.get(`${run.namespace}/${run.name}`)}
    />
  );
}

export function PureSyncPanel(
  props: Props & { runOf(asked: Asked): Run | undefined; trouble?: ReactNode }
) {
  const title = useId();
  const lines = props.asked.map(asked => ({ asked, run: props.runOf(asked) }));
  const ended = lines.filter(({ asked, run }) => asked.error || (run && finished(run))).length;
  const bad = lines.filter(isBad);
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={props.onClose} aria-labelledby={title}>
      <DialogTitle id={title}>Sync Licenses</DialogTitle>
      <DialogContent>
        <Typography role="status" gutterBottom>
          {ended.toLocaleString()} of {props.total.toLocaleString()} ended
          {bad.length > 0 && `, ${bad.length.toLocaleString()} failed`}
        </Typography>
        {props.trouble}
        <Box component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {[...bad, ...lines.filter(line => !isBad(line))].map(({ asked, run }) => (
            <Line key={asked.customer.metadata.uid} asked={asked} run={run} />
          ))}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>
          {ended < props.total ? 'Close, runs go on' : 'Close'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface LineProps {
  asked: Asked;
  run: Run | undefined;
}

// Of hundreds, those that ask for a person stand first.
function isBad({ asked, run }: LineProps): boolean {
  return asked.error !== undefined || (run !== undefined && failed(run));
}

function Line({ asked, run }: LineProps) {
  const { name } = asked.customer.metadata;
  const bad = isBad({ asked, run });
  const words = run ? [state(run), stepOf(run), rowsOf(run)].filter(Boolean).join(', ') : 'Created';
  return (
    <Box component="li" sx={{ mb: 1.5 }}>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 2 }}>
        <Text>{name}</Text>
        <span>{asked.error ? 'Refused' : words}</span>
      </Box>
      <LinearProgress
        variant="determinate"
        color={bad ? 'error' : 'primary'}
        value={bad ? 100 : run ? percent(run) : 0}
        aria-label={`Run of ${name}`}
      />
      {bad && (
        <Typography variant="body2" sx={{ overflowWrap: 'anywhere' }}>
          {asked.error ?? (run && messageOf(run))}
        </Typography>
      )}
    </Box>
  );
}
