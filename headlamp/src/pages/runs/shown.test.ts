import { expect, it } from 'vitest';
import { failing, running, succeeded } from '../../stories/objects';
import { shown } from './Runs';

const runs = [failing, running, succeeded];
const none = { find: '', show: '', trigger: '', schedule: '' };

it.each([
  [{}, runs],
  [{ find: 'ACME' }, runs],
  [{ find: 'x7k2p' }, [running]],
  [{ find: 'network policy' }, [failing]],
  [{ find: 'globex' }, []],
  [{ show: 'active' }, [running]],
  [{ show: 'failed' }, [failing]],
  [{ show: 'changed' }, [succeeded]],
  [{ trigger: 'Manual' }, [running]],
  [{ trigger: 'Schedule', show: 'failed' }, [failing]],
  [{ schedule: 'nightly' }, runs],
  [{ schedule: 'weekly' }, []],
])('%j', (filters, want) => {
  expect(shown(runs, { ...none, ...filters })).toEqual(want);
});
