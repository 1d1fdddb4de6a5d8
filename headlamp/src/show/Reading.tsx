import { LinearProgress } from '@mui/material';
import { Snapshot } from '../api/collection';
import { Notice } from './Notice';

/** Says that a list is still on its way, or why it does not come. Shows nothing once it is complete. */
export function Reading({ of, what }: { of: Snapshot<unknown>; what: string }) {
  if (of.error) {
    return (
      <Notice severity="error" sx={{ my: 1 }}>
        The {what} cannot be read{of.complete ? ' anew: what shows is old' : ''}. The API server
        says: {of.error.message}
      </Notice>
    );
  }
  if (of.complete) {
    return null;
  }
  const read = of.items.length;
  return (
    <div role="status">
      Reading {what}
      {read > 0 && `: ${read.toLocaleString()} of ${(read + of.remaining).toLocaleString()}`}
      <LinearProgress
        aria-label={`Reading ${what}`}
        variant={read > 0 ? 'determinate' : 'indeterminate'}
        value={(100 * read) / Math.max(1, read + of.remaining)}
      />
    </div>
  );
}
