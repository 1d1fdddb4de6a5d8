import type { Meta, StoryFn } from '@storybook/react-vite';
import { PureSyncPanel } from '../../actions/SyncPanel';
import { acme, failing, odd, running, succeeded } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureRun } from './RunDetail';
import { PureRuns } from './Runs';

export default { title: 'Runs', component: PureRuns } as Meta;

export const List: StoryFn = () => (
  <Stage>
    <PureRuns list={complete(succeeded, running, failing)} />
  </Stage>
);

export const Running: StoryFn = () => (
  <Stage>
    <PureRun run={running} customer={acme} />
  </Stage>
);

export const Succeeded: StoryFn = () => (
  <Stage>
    <PureRun run={succeeded} customer={acme} />
  </Stage>
);

export const Failed: StoryFn = () => (
  <Stage>
    <PureRun run={failing} customer={acme} />
  </Stage>
);

export const Panel: StoryFn = () => (
  <Stage>
    <PureSyncPanel
      asked={[
        { customer: acme, run: { namespace: 'webex', name: running.metadata.name } },
        { customer: odd, error: 'Forbidden - licensesyncs is forbidden' },
      ]}
      total={3}
      onClose={() => {}}
      runOf={({ run }) => run && running}
    />
  </Stage>
);
