import { Chip } from '@mui/material';
import type { Condition } from '../api/types';
import { condition } from './condition';

/** The condition Ready, as a word of its own colour. */
export function Ready({ of }: { of: Condition[] | undefined }) {
  const ready = condition(of, 'Ready');
  if (!ready) {
    return <Chip size="small" variant="outlined" label="Unknown" />;
  }
  return (
    <Chip
      size="small"
      variant="outlined"
      color={ready.status === 'True' ? 'success' : ready.status === 'False' ? 'error' : 'info'}
      label={ready.reason}
      title={ready.message}
      // The colour is in the border; text in it would be too faint.
      sx={{ color: 'text.primary', maxWidth: '100%' }}
    />
  );
}
