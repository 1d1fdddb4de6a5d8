import { K8s } from '@kinvolk/headlamp-plugin/lib';
import { kinds } from './types';
import { Kind } from './wire';

/** Headlamp's classes of the kinds: what AuthVisible asks about. */
export const classes = Object.fromEntries(
  Object.entries(kinds).map(([kind, names]) => [
    kind,
    K8s.crd.makeCustomResourceClass({
      apiInfo: [{ group: names.group, version: names.version }],
      kind: names.kind,
      pluralName: names.plural,
      singularName: names.singular,
      isNamespaced: true,
    }),
  ])
) as Record<Kind, ReturnType<typeof K8s.crd.makeCustomResourceClass>>;
