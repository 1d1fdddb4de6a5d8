import { Alert, AlertTitle, Stack } from '@mui/material';
import type { Condition } from '../api/types';
import { Text } from './Text';

// Conditions that are good when False.
const good: Record<string, 'True' | 'False'> = {
  Stalled: 'False',
  Reconciling: 'False',
  PruneHeld: 'False',
  RemovalsHeld: 'False',
  Failed: 'False',
};

/** Whether a condition asks for a person. */
export function needsAttention(condition: Condition): boolean {
  return condition.type !== 'Reconciling' && condition.status !== (good[condition.type] ?? 'True');
}

/** Conditions with what to do, those first that ask for a person. */
export function Conditions({ of }: { of: Condition[] | undefined }) {
  const sorted = [...(of ?? [])].sort(
    (a, b) => Number(needsAttention(b)) - Number(needsAttention(a))
  );
  return (
    <Stack spacing={1} component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
      {sorted.map(condition => (
        <li key={condition.type}>
          <Alert severity={severity(condition)} sx={{ overflowWrap: 'anywhere' }}>
            <AlertTitle>
              {condition.type}: {condition.reason}
            </AlertTitle>
            <Text>{condition.message}</Text>
          </Alert>
        </li>
      ))}
    </Stack>
  );
}

function severity(condition: Condition): 'success' | 'info' | 'warning' | 'error' {
  if (!needsAttention(condition)) {
    return condition.status === 'Unknown' || condition.type === 'Reconciling' ? 'info' : 'success';
  }
  return condition.type === 'Stalled' || condition.type === 'Failed' ? 'error' : 'warning';
}
