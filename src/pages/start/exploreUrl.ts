import { QueryKind } from '../../generated/contract';
import { address, DATASOURCE_ID } from '../../links';

/** The address of Explore with the curve of every deployment of a data source. */
export function exploreUrl(datasource: string): string {
  const query = { refId: 'A', datasource: { type: DATASOURCE_ID, uid: datasource }, queryType: QueryKind.Curve };
  const pane = { datasource, queries: [query], range: { from: 'now-1h', to: 'now' } };
  return address('/explore', { schemaVersion: '1', panes: JSON.stringify({ headroom: pane }) });
}
