import { useEffect, useState } from 'react';

import { describeError } from '../resourceClient';

/** The state of something that is being fetched. */
export interface Loaded<T> {
  loading: boolean;
  value?: T;
  /** Why there is no value, as a text for users. */
  error?: string;
}

/** Calls `load` whenever the function changes (so memoize it), and returns the state of the latest call only. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [outcome, setOutcome] = useState<{ of: () => Promise<T>; value?: T; error?: string }>();
  useEffect(() => {
    let wanted = true;
    load().then(
      (value) => {
        if (wanted) {
          setOutcome({ of: load, value });
        }
      },
      (error: unknown) => {
        if (wanted) {
          setOutcome({ of: load, error: describeError(error) });
        }
      },
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  return outcome?.of === load ? { loading: false, value: outcome.value, error: outcome.error } : { loading: true };
}
