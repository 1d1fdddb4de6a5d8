import store from '@kinvolk/headlamp-plugin/lib/redux/stores/store';
import { SnackbarProvider } from 'notistack';
import type { ReactNode } from 'react';
import { Provider } from 'react-redux';
import { MemoryRouter } from 'react-router-dom';
import type { Resource, Snapshot } from '../api/collection';

/** What a page of a story stands on: Headlamp's state, an address, messages. */
export function Stage({ children, search = '' }: { children: ReactNode; search?: string }) {
  return (
    <Provider store={store}>
      <SnackbarProvider>
        <MemoryRouter initialEntries={[`/c/main/webex${search}`]}>{children}</MemoryRouter>
      </SnackbarProvider>
    </Provider>
  );
}

/** A list that is complete. */
export function complete<T extends Resource>(...items: T[]): Snapshot<T> {
  return { items, complete: true, remaining: 0, error: null };
}
