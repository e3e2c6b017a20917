// What the data source's health check answers.
import type { HealthDetails } from '../generated/contract';

/** What "Save & test" finds. */
export interface Health {
  works: boolean;
  message: string;
  details?: HealthDetails;
}
