import icon from '@iconify/icons-mdi/sync';
import type { Page } from '../page';
import { RunDetail } from './RunDetail';
import { Runs } from './Runs';

export const page: Page = { name: 'runs', label: 'Runs', icon, list: Runs, detail: RunDetail };
