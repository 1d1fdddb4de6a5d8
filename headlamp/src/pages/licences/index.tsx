import icon from '@iconify/icons-mdi/format-list-bulleted';
import type { Page } from '../page';
import { Licences } from './Licences';

export const page: Page = { name: 'licences', label: 'Licences', icon, list: Licences };
