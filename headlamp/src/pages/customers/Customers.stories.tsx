import type { Meta, StoryFn } from '@storybook/react-vite';
import { acme, assignment, failing, odd, rows, running, succeeded } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureCustomer } from './CustomerDetail';
import { PureCustomers } from './Customers';

export default { title: 'Customers', component: PureCustomers } as Meta;

export const List: StoryFn = () => (
  <Stage>
    <PureCustomers list={complete(acme, odd)} />
  </Stage>
);

export const Detail: StoryFn = () => (
  <Stage>
    <PureCustomer
      customer={acme}
      rows={complete(...rows)}
      runs={complete(succeeded, running, failing)}
      assignments={[assignment]}
    />
  </Stage>
);

export const Empty: StoryFn = () => (
  <Stage>
    <PureCustomers list={complete()} />
  </Stage>
);

export const StillReading: StoryFn = () => (
  <Stage>
    <PureCustomers list={{ items: [acme], complete: false, remaining: 199, error: null }} />
  </Stage>
);

export const Forbidden: StoryFn = () => (
  <Stage>
    <PureCustomers
      list={{
        items: [],
        complete: false,
        remaining: 0,
        error: new Error('Forbidden - webexcustomeraccesses is forbidden'),
      }}
    />
  </Stage>
);
