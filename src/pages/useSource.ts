import { getDataSourceSrv, locationService } from '@grafana/runtime';
import { useState } from 'react';

import { DATASOURCE_ID } from '../links';

/** The Headroom data sources, and the one that the page is about: the address says which, else it is the default or the first. */
export function useSource() {
  const sources = getDataSourceSrv().getList({ pluginId: DATASOURCE_ID });
  const [asked, setAsked] = useState(() => String(locationService.getSearchObject().datasource ?? ''));
  const source = sources.find(({ uid }) => uid === asked) ?? sources.find(({ isDefault }) => isDefault) ?? sources[0];
  const choose = (uid: string) => {
    setAsked(uid);
    // A link to this page keeps the choice.
    locationService.partial({ datasource: uid }, true);
  };
  return { sources, source, choose };
}
