import { locationService } from '@grafana/runtime';
import { useSyncExternalStore } from 'react';

/** What is used of the `history` package, which comes without types. */
interface History {
  location: { pathname: string };
  listen: (changed: () => void) => () => void;
}

const history = () => locationService.getHistory() as History;

/** Which page of this Grafana is open, without the address that it is served below. */
export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => history().location.pathname);
}

function subscribe(changed: () => void): () => void {
  return history().listen(changed);
}
