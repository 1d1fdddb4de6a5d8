import type { Meta, StoryFn } from '@storybook/react-vite';
import { acme, nightly, odd, stalled } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureSchedule } from './ScheduleDetail';
import { PureSchedules } from './Schedules';

export default { title: 'Schedules', component: PureSchedules } as Meta;

const customers = complete(acme, odd);

export const List: StoryFn = () => (
  <Stage>
    <PureSchedules list={complete(nightly, stalled)} customers={customers} />
  </Stage>
);

export const Detail: StoryFn = () => (
  <Stage>
    <PureSchedule schedule={nightly} customers={customers} />
  </Stage>
);

export const Stalled: StoryFn = () => (
  <Stage>
    <PureSchedule schedule={stalled} customers={customers} />
  </Stage>
);
