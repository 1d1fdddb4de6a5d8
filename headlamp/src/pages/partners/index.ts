import icon from '@iconify/icons-mdi/handshake-outline';
import type { Page } from '../page';
import { PartnerDetail } from './PartnerDetail';
import { Partners } from './Partners';

export const page: Page = {
  name: 'partners',
  label: 'Partners',
  icon,
  list: Partners,
  detail: PartnerDetail,
};
