import webexIcon from '@iconify/icons-mdi/license';
import { registerRoute, registerSidebarEntry } from '@kinvolk/headlamp-plugin/lib';
import { page as assignments } from './pages/assignments';
import { page as customers } from './pages/customers';
import { page as licences } from './pages/licences';
import { page as overview } from './pages/overview';
import type { Page } from './pages/page';
import { page as partners } from './pages/partners';
import { page as runs } from './pages/runs';
import { page as schedules } from './pages/schedules';

const pages: Page[] = [overview, licences, customers, runs, schedules, assignments, partners];

registerSidebarEntry({
  parent: null,
  name: 'webex',
  label: 'Webex',
  icon: webexIcon,
  url: `/webex/${pages[0].name}`,
});
for (const page of pages) {
  const sidebar = `webex-${page.name}`;
  const path = `/webex/${page.name}`;
  registerSidebarEntry({
    parent: 'webex',
    name: sidebar,
    label: page.label,
    icon: page.icon,
    url: path,
  });
  registerRoute({ path, sidebar, name: sidebar, exact: true, component: page.list });
  if (page.detail) {
    registerRoute({
      path: `${path}/:namespace/:name`,
      sidebar,
      name: `${sidebar}-detail`,
      exact: true,
      component: page.detail,
    });
  }
}
