import type { IconifyIcon } from '@iconify/react';
import type { ReactNode } from 'react';

/** What a folder of pages is for the sidebar and the router. */
export interface Page {
  /** The name of the sidebar entry and, with "/webex/", the path. */
  name: string;
  label: string;
  icon: IconifyIcon;
  /** Shows the list. */
  list: () => ReactNode;
  /** Shows one object, at path/:namespace/:name. */
  detail?: () => ReactNode;
}
