import type { Meta, StoryFn } from '@storybook/react-vite';
import { partner } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PurePartner } from './PartnerDetail';
import { PurePartners } from './Partners';

export default { title: 'Partners', component: PurePartners } as Meta;

export const List: StoryFn = () => (
  <Stage>
    <PurePartners list={complete(partner)} />
  </Stage>
);

export const Detail: StoryFn = () => (
  <Stage>
    <PurePartner partner={partner} />
  </Stage>
);
