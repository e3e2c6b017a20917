// Loads the WebAssembly once per page, and only when a chart is shown.
import type * as Glue from '../../panel/pkg/headroom_panel';

export type Engine = Pick<typeof Glue, 'Chart' | 'compareRuns' | 'dashOf' | 'formatValue' | 'outlineOf' | 'Step'>;

/** Why there is no chart, as a text for users. */
export class EngineError extends Error {
  constructor(
    message: string,
    /** Whether the page's content security policy is the cause. */
    readonly forbidden: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

let loading: Promise<Engine> | undefined;

/**
 * Loads the engine once. If the content security policy forbids it, the failure is kept until the page is loaded again;
 * after any other failure, such as one of the network, the next call tries again.
 */
export function loadEngine(): Promise<Engine> {
  loading ??= load().catch((error: unknown) => {
    if (!isForbidden(error)) {
      loading = undefined;
    }
    throw error;
  });
  return loading;
}

async function load(): Promise<Engine> {
  const glue = await import('../../panel/pkg/headroom_panel');
  await glue.default({ module_or_path: new URL('../../panel/pkg/headroom_panel_bg.wasm', import.meta.url) });
  return glue;
}

/** Browsers report this as a CompileError whose message names the policy. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && /content security policy|unsafe-eval/i.test(error.message);
}

export function explained(error: unknown): EngineError {
  if (isForbidden(error)) {
    return new EngineError(
      "This Grafana's content security policy forbids WebAssembly, which draws the chart. An administrator can allow " +
        "it by adding 'wasm-unsafe-eval' to script-src in content_security_policy_template.",
      true,
      error,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineError(`The WebAssembly that draws the chart could not be loaded: ${reason}`, false, error);
}
