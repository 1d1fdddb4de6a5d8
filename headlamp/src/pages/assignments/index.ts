import icon from '@iconify/icons-mdi/account-multiple-check-outline';
import type { Page } from '../page';
import { AssignmentDetail } from './AssignmentDetail';
import { Assignments } from './Assignments';

export const page: Page = {
  name: 'assignments',
  label: 'Assignments',
  icon,
  list: Assignments,
  detail: AssignmentDetail,
};
