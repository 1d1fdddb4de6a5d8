import type { Meta, StoryFn } from '@storybook/react-vite';
import { acme, assignment } from '../../stories/objects';
import { complete, Stage } from '../../stories/Stage';
import { PureAssignment } from './AssignmentDetail';
import { PureAssignments } from './Assignments';

export default { title: 'Assignments', component: PureAssignments } as Meta;

export const List: StoryFn = () => (
  <Stage>
    <PureAssignments list={complete(assignment)} />
  </Stage>
);

export const Detail: StoryFn = () => (
  <Stage>
    <PureAssignment assignment={assignment} customer={acme} />
  </Stage>
);
