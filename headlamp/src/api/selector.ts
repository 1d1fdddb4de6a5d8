import type { LicenseSyncScheduleSpecCustomerAccessSelector as Selector } from './types';

/** Whether a selector selects an object with these labels. */
export function selects(selector: Selector, labels: Record<string, string> = {}): boolean {
  const has = (key: string) => Object.prototype.hasOwnProperty.call(labels, key);
  return (
    Object.entries(selector.matchLabels ?? {}).every(
      ([key, value]) => has(key) && labels[key] === value
    ) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In':
          return has(key) && values.includes(labels[key]);
        case 'NotIn':
          return !has(key) || !values.includes(labels[key]);
        case 'Exists':
          return has(key);
        case 'DoesNotExist':
          return !has(key);
      }
      return false;
    })
  );
}
