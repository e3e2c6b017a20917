import { useEffect, useState } from 'react';

import { type Engine, type EngineError, explained, loadEngine } from './wasm';

/** The engine once it is loaded, or why it could not be loaded. */
export function useEngine(): { engine?: Engine; error?: EngineError } {
  const [state, setState] = useState<{ engine?: Engine; error?: EngineError }>({});
  useEffect(() => {
    let mounted = true;
    loadEngine().then(
      (engine) => {
        if (mounted) {
          setState({ engine });
        }
      },
      (error: unknown) => {
        if (mounted) {
          setState({ error: explained(error) });
        }
      },
    );
    return () => {
      mounted = false;
    };
  }, []);
  return state;
}
