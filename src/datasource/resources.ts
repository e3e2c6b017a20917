// What the data source's health check answers.

/** What "Save & test" finds. Every part is absent where it was not reached. */
export interface Health {
  works: boolean;
  message: string;
  details?: {
    reports?: number;
    /** What is wrong with the settings, one sentence each. */
    settings?: string[];
    /** What is wrong with the facts about deployments. */
    deployments?: string[];
    prometheus?: {
      url: string;
      error?: string;
      /** Its name and version. */
      program?: string;
      /** Kinds of model servers, with their versions. */
      servers?: string[];
      /** Model servers in the last day. */
      targets?: number;
      /** Those of them whose last scrape failed. */
      failing?: string[];
      /** Quantities that they do not have. */
      missing?: string[];
    };
  };
}
