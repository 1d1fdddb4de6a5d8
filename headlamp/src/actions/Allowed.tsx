import { AuthVisible } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import type { ReactNode } from 'react';
import { classes } from '../api/classes';
import type { Kind } from '../api/wire';

/** Shows what a person may do, and hides it from all others. The API server decides. */
export function Allowed(props: {
  verb: 'create' | 'patch' | 'delete';
  kind: Kind;
  /** Left out, the right in all namespaces is asked for. */
  namespace?: string;
  children: ReactNode;
}) {
  return (
    <AuthVisible item={classes[props.kind]} authVerb={props.verb} namespace={props.namespace}>
      {props.children}
    </AuthVisible>
  );
}
