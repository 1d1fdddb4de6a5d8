// What Headlamp's App and Layout do, which are not in its npm package: theme, sidebar, routes,
// plugins. Everything here but this file and its build is Headlamp's own.
// First: its modules import each other in circles, which only begin well here.
import Plugins from '@kinvolk/headlamp-plugin/lib/plugin/Plugins';
import 'virtual:icons';
import '@kinvolk/headlamp-plugin/lib/i18n/config';
import RouteSwitcher, {
  PreviousRouteProvider,
} from '@kinvolk/headlamp-plugin/lib/components/App/RouteSwitcher';
import { useCurrentAppTheme } from '@kinvolk/headlamp-plugin/lib/components/App/themeSlice';
import Sidebar, { NavigationTabs } from '@kinvolk/headlamp-plugin/lib/components/Sidebar';
import { setWhetherSidebarOpen } from '@kinvolk/headlamp-plugin/lib/components/Sidebar/sidebarSlice';
import { queryClient } from '@kinvolk/headlamp-plugin/lib/lib/queryClient';
import { setStore } from '@kinvolk/headlamp-plugin/lib/lib/router/createRouteURL';
import { createMuiTheme } from '@kinvolk/headlamp-plugin/lib/lib/themes';
import { setConfig } from '@kinvolk/headlamp-plugin/lib/redux/configSlice';
import store from '@kinvolk/headlamp-plugin/lib/redux/stores/store';
import AppBar from '@mui/material/AppBar';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClientProvider } from '@tanstack/react-query';
import { SnackbarProvider } from 'notistack';
import { useEffect, useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider, useDispatch, useSelector } from 'react-redux';
import { BrowserRouter } from 'react-router-dom';

function Layout() {
  const dispatch = useDispatch();
  const clusters = useSelector(state => state.config.clusters);
  const loaded = useSelector(state => state.plugins.loaded);
  const open = useSelector(state => state.sidebar.isSidebarOpen);
  useEffect(() => {
    fetch('/config')
      .then(answer => answer.json())
      .then(config =>
        dispatch(
          setConfig({
            clusters: Object.fromEntries(config.clusters.map(cluster => [cluster.name, cluster])),
          })
        )
      );
  }, [dispatch]);
  // Plugins run once: a second run would be a second list of each kind.
  if (clusters === null) {
    return null;
  }
  return (
    <Box sx={{ display: 'flex' }}>
      <AppBar
        position="fixed"
        elevation={0}
        sx={{ zIndex: theme => theme.zIndex.drawer + 1, display: { sm: 'none' } }}
      >
        <Button
          color="primary"
          sx={{ height: 48 }}
          onClick={() => dispatch(setWhetherSidebarOpen(!open))}
        >
          Menu
        </Button>
      </AppBar>
      <Sidebar />
      <Box
        component="main"
        sx={{ flexGrow: 1, minWidth: 0, mt: { xs: 6, sm: 0 }, px: { xs: 1, sm: 2 } }}
      >
        <NavigationTabs />
        <Plugins />
        {loaded && <RouteSwitcher requiresToken={() => false} />}
      </Box>
    </Box>
  );
}

function App() {
  const current = useCurrentAppTheme();
  const theme = useMemo(() => createMuiTheme(current), [current]);
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline enableColorScheme />
      <SnackbarProvider maxSnack={3}>
        <QueryClientProvider client={queryClient}>
          <BrowserRouter>
            <PreviousRouteProvider>
              <Layout />
            </PreviousRouteProvider>
          </BrowserRouter>
        </QueryClientProvider>
      </SnackbarProvider>
    </ThemeProvider>
  );
}

// Links by the name of a route find it in the store.
setStore(store);
createRoot(document.getElementById('root')).render(
  <Provider store={store}>
    <App />
  </Provider>
);
