import type { Meta, StoryFn } from '@storybook/react-vite';
import { acme, assignment, odd, rows } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureOverview } from './Overview';

export default { title: 'Overview', component: PureOverview } as Meta;

const lists = {
  customers: complete(acme, odd),
  rows: complete(...rows),
  assignments: complete(assignment),
};

export const All: StoryFn = () => (
  <Stage>
    <PureOverview {...lists} />
  </Stage>
);

export const Node: StoryFn = () => (
  <Stage search="?at=provider.reseller-west&partner=provider">
    <PureOverview {...lists} />
  </Stage>
);

export const Empty: StoryFn = () => (
  <Stage>
    <PureOverview customers={complete()} rows={complete()} assignments={complete()} />
  </Stage>
);

export const SumsWait: StoryFn = () => (
  <Stage>
    <PureOverview
      {...lists}
      rows={{ items: rows, complete: false, remaining: 9500, error: null }}
    />
  </Stage>
);
