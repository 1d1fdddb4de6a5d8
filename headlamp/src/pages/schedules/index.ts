import icon from '@iconify/icons-mdi/calendar-clock';
import type { Page } from '../page';
import { ScheduleDetail } from './ScheduleDetail';
import { Schedules } from './Schedules';

export const page: Page = {
  name: 'schedules',
  label: 'Schedules',
  icon,
  list: Schedules,
  detail: ScheduleDetail,
};
