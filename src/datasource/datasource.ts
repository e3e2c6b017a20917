import type { CoreApp, DataSourceInstanceSettings, ScopedVars, TimeRange } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';

import {
  Annotation,
  type Deployment,
  type Label,
  type ListedRun,
  type Model,
  QueryKind,
  Resource,
  type SloChoice,
  VariableKind,
} from '../generated/contract';
import { expandList, type Replace } from './query/expandList';
import { defaultQuery, expandQuery } from './query/query';
import type { HeadroomJsonData, HeadroomQuery, HeadroomVariableQuery } from './types';
import { type Choice, choices } from './variables/variableQuery';
import { HeadroomVariableSupport } from './variables/variableSupport';

/** Restricts a list to these deployments or models; an empty list does not restrict it. */
interface Filter {
  deployment?: string[];
  model?: string[];
}

/** A list whose entries come from the labels of Prometheus series. */
type LabelKind = typeof Resource.Namespaces | typeof Resource.ServedModels;

/** Whether a query only adds production to a picture that is complete without it. */
function isLayer({ queryType, kinds }: HeadroomQuery): boolean {
  const hasRuns = kinds === undefined || kinds.includes(Annotation.Runs);
  return queryType === QueryKind.Overlay || (queryType === QueryKind.Annotations && !hasRuns);
}

/** The data source in the browser: variables and lists. Every number comes from the backend. */
export class HeadroomDataSource extends DataSourceWithBackend<HeadroomQuery, HeadroomJsonData> {
  /** Grafana's default handling: the query editor, and a frame with `time`, `timeEnd`, `title`, `text` and `tags`. */
  override annotations = { getDefaultQuery: (): Partial<HeadroomQuery> => ({ queryType: QueryKind.Annotations }) };

  private readonly hasProduction: boolean;

  constructor(
    settings: DataSourceInstanceSettings<HeadroomJsonData>,
    private readonly templateSrv: TemplateSrv = getTemplateSrv(),
  ) {
    super(settings);
    this.hasProduction = Boolean(settings.jsonData.prometheusUrl);
    this.variables = new HeadroomVariableSupport(this);
  }

  override getDefaultQuery(app?: CoreApp): Partial<HeadroomQuery> {
    return defaultQuery(app);
  }

  override filterQuery(query: HeadroomQuery): boolean {
    // Do not send a query whose expression has not been typed yet.
    const unfinished = query.queryType === QueryKind.Promql && (query.expr ?? '').trim() === '';
    return query.hide !== true && !unfinished && (this.hasProduction || !isLayer(query));
  }

  override applyTemplateVariables(query: HeadroomQuery, scopedVars: ScopedVars): HeadroomQuery {
    return expandQuery(query, this.replacer(scopedVars));
  }

  override interpolateVariablesInQueries(queries: HeadroomQuery[], scopedVars: ScopedVars): HeadroomQuery[] {
    return queries.map((query) => ({
      ...this.applyTemplateVariables(query, scopedVars),
      datasource: this.getRef(),
    }));
  }

  deployments(filter: Filter = {}): Promise<Deployment[]> {
    return this.getResource<Deployment[]>(Resource.Deployments, { ...filter });
  }

  models(filter: Filter = {}): Promise<Model[]> {
    return this.getResource<Model[]>(Resource.Models, { ...filter });
  }

  /** Labels of the model servers in production in this time range; empty without a Prometheus. */
  labels(kind: LabelKind, range?: TimeRange): Promise<Label[]> {
    const time = range && { from: range.from.valueOf(), to: range.to.valueOf() };
    return this.getResource<Label[]>(kind, time);
  }

  /** The newest runs come first. */
  runs(filter: Filter = {}): Promise<ListedRun[]> {
    return this.getResource<ListedRun[]>(Resource.Runs, { ...filter });
  }

  /** The presets and the service levels of the data source's settings. */
  slos(): Promise<SloChoice[]> {
    return this.getResource<SloChoice[]>(Resource.Slos);
  }

  /** The choices of a dashboard variable. */
  async choices(query: HeadroomVariableQuery, scopedVars: ScopedVars = {}, range?: TimeRange): Promise<Choice[]> {
    const replace = this.replacer(scopedVars);
    const filter: Filter = {
      deployment: expandList(query.deployments ?? [], replace),
      model: expandList(query.models ?? [], replace),
    };
    switch (query.kind) {
      case VariableKind.Deployments:
        return choices[VariableKind.Deployments](await this.deployments({ model: filter.model }));
      case VariableKind.Models:
        return choices[VariableKind.Models](await this.models({ deployment: filter.deployment }));
      case VariableKind.Namespaces:
      case VariableKind.ServedModels:
        return choices[query.kind](await this.labels(query.kind, range));
      case VariableKind.Runs:
        return choices[VariableKind.Runs](await this.runs(filter));
      case VariableKind.Slos:
        return choices[VariableKind.Slos](await this.slos());
    }
  }

  /** The dashboard's variables as `$name`, offered among the choices in a query editor. */
  variableNames(): string[] {
    return this.templateSrv.getVariables().map(({ name }) => `$${name}`);
  }

  private replacer(scopedVars: ScopedVars): Replace {
    return (text, format) => this.templateSrv.replace(text, scopedVars, format);
  }
}
