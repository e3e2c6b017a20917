/** The runbooks: one page per alert, from `docs/runbooks` of this repository. */

/** A runbook: a Markdown file whose first line is the title. */
export interface Runbook {
  title: string;
  /**
   * The Markdown without the title. Links to other runbooks lead to their pages; links to other files are plain text.
   */
  body: string;
}

/** The runbook's name in a path, with or without `.md`; `README` is the list of all runbooks. */
export function nameIn(path: string): string | undefined {
  const match = /\/runbooks(?:\/([^/]*))?\/?$/.exec(path);
  if (!match) {
    return undefined;
  }
  return (match[1] ?? '').replace(/\.md$/, '') || 'README';
}

/**
 * Reads a runbook. Its links are relative to its folder in the repository: links to other runbooks become links to
 * pages below `home`, and links to other files are replaced by their text.
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
