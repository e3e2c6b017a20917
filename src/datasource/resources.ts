// The answer of the data source's health check.
import type { HealthDetails } from '../generated/contract';

/** The result of "Save & test". */
export interface Health {
  works: boolean;
  message: string;
  details?: HealthDetails;
}
