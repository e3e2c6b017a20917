/** The runbooks: one page for each alert, from `docs/runbooks` of this repository. */

/** A runbook as it is written: Markdown with its title as the first line. */
export interface Runbook {
  title: string;
  /** Markdown without the title; links lead to other runbooks or nowhere. */
  body: string;
}

/** The name in an address: that of the file, with or without its ending; `README` is the list of all. */
export function nameIn(path: string): string | undefined {
  const match = /\/runbooks(?:\/([^/]*))?\/?$/.exec(path);
  if (!match) {
    return undefined;
  }
  return (match[1] ?? '').replace(/\.md$/, '') || 'README';
}

/**
 * Reads a runbook. Its links count from the folder in the repository: those to other runbooks become pages below `home`, and
 * of those to other files only the text stays.
 */
export function readRunbook(markdown: string, home: string): Runbook {
  const [first = '', ...rest] = markdown.split('\n');
  const body = rest.join('\n').replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, (whole, text: string, target: string) => {
    if (/^https?:/.test(target)) {
      return whole;
    }
    return /^[\w-]+\.md$/.test(target) ? `[${text}](${home}/${target})` : text;
  });
  return { title: first.replace(/^#\s*/, ''), body: body.trim() };
}
