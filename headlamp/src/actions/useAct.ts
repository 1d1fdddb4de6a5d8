import { useSnackbar } from 'notistack';
import { useCallback, useState } from 'react';

/** Does something at the API server, and says how it went in its words. One thing at a time. */
export function useAct(): {
  busy: boolean;
  act(work: () => Promise<unknown>, done: string): Promise<boolean>;
} {
  const { enqueueSnackbar } = useSnackbar();
  const [busy, setBusy] = useState(false);
  const act = useCallback(
    async (work: () => Promise<unknown>, done: string) => {
      setBusy(true);
      try {
        await work();
        enqueueSnackbar(done, { variant: 'success' });
        return true;
      } catch (error) {
        enqueueSnackbar((error as Error).message, { variant: 'error', persist: true });
        return false;
      } finally {
        setBusy(false);
      }
    },
    [enqueueSnackbar]
  );
  return { busy, act };
}
