import { Link, SectionBox } from '@kinvolk/headlamp-plugin/lib/CommonComponents';
import { useParams } from 'react-router-dom';
import type { Snapshot } from '../api/collection';
import { Objects, useObjects } from '../api/resources';
import type { Kind } from '../api/wire';
import { Reading } from './Reading';

/** The object that the address names, and the list that it is from. */
export function useNamed<K extends Kind>(
  kind: K
): { object: Objects[K] | undefined; list: Snapshot<Objects[K]>; namespace: string; name: string } {
  const { namespace, name } = useParams<{ namespace: string; name: string }>();
  const list = useObjects(kind);
  const object = (list.items as Objects[K][]).find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name
  );
  return { object, list, namespace, name };
}

/** What stands where an object would: its list is on the way, or it is gone. */
export function Missing({ a, name, list }: { a: string; name: string; list: Snapshot<unknown> }) {
  return (
    <SectionBox title={a[0].toUpperCase() + a.slice(1)} backLink>
      <Reading of={list} what={`${a}s`} />
      {list.complete && (
        <p>
          There is no {a} {name} in this namespace any more.
        </p>
      )}
    </SectionBox>
  );
}

/** A link to the page of one object. */
export function ToObject(props: {
  page: 'customers' | 'runs' | 'schedules' | 'assignments' | 'partners';
  namespace: string;
  name: string;
  children?: string;
}) {
  return (
    <Link
      routeName={`webex-${props.page}-detail`}
      params={{ namespace: props.namespace, name: props.name }}
    >
      <bdi>{props.children ?? props.name}</bdi>
    </Link>
  );
}
