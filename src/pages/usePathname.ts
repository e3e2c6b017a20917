import { locationService } from '@grafana/runtime';
import { useSyncExternalStore } from 'react';

/** The part of the `history` package that is used here; the package has no types. */
interface History {
  location: { pathname: string };
  listen: (changed: () => void) => () => void;
}

const history = () => locationService.getHistory() as History;

/** The path of the page that is open, without the sub-path that Grafana is served below. */
export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => history().location.pathname);
}

function subscribe(changed: () => void): () => void {
  return history().listen(changed);
}
