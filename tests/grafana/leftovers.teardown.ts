// After everything: what the suite added is gone.
import { test as teardown } from '@grafana/plugin-e2e';

import { clean } from './support/clean.ts';

teardown('the dashboard, data sources and users are removed', ({ request }) => clean(request));
