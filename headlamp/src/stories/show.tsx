import { lightTheme } from '@kinvolk/headlamp-plugin/lib/components/App/defaultAppThemes';
import { createMuiTheme } from '@kinvolk/headlamp-plugin/lib/lib/themes';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';

/** Shows something in Headlamp's theme, with rights that are asked for anew. */
export function show(what: ReactNode) {
  const client = new QueryClient();
  const wrapped = (inner: ReactNode) => (
    <QueryClientProvider client={client}>
      <ThemeProvider theme={createMuiTheme(lightTheme)}>{inner}</ThemeProvider>
    </QueryClientProvider>
  );
  const shown = render(wrapped(what));
  return { ...shown, again: (other: ReactNode) => shown.rerender(wrapped(other)) };
}
