import { useEffect, useState } from 'react';

import { describeError } from '../resourceClient';

/** The state of something that is being fetched. */
export interface Loaded<T> {
  loading: boolean;
  value?: T;
  /** Why there is no value, for people. */
  error?: string;
}

/** Runs `load` whenever it is another function (memoize it) and gives what came of the latest one only. */
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
