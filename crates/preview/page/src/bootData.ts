/**
 * Grafana's server writes its settings into the page before any script runs, and `@grafana/runtime` reads them while it is
 * imported. This module must therefore be the first import of the entry.
 */

export type ThemeMode = 'dark' | 'light';

/** What the preview's server writes into `<script id="boot-data">`. */
interface EmbeddedBootData {
  settings: Record<string, unknown>;
  user: Record<string, unknown>;
}

declare global {
  interface Window {
    grafanaBootData?: unknown;
    __grafana_public_path__?: string;
  }
}

const THEME_KEY = 'headroom-preview.theme';

/** `?theme=` wins over the last choice, which wins over the system's preference. */
function initialTheme(): ThemeMode {
  const asked = new URLSearchParams(window.location.search).get('theme') ?? window.localStorage.getItem(THEME_KEY);
  if (asked === 'light' || asked === 'dark') {
    return asked;
  }
  return window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

export function rememberTheme(mode: ThemeMode): void {
  window.localStorage.setItem(THEME_KEY, mode);
}

export const startTheme = initialTheme();

const embedded = JSON.parse(document.getElementById('boot-data')?.textContent ?? '{}') as EmbeddedBootData;

window.__grafana_public_path__ = '/public/';
window.grafanaBootData = {
  settings: embedded.settings,
  user: { ...embedded.user, theme: startTheme, lightTheme: startTheme === 'light' },
  navTree: [],
  assets: { light: '', dark: '' },
};
