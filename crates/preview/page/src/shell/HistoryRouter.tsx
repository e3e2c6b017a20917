import { locationService } from '@grafana/runtime';
import { type ReactNode, useLayoutEffect, useState } from 'react';
import { type Location, type Navigator, Router } from 'react-router-dom';

/** What is used of version 4 of the `history` package, which comes without types. */
interface History extends Navigator {
  location: Location;
  listen: (listener: (location: Location) => void) => () => void;
}

/** React Router over the history of Grafana's location service, so that scenes and links change the same address. */
export function HistoryRouter({ children }: { children: ReactNode }) {
  const history = locationService.getHistory() as History;
  const [location, setLocation] = useState(history.location);
  useLayoutEffect(
    () =>
      history.listen((next) => {
        setLocation(next);
      }),
    [history],
  );
  return (
    <Router location={location} navigator={history}>
      {children}
    </Router>
  );
}
