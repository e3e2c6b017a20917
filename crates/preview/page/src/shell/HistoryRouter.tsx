import { locationService } from '@grafana/runtime';
import { type ReactNode, useLayoutEffect, useState } from 'react';
import { type Location, type Navigator, Router } from 'react-router-dom';

/** React Router over the history of Grafana's location service, so that scenes and links change the same address. */
export function HistoryRouter({ children }: { children: ReactNode }) {
  const history = locationService.getHistory();
  const [location, setLocation] = useState<Location>(() => history.location as unknown as Location);
  useLayoutEffect(() => history.listen((next: Location) => setLocation(next)), [history]);
  return (
    <Router location={location} navigator={history as unknown as Navigator}>
      {children}
    </Router>
  );
}
