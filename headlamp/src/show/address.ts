import { useCallback } from 'react';
import { useHistory, useLocation } from 'react-router-dom';

/**
 * One parameter of the address, so that a link shows what its sender saw. An empty value takes the
 * parameter away.
 */
export function useAddress(name: string): [string, (value: string) => void] {
  const { search, pathname } = useLocation();
  const history = useHistory();
  const value = new URLSearchParams(search).get(name) ?? '';
  const set = useCallback(
    (next: string) => {
      const parameters = new URLSearchParams(history.location.search);
      if (next) {
        parameters.set(name, next);
      } else {
        parameters.delete(name);
      }
      history.replace({ pathname, search: parameters.toString() });
    },
    [history, name, pathname]
  );
  return [value, set];
}
