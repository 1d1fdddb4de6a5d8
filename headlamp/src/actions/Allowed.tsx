import { AuthVisible } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import type { ReactNode } from 'react';
import { classes } from '../api/classes';
import type { Resource } from '../api/collection';
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

/**
 * Shows what a person may do with all of several objects: in each of their namespaces. Without objects
 * there is nothing to do.
 */
export function AllowedIn(props: {
  verb: 'create' | 'patch' | 'delete';
  kind: Kind;
  objects: Resource[];
  children: ReactNode;
}) {
  if (props.objects.length === 0) {
    return null;
  }
  const namespaces = [...new Set(props.objects.map(({ metadata }) => metadata.namespace))].sort();
  return (
    <>
      {namespaces.reduce(
        (inner, namespace) => (
          <Allowed verb={props.verb} kind={props.kind} namespace={namespace}>
            {inner}
          </Allowed>
        ),
        props.children
      )}
    </>
  );
}
