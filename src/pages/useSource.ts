import { getDataSourceSrv, locationService } from '@grafana/runtime';
import { useState } from 'react';

import { DATASOURCE_ID } from '../links';

/**
 * All Headroom data sources, and the one that the page shows: the one in the address, else the default, else the first.
 */
export function useSource() {
  const sources = getDataSourceSrv().getList({ pluginId: DATASOURCE_ID });
  const [asked, setAsked] = useState(() => String(locationService.getSearchObject().datasource ?? ''));
  const source = sources.find(({ uid }) => uid === asked) ?? sources.find(({ isDefault }) => isDefault) ?? sources[0];
  const choose = (uid: string) => {
    setAsked(uid);
    // Puts the choice into the address, so that a link to this page keeps it.
    locationService.partial({ datasource: uid }, true);
  };
  return { sources, source, choose };
}
