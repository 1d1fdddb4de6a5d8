import icon from '@iconify/icons-mdi/view-dashboard-outline';
import type { Page } from '../page';
import { Overview } from './Overview';

export const page: Page = { name: 'overview', label: 'Overview', icon, list: Overview };
