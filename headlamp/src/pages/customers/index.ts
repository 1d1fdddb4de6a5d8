import icon from '@iconify/icons-mdi/domain';
import type { Page } from '../page';
import { CustomerDetail } from './CustomerDetail';
import { Customers } from './Customers';

export const page: Page = {
  name: 'customers',
  label: 'Customers',
  icon,
  list: Customers,
  detail: CustomerDetail,
};
