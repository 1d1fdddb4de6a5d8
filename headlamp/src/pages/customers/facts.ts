import type { Customer, Schedule } from '../../api/resources';
import { selects } from '../../api/selector';

/** Whether a schedule reads a customer: by its name, or by its labels, in the same namespace. */
export function reads({ metadata, spec }: Schedule, customer: Customer): boolean {
  if (metadata.namespace !== customer.metadata.namespace) {
    return false;
  }
  if (spec.customerAccessRef) {
    return spec.customerAccessRef.name === customer.metadata.name;
  }
  return (
    spec.customerAccessSelector !== undefined &&
    selects(spec.customerAccessSelector, customer.metadata.labels)
  );
}

/** The default in force and the others that could be chosen. Without any there is no default to tell of. */
export function inForce(value: string | undefined, choices: string[] = []): string | undefined {
  if (value) {
    return choices.length > 1 ? `${value} (of ${choices.join(', ')})` : value;
  }
  return choices.length > 1 ? `none is chosen of ${choices.join(', ')}` : undefined;
}
