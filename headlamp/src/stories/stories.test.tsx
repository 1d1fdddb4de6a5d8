import { composeStories } from '@storybook/react-vite';
import { act, cleanup, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { server } from './setup';
import { show } from './show';

type Module = Parameters<typeof composeStories>[0];

const modules = import.meta.glob<Module>('../**/*.stories.tsx', { eager: true });
const stories = Object.entries(modules).flatMap(([file, module]) =>
  Object.entries(composeStories(module)).map(
    ([name, Story]) => [`${file} ${name}`, Story as () => JSX.Element] as const
  )
);

afterEach(cleanup);

it.each(stories)('%s shows, with names as text', async (_, Story) => {
  const complain = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { baseElement } = show(<Story />);
  await act(async () => {});
  expect(complain.mock.calls).toEqual([]);
  complain.mockRestore();
  expect(baseElement.textContent?.length).toBeGreaterThan(20);
  // A name that is taken as markup would be an image.
  expect(baseElement.querySelector('img')).toBeNull();
  // Whom an assignment lists is a number, and nowhere a name.
  expect(baseElement.textContent).not.toContain('@example.com');
});

// Buttons that change nothing at the API server.
const harmless = /^(Back|Close|Menu|Download CSV)/;

it.each(stories)('%s has no button for who may change nothing', async (_, Story) => {
  server.allows = () => false;
  show(<Story />);
  await act(async () => {});
  const buttons = screen
    .queryAllByRole('button')
    .filter(
      button => !button.closest('[role=columnheader], [aria-haspopup], .MuiAutocomplete-root, nav')
    )
    .map(button => button.textContent ?? '')
    .filter(text => !harmless.test(text));
  expect(buttons).toEqual([]);
  expect(server.sent).toEqual([]);
});
