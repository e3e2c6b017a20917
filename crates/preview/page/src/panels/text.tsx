import { css } from '@emotion/css';
import { type GrafanaTheme2, PanelPlugin, type PanelProps, renderTextPanelMarkdown, textUtil } from '@grafana/data';
import { RenderUserContentAsHTML, useStyles2 } from '@grafana/ui';

interface TextOptions {
  mode?: 'markdown' | 'html' | 'code';
  content?: string;
}

function TextPanel({ options, replaceVariables, width, height }: PanelProps<TextOptions>) {
  const styles = useStyles2(getStyles);
  const content = replaceVariables(options.content ?? '', {}, options.mode === 'html' ? 'html' : undefined);
  if (options.mode === 'code') {
    return (
      <pre className={styles.code} style={{ width, height }}>
        {content}
      </pre>
    );
  }
  const html = options.mode === 'html' ? textUtil.sanitizeTextPanelContent(content) : renderTextPanelMarkdown(content);
  return (
    <div className={styles.scroll} style={{ width, height }}>
      <RenderUserContentAsHTML className="markdown-html" content={html} />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflow: 'auto', fontSize: theme.typography.body.fontSize }),
  code: css({ overflow: 'auto', margin: 0, fontFamily: theme.typography.fontFamilyMonospace }),
});

export const textPanel = new PanelPlugin<TextOptions>(TextPanel);
