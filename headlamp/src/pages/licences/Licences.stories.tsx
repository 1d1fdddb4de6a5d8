import type { Meta, StoryFn } from '@storybook/react-vite';
import { acme, odd, rows } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureLicences } from './Licences';

export default { title: 'Licences', component: PureLicences } as Meta;

export const LevelCustomer: StoryFn = () => (
  <Stage>
    <PureLicences customers={complete(acme, odd)} rows={complete(...rows)} />
  </Stage>
);

export const LevelSite: StoryFn = () => (
  <Stage search="?level=Site">
    <PureLicences customers={complete(acme, odd)} rows={complete(...rows)} />
  </Stage>
);

export const LeftBehind: StoryFn = () => (
  <Stage>
    <PureLicences customers={complete(odd)} rows={complete(...rows)} />
  </Stage>
);

export const Filtered: StoryFn = () => (
  <Stage search="?find=no+such">
    <PureLicences customers={complete(acme)} rows={complete(...rows)} />
  </Stage>
);

export const StillReading: StoryFn = () => (
  <Stage>
    <PureLicences
      customers={complete(acme)}
      rows={{ items: rows, complete: false, remaining: 9500, error: null }}
    />
  </Stage>
);
